"""Benchmarks anyone can run: each measures the real path and prints its figures and the machine; no tests."""
