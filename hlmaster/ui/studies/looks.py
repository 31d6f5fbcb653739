"""How each indicator looks on a chart: its short name, its place in the list, and what its outputs are drawn as."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from hlmaster.market.indicators.indicator import Indicator
from hlmaster.ui.charts.study import TraceKind

AVERAGES, BANDS, MOMENTUM, MOVEMENT, VOLUME, STRUCTURE = (
    "Averages",
    "Bands and trend",
    "Momentum",
    "Movement",
    "Volume",
    "Structure",
)
GROUPS = (AVERAGES, BANDS, MOMENTUM, MOVEMENT, VOLUME, STRUCTURE)


@dataclass(frozen=True, slots=True)
class Drawn:
    """An output: ``tone`` counts from the study's own, or is the colour of what rises (and, below 0, of what falls) or
    falls. ``turn`` names the output whose sign chooses between those two."""

    output: str
    label: str = ""
    kind: TraceKind = "line"
    tone: int | Literal["up", "down"] = 0
    turn: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    short: str
    group: str
    drawn: tuple[Drawn, ...]
    levels: tuple[float, ...] = ()
    fill: tuple[str, str] | None = None


def _band(short: str, group: str) -> Look:
    return Look(short, group, (Drawn("middle"), Drawn("upper"), Drawn("lower")), fill=("upper", "lower"))


def _one(short: str, group: str, output: str, levels: tuple[float, ...] = ()) -> Look:
    return Look(short, group, (Drawn(output),), levels)


LOOKS: Mapping[str, Look] = {
    "sma": _one("SMA", AVERAGES, "sma"),
    "ema": _one("EMA", AVERAGES, "ema"),
    "wma": _one("WMA", AVERAGES, "wma"),
    "vwma": _one("VWMA", AVERAGES, "vwma"),
    "vwma_cross": Look(
        "VWMA cross", AVERAGES, (Drawn("fast"), Drawn("slow", tone=1), Drawn("cross", kind="events", tone="up"))
    ),
    "session_vwap": _one("VWAP", AVERAGES, "session_vwap"),
    "anchored_vwap": _one("Anchored VWAP", AVERAGES, "anchored_vwap"),
    "bollinger": _band("Bollinger", BANDS),
    "keltner": _band("Keltner", BANDS),
    "donchian": _band("Donchian", BANDS),
    "supertrend": Look("Supertrend", BANDS, (Drawn("supertrend", tone="up", turn="direction"),)),
    "rsi": _one("RSI", MOMENTUM, "rsi", levels=(30.0, 70.0)),
    "macd": Look(
        "MACD",
        MOMENTUM,
        (Drawn("histogram", kind="histogram", tone="up"), Drawn("macd"), Drawn("signal", "signal", tone=1)),
    ),
    "stochastic": Look("Stochastic", MOMENTUM, (Drawn("k", "K"), Drawn("d", "D", tone=1)), levels=(20.0, 80.0)),
    "adx": Look(
        "ADX", MOMENTUM, (Drawn("adx"), Drawn("plus", "+", tone="up"), Drawn("minus", "−", tone="down")), levels=(25.0,)
    ),
    "atr": _one("ATR", MOVEMENT, "atr"),
    "realised_volatility": _one("Realised volatility", MOVEMENT, "realised_volatility"),
    "obv": _one("OBV", VOLUME, "obv"),
    "volume_profile": Look(
        "Volume profile", VOLUME, (Drawn("control"), Drawn("value_high", tone=1), Drawn("value_low", tone=1))
    ),
    "swings": Look("Swings", STRUCTURE, (Drawn("high", kind="steps"), Drawn("low", kind="steps", tone=1))),
    "hidden_divergence": Look("Hidden divergence", STRUCTURE, (Drawn("divergence", kind="events", tone="up"),)),
    "liquidity_sweep": Look("Liquidity sweep", STRUCTURE, (Drawn("sweep", kind="events", tone="up"),)),
}


def look_of(indicator: Indicator | type[Indicator]) -> Look:
    """Its entry, or for an indicator without one (of a plug-in, say) lines for all that is a line to draw."""
    found = LOOKS.get(indicator.name)
    if found is not None:
        return found
    lines = [output for output in indicator.outputs if output not in indicator.marks]
    name = indicator.name.replace("_", " ").capitalize()
    drawn = tuple(Drawn(output, output if len(lines) > 1 else "", tone=at) for at, output in enumerate(lines))
    return Look(name, MOVEMENT, drawn)
