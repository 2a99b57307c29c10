"""The utility's own people: who they are, what they may, and how they come in."""
