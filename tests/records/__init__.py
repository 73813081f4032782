"""Tests of `converter/records/`."""
