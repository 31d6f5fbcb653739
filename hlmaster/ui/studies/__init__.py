"""Indicators on a chart: which are chosen, how they look, and their values kept up with the candles."""
