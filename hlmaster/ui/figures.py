"""Numbers as panels write them: fixed decimals, thousands apart, signs where they matter; what is unknown is a dash.

Every function takes Decimal, int or float, None and what is not a number included; none of them ever shows "nan".
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import TypeGuard

from hlmaster.core.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from hlmaster.core.rounding import price_decimals

UNKNOWN = "–"
FIGURES, NOTICED = 5, 500
"""Of a price where its tick is too coarse: what is shown, and the part of a price by which no shown one is off."""
HIDDEN = "••••"
COUNTED = 4
"""Noughts after the point from which they may be counted: ``0.0₄123`` is 0.0000123."""
Number = Decimal | int | float | None


_FIGURE = re.compile(r"([+-]?\$?)(\d[\d,]*)((?:\.\d+)?)(%?)")
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_LETTERS = ((12, "T"), (9, "B"), (6, "M"), (3, "k"))
_AMOUNT = r"\d[\d,]*(?:\.\d+)?"
_MONEY_AND_SIZES = re.compile(
    rf"[+-]?\$\s?{_AMOUNT}[kMB]?|(?<![\w.,$]){_AMOUNT}(?= (?:USDC?\b|k?[A-Z][A-Z0-9]{{1,9}}\b))"
)


class Veil:
    """The one place that decides whether money and sizes are seen. Prices and percentages always are."""

    is_drawn = False


def hide_money(on: bool) -> bool:
    """From the next time that something is written. Whether that is new: who has written must write again."""
    was, Veil.is_drawn = Veil.is_drawn, on
    return was is not on


@contextmanager
def unveiled() -> Iterator[None]:
    """For the words of a question before an order: what is about to be sent is never hidden from who sends it."""
    was, Veil.is_drawn = Veil.is_drawn, False
    try:
        yield
    finally:
        Veil.is_drawn = was


def veiled(sentence: str) -> str:
    """A sentence that was written elsewhere, without the money and the sizes in it while they are hidden."""
    return _MONEY_AND_SIZES.sub(HIDDEN, sentence) if Veil.is_drawn else sentence


def is_known(value: Number) -> TypeGuard[Decimal | int | float]:
    return value is not None and (value.is_finite() if isinstance(value, Decimal) else math.isfinite(value))


def fixed(value: Number, decimals: int, *, signed: bool = False) -> str:
    """``12,345.60``; a value that rounds to zero has no sign."""
    if not is_known(value):
        return UNKNOWN
    text = f"{value:{'+' if signed else ''},.{decimals}f}"
    return text.lstrip("+-") if not text.strip("+-0.,") else text


def price(value: Number, size_decimals: int | None) -> str:
    """A single one, in ``decimals_near``; every digit of one that is not positive or whose market is not known."""
    if not is_known(value):
        return UNKNOWN
    if size_decimals is None or value <= 0:
        return plain(value)
    return fixed(value, decimals_near(value, size_decimals))


def decimals_near(price: Decimal | int | float, size_decimals: int) -> int:
    """Decimals of all prices around this one, which is positive: those the venue allows there, or five figures of what
    costs next to nothing, whose averages and marks lie between two ticks."""
    exact = _exact(price)
    decimals = price_decimals(exact, size_decimals)
    half_a_tick = Decimal(5).scaleb(-decimals - 1)
    return decimals if half_a_tick <= exact / NOTICED else FIGURES - 1 - exact.adjusted()


def plain(value: Number) -> str:
    """All digits it has, no trailing zeros: sizes, ``12,000`` and ``0.42``."""
    if not is_known(value):
        return UNKNOWN
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    text = f"{exact:,f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def size(value: Number) -> str:
    """Of an order or a position of one's own."""
    return HIDDEN if Veil.is_drawn and is_known(value) else plain(value)


def money(value: Number, *, signed: bool = False) -> str:
    """``$1,234.50``, ``-$0.02``, ``+$2.94``; less than a cent shows two figures, so that no fee looks free."""
    if not is_known(value):
        return UNKNOWN
    if Veil.is_drawn:
        return HIDDEN
    amount = abs(_exact(value))
    decimals = 2 if amount == 0 or amount >= Decimal("0.005") else min(8, 1 - amount.adjusted())
    digits = fixed(amount, decimals)
    if not digits.strip("0.,"):
        return "$0.00"
    sign = "-" if value < 0 else "+" if signed else ""
    return f"{sign}${digits}"


