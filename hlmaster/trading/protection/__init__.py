"""Stops and targets: what a position's policy wants resting at the exchange, and who sees to it that it rests there."""
