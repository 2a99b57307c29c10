"""The contracts of an account, with what each owes."""
