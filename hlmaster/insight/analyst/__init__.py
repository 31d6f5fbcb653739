"""The analyst: what a model is asked about a coin, and what of its answer may be believed. It knows no orders."""