def _exact(value: Decimal | int | float) -> Decimal:
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def brief_money(value: Number, *, signed: bool = False) -> str:
    """For narrow places: no cents from 100,000 on, billions as ``$1.2B``."""
    if not is_known(value):
        return UNKNOWN
    amount, sign = abs(_exact(value)), "-" if value < 0 else "+" if signed else ""
    if amount < 100_000 or Veil.is_drawn:
        return money(value, signed=signed)
    return f"{sign}${fixed(amount, 0)}" if amount < 10**9 else f"{sign}${fixed(amount / 10**9, 1)}B"


def narrower(text: str) -> Iterator[str]:
    """Shorter ways to write a figure that finds no room, the longest first: half a figure would be another one."""
    found = _FIGURE.fullmatch(text)
    if found is None:
        return
    before, digits, decimals, after = found.groups()
    whole = digits.replace(",", "")
    value = Decimal(whole + decimals)
    zeros = len(decimals[1:]) - len(decimals[1:].lstrip("0"))
    if whole == "0" and COUNTED <= zeros < len(decimals) - 1 and not after:
        # The digits that tell two prices apart, and how many noughts stand before them.
        for places in range(len(decimals) - 1, zeros + 1, -1):
            yield f"{before}0.0{str(zeros).translate(_LOWERED)}{f'{value:.{places}f}'[zeros + 2 :]}"
        return
    if len(whole) > 3 and decimals and (after or "$" in before):
        yield f"{before}{value:,.0f}{after}"
    elif decimals and len(whole) > 3:
        # Cents go unsaid; of a size or a price whatever is not there is seen to be missing
        for places in range(len(decimals) - 2, -1, -1):
            yield f"{before}{digits}{decimals[: places + 1] if places else ''}…"
    elif decimals:
        for places in range(len(decimals) - 2, max(-1, -value.adjusted()), -1):
            yield f"{before}{value:,.{places}f}{after}"
    if not after:
        for power, letter in _LETTERS:
            if len(whole) > power:
                for places in (2, 1, 0):
                    yield f"{before}{value.scaleb(-power):,.{places}f}{letter}"
                return


def percent(fraction: Number, decimals: int = 2, *, signed: bool = False) -> str:
    """``0.0123`` is ``1.23%``."""
    if not is_known(fraction):
        return UNKNOWN
    return f"{fixed(fraction * 100, decimals, signed=signed)}%"


def tone(value: Number) -> str:
    """The colour role of a gain or loss: up, down, or none for zero and what is unknown."""
    if not is_known(value) or value == 0:
        return ""
    return "up" if value > 0 else "down"


def duration(ms: Number) -> str:
    """The two largest units: ``12s``, ``4m 05s``, ``3h 04m``, ``2d 05h``."""
    if not is_known(ms):
        return UNKNOWN
    left = max(0, int(ms))
    days, hours = left // DAY_MS, left % DAY_MS // HOUR_MS
    minutes, seconds = left % HOUR_MS // MINUTE_MS, left % MINUTE_MS // SECOND_MS
    if days:
        return f"{days:,}d {hours:02}h"
    if hours:
        return f"{hours}h {minutes:02}m"
    return f"{minutes}m {seconds:02}s" if minutes else f"{seconds}s"


def zone(setting: str) -> tzinfo | None:
    """The zone of ``settings.general.time_zone``; None means this computer's."""
    return UTC if setting == "utc" else None


def clock(time_ms: int | None, where: tzinfo | None) -> str:
    """``14:32:59``; 0 is no time."""
    return UNKNOWN if not time_ms else f"{_at(time_ms, where):%H:%M:%S}"


def moment(time_ms: int | None, where: tzinfo | None) -> str:
    """``20 Nov 14:32:59``."""
    return UNKNOWN if not time_ms else f"{_at(time_ms, where):%d %b %H:%M:%S}"


def iso(time_ms: int | None) -> str:
    """``2026-11-20T14:32:59.123Z``, for files; empty for no time."""
    return f"{_at(time_ms, UTC):%Y-%m-%dT%H:%M:%S}.{time_ms % SECOND_MS:03}Z" if time_ms else ""


def _at(time_ms: int, where: tzinfo | None) -> datetime:
    return datetime.fromtimestamp(time_ms // SECOND_MS, UTC).astimezone(where)


def shortened(text: str, room: int) -> str:
    """In at most ``room`` characters; what is cut off ends in ``…``."""
    return text if len(text) <= room else f"{text[: room - 1]}…"
