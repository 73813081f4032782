"""Tests of `converter/text/`."""
