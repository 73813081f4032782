"""Tests of `converter/parse/`."""
