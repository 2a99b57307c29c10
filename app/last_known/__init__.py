"""What billing told last, kept for the time when it is away."""
