"""The payments' tables, and each statement over them."""
