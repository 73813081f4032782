"""How the heading model is made."""
