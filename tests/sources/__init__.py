"""Tests of `converter/sources/`."""
