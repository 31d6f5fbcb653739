"""Prices on the axis and words on price lines: what they are."""

from dataclasses import dataclass

TAG_HEIGHT = 19.0
QUOTE_HEIGHT = 15.0
ARROWS = {0: "", 1: "↑ ", -1: "↓ "}
HEAD_ROOM = 52.0
"""Pixels kept free over the highest high: the read-out stands there."""
FOOT_ROOM, FOOT_SHARE = 14.0, 0.12
"""Pixels kept free under the lowest low, and how much of the pane they may take."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A price of the market that has a small tag on the axis: M 3,434.6."""

    letter: str
    price: float
    colour: str


@dataclass(frozen=True, slots=True)
class Tag:
    """A coloured price on the axis; `centre` is its height in the price pane, `wanted` the one of its price."""

    wanted: float
    centre: float
    height: float
    text: str
    below: str
    colour: str
    beyond: int = 0
    """1 where its price lies over the scale, -1 where it lies under it: then the tag stands at that end."""
    letter: str = ""
    """Set for a quote: small, and outlined instead of filled."""


@dataclass(frozen=True, slots=True)
class Label:
    """Words on an end of a price line."""

    centre: float
    text: str
    colour: str
    at_right: bool


@dataclass(frozen=True, slots=True)
class Word:
    """A round value on a scale, `y` below the upper edge of its pane."""

    y: float
    text: str


@dataclass(frozen=True, slots=True)
class AxisValue:
    """The latest value of a line beside its pane."""

    y: float
    text: str
    colour: str


@dataclass(frozen=True, slots=True)
class AxisMade:
    """What stands beside a pane, and `key`: all that it hangs on."""

    key: tuple[object, ...]
    values: tuple[AxisValue, ...]
    words: tuple[Word, ...]
