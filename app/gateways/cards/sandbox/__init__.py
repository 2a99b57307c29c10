"""A test bank: the gateway that speaks to it, and the bank itself."""
