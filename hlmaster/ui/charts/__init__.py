"""Charts drawn from arrays: candles with volume, the equity curve and sparklines.

A chart knows nothing of the desk. It is handed numpy arrays and plain values and answers with signals.
"""
