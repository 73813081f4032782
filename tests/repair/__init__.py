"""Tests of `converter/repair/`."""
