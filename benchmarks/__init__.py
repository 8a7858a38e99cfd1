"""Measurements, not tests: they print JSON and assert no wall-clock time."""
