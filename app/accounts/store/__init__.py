"""The accounts' tables, and each statement over them."""
