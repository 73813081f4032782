"""Headings that lost their marks: the candidates and their features, the learned model, and the levels."""
