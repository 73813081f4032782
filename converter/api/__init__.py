"""The front door: one file a function."""
