"""Speed and memory, always as ratios of two measurements of the same run: `python -m tests.benchmarks`."""
