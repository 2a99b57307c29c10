"""Who did what to whom: written in the transaction of what it tells of, never changed."""
