"""An indicator that somebody put on a chart: its parameters, its looks, and the plain values it is remembered as."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from hlmaster.core.errors import ConfigError
from hlmaster.market.indicators.catalogue import INDICATORS
from hlmaster.market.indicators.indicator import Indicator
from hlmaster.ui.charts.palette import ChartPalette
from hlmaster.ui.charts.study import PRICE_PANE, Study, Trace
from hlmaster.ui.studies.columns import COLUMNS
from hlmaster.ui.studies.looks import Drawn, Look, look_of

WIDTHS = (1.0, 1.5, 2.0, 3.0, 4.0)
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
ANCHOR = "anchor_ms"


@dataclass(frozen=True, slots=True)
class Chosen:
    """``tone`` is the first of the palette's colours that it takes; ``colours`` are those chosen instead, by output."""

    key: str
    indicator: Indicator
    tone: int = 0
    colours: Mapping[str, str] = field(default_factory=dict)
    width: float = 1.5
    is_hidden: bool = False

    @property
    def look(self) -> Look:
        return look_of(self.indicator)

    @property
    def title(self) -> str:
        """``EMA 9``, ``RSI 14 volume``."""
        words = [self.look.short]
        for parameter in self.indicator.parameters():
            value = getattr(self.indicator, parameter.name)
            if parameter.name == ANCHOR:
                words.append(f"{datetime.fromtimestamp(value / 1000, UTC):%d %b %H:%M}")
            elif parameter.kind is not str:
                words.append(f"{value:g}")
            elif value != parameter.default:
                words.append(value)
        return " ".join(words)

    @property
    def pane(self) -> str:
        return PRICE_PANE if self.indicator.overlay else self.key

    def column(self, output: str) -> str:
        return f"{self.key}.{output}"

    def colour(self, one: Drawn, palette: ChartPalette) -> str:
        chosen = self.colours.get(one.output)
        if chosen is not None:
            return chosen
        if isinstance(one.tone, str):
            return palette.up if one.tone == "up" else palette.down
        return palette.tones[(self.tone + one.tone) % len(palette.tones)]

    def study(self, palette: ChartPalette) -> Study:
        """As the chart draws it."""
        look = self.look
        traces = tuple(
            Trace(
                self.column(one.output),
                self.colour(one, palette),
                one.label,
                one.kind,
                self.width,
                palette.down if one.tone == "up" else "",
                self.column(one.turn) if one.turn else "",
            )
            for one in look.drawn
        )
        return Study(
            self.key,
            self.title,
            traces,
            self.pane,
            None if self.indicator.overlay else self.indicator.bounds,
            look.levels,
            None if look.fill is None else (self.column(look.fill[0]), self.column(look.fill[1])),
            self.is_hidden,
            has_settings=True,
        )

    # --- as it is remembered ---

    def state(self) -> dict[str, Any]:
        parameters = {p.name: getattr(self.indicator, p.name) for p in self.indicator.parameters()}
        return {
            "key": self.key,
            "indicator": self.indicator.name,
            "parameters": parameters,
            "tone": self.tone,
            "colours": dict(self.colours),
            "width": self.width,
            "hidden": self.is_hidden,
        }


def from_state(state: Any) -> Chosen:
    """What ``Chosen.state`` gave. Raises ConfigError for anything else; odd colours and widths are the defaults."""
    try:
        key, kind = str(state["key"]), INDICATORS[state["indicator"]]
        indicator = kind(**state["parameters"])
        tone, colours, width = int(state.get("tone", 0)), dict(state.get("colours", {})), state.get("width")
        is_hidden = state.get("hidden") is True
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise ConfigError(f"A study of the chart cannot be read: {error}.", "It is left out; add it again.") from error
    if not set(indicator.inputs) <= set(COLUMNS):
        raise ConfigError(f"{indicator.label} needs more than candles.", "It is left out of the chart.")
    outputs = {one.output for one in look_of(indicator).drawn}
    fit = {name: text for name, text in colours.items() if name in outputs and COLOUR.fullmatch(str(text))}
    return Chosen(key, indicator, tone, fit, width if width in WIDTHS else 1.5, is_hidden)
