"""Tests of `converter/document/`."""
