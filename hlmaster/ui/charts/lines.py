"""Prices marked across the chart, and how their labels keep out of each other's way."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from hlmaster.ui.charts.palette import ChartPalette
from hlmaster.ui.charts.pill import Pill

LineKind = Literal["position", "order_buy", "order_sell", "stop", "take_profit", "liquidation", "mark"]


@dataclass(frozen=True, slots=True)
class PriceLine:
    """A dashed line at `price`: `label` on its left end, `right_text` on its right end, the price on the axis.

    A line of the trader's own has a `pill` in the place of its label; `faint` is where it stood before it is moved.
    """

    price: float
    label: str
    kind: LineKind
    right_text: str = ""
    pill: Pill | None = None
    faint: bool = False


def line_colour(kind: LineKind, palette: ChartPalette) -> str:
    return {
        "position": palette.accent,
        "order_buy": palette.up,
        "order_sell": palette.down,
        "stop": palette.down,
        "take_profit": palette.up,
        "liquidation": palette.warning,
        "mark": palette.muted,
    }[kind]


RANKS: tuple[LineKind, ...] = (
    "position",
    "liquidation",
    "stop",
    "take_profit",
    "order_buy",
    "order_sell",
    "mark",
)
"""What matters most comes first."""
FAINT = 0.35
"""Opacity of a line where it stood before it is moved."""
AT_AN_EDGE = 4
"""Lines beyond the scale that are still told of, at its upper and at its lower end."""


def chosen(lines: Sequence[PriceLine], low: float, high: float, last: float, most: int) -> list[PriceLine]:
    """The lines that get a tag, highest first: at most `most`, by what they mean and how near to `last` they lie.

    Those beyond [low, high] count too, so that a stop or a liquidation price out of sight is not out of mind. What is
    faint has none.
    """
    lines = [line for line in lines if not line.faint]

    def weight(line: PriceLine) -> tuple[int, float]:
        return min(RANKS.index(line.kind), RANKS.index("order_buy")), abs(line.price - last)

    above = sorted((line for line in lines if line.price > high), key=weight)[:AT_AN_EDGE]
    below = sorted((line for line in lines if line.price < low), key=weight)[:AT_AN_EDGE]
    seen = [*above, *(line for line in lines if low <= line.price <= high), *below]
    return sorted(sorted(seen, key=weight)[:most], key=lambda line: -line.price)


def spread(
    centres: Sequence[float],
    heights: Sequence[float],
    top: float,
    bottom: float,
    weights: Sequence[float] | None = None,
) -> list[float]:
    """New centres, moved as little as possible (least squares), so that no two overlap and all lie in [top, bottom].

    The order from top to bottom is kept; what weighs more moves less. When they cannot all fit, they are stacked from
    `top`.
    """
    order = sorted(range(len(centres)), key=lambda index: centres[index])
    # With the heights above taken off, "no overlap" is "not falling": isotonic regression by pooling neighbours.
    pools: list[tuple[float, float, int]] = []
    above = 0.0
    offsets = []
    for index in order:
        offsets.append(above)
        mean, mass, size = centres[index] - heights[index] / 2 - above, weights[index] if weights else 1.0, 1
        above += heights[index]
        while pools and pools[-1][0] > mean:
            earlier, more, count = pools.pop()
            mean = (earlier * more + mean * mass) / (more + mass)
            mass, size = mass + more, size + count
        pools.append((mean, mass, size))
    tops = [mean for mean, _, size in pools for _ in range(size)]
    result = [0.0] * len(centres)
    for index, offset, wanted in zip(order, offsets, tops, strict=True):
        result[index] = max(top, min(wanted, bottom - above)) + offset + heights[index] / 2
    return result
