"""Who the customer is: registration, sign-in, sessions, and which contracts are theirs."""
