"""What customers are told without asking, and what their phones may ask."""
