"""The arrangements that come with the program, for a window of a given size."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from hlmaster.core.model import Interval
from hlmaster.ui.links import MAIN
from hlmaster.ui.workspaces.nodes import Arrangement, Frame, Node, Tabs, Workspace, column, row, tabs

DEFAULT = "Default"
TABLES = (
    *("positions", "orders", "fills", "signals", "risk", "strategies"),
    *("journal", "history", "reconciliation", "log"),
)
"""Tabs beside the positions."""
FLOW = ("footprint",)
"""Tabs behind the first chart."""
TALL, LOW = 1100, 900
"""Pixels from which a window has room for cards, analyst and sentiment under each other; else the last two share a
place, for a card needs its buttons in sight and a ticket its fields. In a low one they have little of it."""
ANALYST_HEIGHT, SENTIMENT_HEIGHT, ANALYST_LOW = 196, 112, 156
AROUND = 90
"""Pixels of top bar, banner and status bar."""


def _sides(width: int) -> tuple[int, int, int]:
    """Pixels of the watchlist, the book and the cards."""
    if width >= 2200:
        return 360, 268, 336
    return (308, 226, 284) if width >= 1400 else (262, 196, 276)


def _cards() -> Tabs:
    return tabs("approvals", "ticket", "tools")


def _tables() -> Tabs:
    return tabs(*TABLES)


def _below(height: int) -> tuple[int, int]:
    """Pixels above, and of the tables below."""
    below = max(170, round((height - AROUND) * 0.26))
    return height - AROUND - below, below


def default(width: int, height: int) -> Node:
    """The picture's columns above, tables and equity below."""
    watchlist, book, cards = _sides(width)
    above, below = _below(height)
    advice: tuple[tuple[Node, int], ...]
    if height >= TALL:
        advice = ((tabs("analyst"), ANALYST_HEIGHT), (tabs("sentiment"), SENTIMENT_HEIGHT))
    else:
        advice = ((tabs("analyst", "sentiment"), ANALYST_LOW if height < LOW else ANALYST_HEIGHT),)
    top = row(
        (column((tabs("watchlist"), 0.6), (tabs("opportunities"), 0.4)), watchlist),
        (tabs("chart", *FLOW), max(300, width - watchlist - book - cards)),
        (column((tabs("book", "heatmap"), 0.72), (tabs("trades"), 0.28)), book),
        (column((_cards(), above - sum(pixels for _, pixels in advice)), *advice), cards),
    )
    return column((top, above), (row((_tables(), width - cards), (tabs("equity"), cards)), below))


def scalping(width: int, height: int) -> Node:
    """Ladder and tape in full height, one fast chart; ideas wait behind the ticket, advice stands below it."""
    _, book, cards = _sides(width)
    above, below = _below(height)
    book += 40
    charts = column((tabs("chart", *FLOW, "watchlist", "opportunities"), above), (tabs(*TABLES, "equity"), below))
    advice = tabs("analyst", "sentiment")
    return row(
        (charts, max(300, width - book * 2 + 76 - cards)),
        (tabs("book", "heatmap"), book),
        (tabs("trades"), book - 76),
        (column((tabs("ticket", "approvals", "tools"), 0.68), (advice, 0.32)), cards),
    )


def swing(width: int, height: int) -> Node:
    """Four charts of the same coin, each in a timeframe of its own."""
    watchlist, _, cards = _sides(width)
    above, below = _below(height)
    charts = column(
        (row((tabs("chart"), 1), (tabs("chart.2"), 1)), 1),
        (row((tabs("chart.3"), 1), (tabs("chart.4"), 1)), 1),
    )
    top = row(
        (column((tabs("watchlist"), 0.6), (tabs("opportunities", "trades", *FLOW), 0.4)), watchlist - 30),
        (charts, width - watchlist - cards),
        (column((tabs("approvals", "ticket", "tools", "book"), 0.6), (tabs("analyst", "sentiment"), 0.4)), cards),
    )
    return column((top, above + 30), (row((_tables(), width - cards), (tabs("equity"), cards)), below - 30))


def review(width: int, height: int) -> Node:
    """What was done and what became of it: journal, equity and history large, the market small."""
    watchlist, *_ = _sides(width)
    right = column(
        (tabs("journal", "strategies", "signals", "risk"), 0.5),
        (tabs("history", "fills", "orders", "positions", "reconciliation", "log"), 0.5),
    )
    left = column((tabs("equity"), 0.4), (tabs("chart", *FLOW), 0.6))
    return row(
        (tabs("watchlist"), watchlist - 60), (left, (width - watchlist) * 0.4), (right, (width - watchlist) * 0.6)
    )


SHIPPED: Mapping[str, Callable[[int, int], Node]] = MappingProxyType(
    {DEFAULT: default, "Scalping": scalping, "Swing": swing, "Review": review}
)
SWING_INTERVALS = {"chart.2": Interval.H1, "chart.3": Interval.H4, "chart.4": Interval.D1}


def own_interval(interval: Interval) -> dict[str, Any]:
    """What a chart of the main group remembers that keeps a timeframe of its own."""
    return {"link": {"group": MAIN, "interval": interval.value, "shares_interval": False}}


BOOK: Mapping[str, Any] = {"book": {"state": {"layout": "book"}}}
REMEMBERED: Mapping[str, Mapping[str, Any]] = {
    "Scalping": {"book": {"state": {"layout": "ladder"}}},
    "Swing": {**BOOK, **{key: own_interval(interval) for key, interval in SWING_INTERVALS.items()}},
    "Review": BOOK,
}
"""What panels of a workspace begin with."""


def shipped(name: str, width: int, height: int) -> Workspace:
    """As it comes; one that does not come with the program begins as the default."""
    root = SHIPPED.get(name, default)(width, height)
    return Workspace(Arrangement((Frame(root),)), REMEMBERED.get(name, {}))
