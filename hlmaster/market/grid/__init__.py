"""The decision grid, live: rows of every coin and grid that a strategy needs, with indicators and higher frames.

``table`` holds rows in columns, ``knowledge`` says what is known of a coin at a moment, ``candle_rows`` and
``sample_rows`` decide when a row closes, ``grids`` is what the others talk to.
"""
