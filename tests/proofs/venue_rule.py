"""The venue's price and size rule, read off the digits of a text. Knows nothing of Decimal and of our own rounding.

A price is an integer, or has at most five significant figures and at most ``6 - size_decimals`` decimals. A size has at
most ``size_decimals`` decimals. Both are positive, plain, and minimal: a trailing zero or an exponent changes the hash
that is signed, so the venue would recover a stranger.
"""

from __future__ import annotations

import re

SCALE = 40
"""Decimals of the integers that ``scaled`` makes: more than any number here has."""
_MINIMAL = re.compile(r"(0|[1-9][0-9]*)(\.[0-9]*[1-9])?")


def refuses_price(text: str, size_decimals: int) -> str | None:
    """Why the venue refuses a price, None when it takes it."""
    if not _MINIMAL.fullmatch(text) or text == "0":
        return "not a minimal positive number"
    whole, _, decimals = text.partition(".")
    if not decimals:
        return None
    if len(decimals) > 6 - size_decimals:
        return "too many decimals"
    return "too many significant figures" if len((whole + decimals).lstrip("0")) > 5 else None


def refuses_size(text: str, size_decimals: int) -> str | None:
    """Why the venue refuses a size, None when it takes it."""
    if not _MINIMAL.fullmatch(text) or text == "0":
        return "not a minimal positive number"
    return "too many decimals" if len(text.partition(".")[2]) > size_decimals else None


def scaled(text: str) -> int:
    """A plain positive decimal text as an exact integer, 40 decimals up."""
    whole, _, decimals = text.partition(".")
    return int(whole + decimals.ljust(SCALE, "0"))


def nearest_prices(text: str, size_decimals: int) -> tuple[int, int]:
    """The greatest valid price not above, and the least not below, as scaled integers. The lower may be nothing: 0.

    Every valid price of this magnitude is a multiple of the step that both limits leave; a price of more than five
    figures has whole numbers left.
    """
    value = scaled(text)
    digits = len(str(value)) - SCALE  # of the whole part; below 1 counts the zeros after the point
    by_figures = 5 - digits
    decimals = max(0, min(6 - size_decimals, by_figures))
    step: int = 10 ** (SCALE - decimals)
    below = value // step * step
    return below, below if below == value else below + step
