"""Numbers as a chart writes them, and the round values its price axis marks."""

import math

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


def price_text(price: float, decimals: int) -> str:
    return f"{price:,.{decimals}f}"


def compact(value: float) -> str:
    """At most four figures and a letter: 950, 12.3k, 4.56M. For cells too narrow for the whole number."""
    size = abs(value)
    for limit, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if size >= limit * 0.9995:
            return f"{_four_figures(value / limit)}{letter}"
    return _four_figures(value)


def _four_figures(value: float) -> str:
    size = abs(value)
    places = 0 if size >= 99.95 else 1 if size >= 9.995 else 2
    return f"{value:.{places}f}".rstrip("0").rstrip(".") if places else f"{value:.0f}"


def pane_value(value: float, span: float) -> str:
    """A value on a scale of so much from end to end: as many places as tell its pixels apart."""
    if max(abs(value), span) >= 10_000:
        return compact(value)
    places = min(max(0, 3 - math.ceil(math.log10(span))), 9) if span > 0 else 2
    text = f"{value:,.{places}f}"
    return text if text.strip("-0.") else text.lstrip("-")


def pane_label(value: float, span: float, room: int) -> str:
    """The same in at most ``room`` characters where that can be: with fewer places, else as 5.1e-8."""
    text = pane_value(value, span)
    if len(text) <= room:
        return text
    if abs(value) < 1e-3:
        return f"{value:.1e}".replace("e-0", "e-")
    whole = len(f"{value:,.0f}")
    return f"{value:,.{max(room - whole - 1, 0)}f}"


def percent(change: float) -> str:
    return f"{change * 100:+,.2f}%"


def countdown(left_ms: int) -> str:
    """Time until a candle closes: 04:21, 3:04:21 or 2d 03:04."""
    seconds = max(0, -(-left_ms // 1000))
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, seconds = divmod(rest, 60)
    if days:
        return f"{days}d {hours:02}:{minutes:02}"
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"


def round_values(low: float, high: float, most: int, decimals: int) -> list[float]:
    """At most about `most` evenly spaced round values in [low, high], none finer than `decimals` places can show."""
    if not high > low or most < 1:
        return []
    raw = (high - low) / most
    magnitude = 10.0 ** math.floor(math.log10(raw))
    step = max(next(s for s in STEPS if s * magnitude >= raw * (1 - 1e-9)) * magnitude, 10.0**-decimals)
    if decimals < 15 and abs(step / 10.0**-decimals - round(step / 10.0**-decimals)) > 1e-6:
        step *= 2  # 2.5 of the last place would be written as 2 and 3
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [index * step for index in range(first, last + 1)]


def log_values(low: float, high: float, most: int, decimals: int) -> list[float]:
    """At most about `most` round values in [low, high], spread over a logarithmic scale: 1, 2, 5 of each decade.

    `low` must be positive. Where they are too many, whole decades are left out.
    """
    if not high > low or most < 1:
        return []
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for firsts in ((1.0, 1.5, 2.0, 3.0, 5.0, 7.0), (1.0, 2.0, 5.0), (1.0, 3.0), (1.0,)):
        found = [first * 10.0**decade for decade in decades for first in firsts]
        found = [value for value in found if low <= value <= high and round(value, decimals) > 0]
        if len(found) <= most + 1:
            return found
    return found[:: -(-len(found) // most)]
