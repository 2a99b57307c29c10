"""Card payments at a bank's own page."""
