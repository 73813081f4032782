"""Tests of `converter/output/`."""
