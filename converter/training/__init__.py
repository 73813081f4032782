"""Training of the heading model."""
