"""Tests of `converter/api/`."""
