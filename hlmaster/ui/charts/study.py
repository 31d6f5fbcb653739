"""What a chart draws besides candles: studies made of traces, each a column with one value for every candle."""

from dataclasses import dataclass
from typing import Literal

PRICE_PANE, VOLUME_PANE = "price", "volume"

TraceKind = Literal["line", "steps", "histogram", "events"]
"""`steps` draws level stretches and no line between them; `events` marks candles where the value is above or below 0
with a triangle that points up or down."""


@dataclass(frozen=True, slots=True)
class Trace:
    """`column` names the values. `fall` is the colour where a histogram is below 0 or an event points down; with
    `turn`, a column of signs, a line has it where the sign is negative and breaks where the sign turns."""

    column: str
    colour: str
    label: str = ""
    kind: TraceKind = "line"
    width: float = 1.5
    fall: str = ""
    turn: str = ""


@dataclass(frozen=True, slots=True)
class Study:
    """Drawn in `pane`: over the prices (`PRICE_PANE`) or in a pane of that name, which is made when it is new.

    `bounds` end the scale of its pane (infinite: that end fits itself); `levels` are thin lines across it. `fill`
    names two columns between which the pane is tinted. `has_settings`: the legend offers a gear beside eye and x.
    """

    key: str
    title: str
    traces: tuple[Trace, ...]
    pane: str = PRICE_PANE
    bounds: tuple[float, float] | None = None
    levels: tuple[float, ...] = ()
    fill: tuple[str, str] | None = None
    is_hidden: bool = False
    has_settings: bool = False
    note: str = ""
    """Words in the legend instead of values: why there are none."""

    @property
    def columns(self) -> tuple[str, ...]:
        turns = (trace.turn for trace in self.traces if trace.turn)
        return tuple(dict.fromkeys((*(trace.column for trace in self.traces), *turns)))
