"""Indicators, one a file. Each is a plain step over a small state, for a live series and for research."""
