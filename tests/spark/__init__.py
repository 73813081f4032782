"""Tests of `converter/spark/`."""
