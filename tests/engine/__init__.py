"""Tests of `converter/engine/`."""
