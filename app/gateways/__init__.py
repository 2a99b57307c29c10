"""The world outside: a port per kind, and its twins, real and local, side by side."""
