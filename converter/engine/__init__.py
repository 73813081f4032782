"""Everything about running, nothing about documents: one batch, a pool, limits, a run."""
