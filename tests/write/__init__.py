"""Tests of `converter/write/`."""
