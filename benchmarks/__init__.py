"""Benchmarks of drf-token-auth and its peers: ``python -m benchmarks --help``."""
