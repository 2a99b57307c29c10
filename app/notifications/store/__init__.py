"""The notifications' tables and every statement over them."""
