"""Requests and complaints: from the form to the answer, and to their legal deadline."""
