"""Which lines are headings that lost their marks: what is looked at, the learned model, and their levels."""
