"""Texts that the utility edits without touching code, and the questions customers ask."""
