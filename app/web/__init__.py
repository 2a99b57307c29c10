"""What only Flask needs, shared by all blueprints."""
