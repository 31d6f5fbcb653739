"""Indicators, one a file, each defined once: a plain step over a small state.

The desk calls the step as it is, once per closed row; research compiles the same function over whole columns
(``compiled``). ``indicator`` says what an indicator is; ``catalogue`` knows them all.
"""
