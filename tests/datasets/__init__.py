"""Tests of `converter/datasets/`."""
