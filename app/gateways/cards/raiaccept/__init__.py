"""RaiAccept, Raiffeisen's payment page."""
