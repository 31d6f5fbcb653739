"""Numbers as people type them. What could be read two ways is asked back, never guessed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

LONGEST = 30
LARGEST = Decimal(10) ** 12
_SPACES = re.compile("[\\s\\u00a0\\u2009\\u202f'\\u2019_]")
_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)", re.ASCII)
_COMMAS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", re.ASCII)
_SPACED = re.compile(r"[+-]?\d{1,3}( \d{3})+(\.\d*)?", re.ASCII)
_EXPONENT = re.compile(r"[+-]?[\d.,]+[eE][+-]?\d+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Typed:
    """``value`` is None for an empty text and for one with a ``problem``, which is a sentence."""

    value: Decimal | None = None
    problem: str = ""


def read(text: str) -> Typed:
    """Points separate decimals; commas and spaces only thousands, in groups of three. ``$`` and ``%`` may stand by.

    >>> read("1 234.5").value, read("$12,500").value, read("1,5").value
    (Decimal('1234.5'), Decimal('12500'), None)
    """
    stripped = text.strip().removeprefix("$").removesuffix("%").strip()
    if not stripped:
        return Typed(problem="") if not text.strip() else Typed(problem=f"“{text.strip()}” holds no number.")
    if len(stripped) > LONGEST:
        return Typed(problem=f"This number is too long; write at most {LONGEST} digits.")
    spaced = _SPACES.sub(" ", stripped)
    if " " in spaced and "," in spaced:
        return Typed(problem="Write one thousands separator, not both spaces and commas.")
    if _PLAIN.fullmatch(spaced) or _COMMAS.fullmatch(spaced) or _SPACED.fullmatch(spaced):
        value = Decimal(spaced.replace(",", "").replace(" ", ""))
        return Typed(value) if abs(value) < LARGEST else Typed(problem=f"“{stripped}” is too large for any order.")
    return Typed(problem=_why_not(stripped))


def _why_not(text: str) -> str:
    if _EXPONENT.fullmatch(text):
        return f"Write “{text}” out in digits, without an exponent."
    if re.fullmatch(r"[\d., ]+", text, re.ASCII) and "," in text:
        with_point = text.replace(".", "").replace(",", ".", 1) if text.count(",") == 1 else ""
        if with_point and "." not in text:
            return (
                f"“{text}” can be read two ways: write {with_point} with a point, or {text.replace(',', '')} without."
            )
        return f"“{text}” is unclear: use a point for decimals and commas only between thousands."
    if re.fullmatch(r"[\d. ]+", text, re.ASCII):
        return f"“{text}” is unclear: use one point for decimals and spaces only between thousands."
    return f"“{text}” is not a number."
