"""Benchmarks: each measures one part and prints one JSON object as its last line."""
