"""Tests of `converter/schema/`."""
