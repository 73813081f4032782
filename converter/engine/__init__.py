"""Running conversions: a batch, a pool, limits, a run. Nothing here is about the content of documents."""
