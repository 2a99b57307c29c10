"""Files that customers and staff hand in: looked into, kept, given out, forgotten."""
