"""The cases' tables, and the statements over them."""
