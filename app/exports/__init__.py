"""Files of what billing tells, for customers to keep."""
