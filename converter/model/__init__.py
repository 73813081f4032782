"""Data classes that rooms exchange."""
