"""Tests of `converter/values/`."""
