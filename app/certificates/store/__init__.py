"""The certificates' tables, and the statements over them."""
