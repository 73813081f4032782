"""Speed and memory, always as ratios between two things in the same run: `python -m tests.benchmarks`."""
