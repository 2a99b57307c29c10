"""What looks into a file that nobody trusts: a program of its own, in a process with limits, that
is given one file, knows no secret and dies alone (see app/documents/inspection.py)."""
