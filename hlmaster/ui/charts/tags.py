"""Prices on the axis and words on price lines: which are told, and where they keep out of each other's way."""

from __future__ import annotations

from hlmaster.ui.charts.frame import Frame
from hlmaster.ui.charts.lines import PriceLine, chosen, line_colour, spread
from hlmaster.ui.charts.tag import ARROWS, HEAD_ROOM, QUOTE_HEIGHT, TAG_HEIGHT, Label, Tag

LATEST_WEIGHT = 50.0
"""The latest price's tag stays beside its line while others make room."""


def told_lines(frame: Frame) -> list[PriceLine]:
    """The lines that get a tag: as many as find room on the scale beside the latest price."""
    if not len(frame.series):
        return []
    most = max(int(frame.price_pane.height() / (TAG_HEIGHT + 1)) - 3, 1)
    return chosen(frame.lines, frame.low, frame.high, frame.last_price, most)


def tags(frame: Frame) -> list[Tag]:
    if not len(frame.series):
        return []
    last, floor = frame.last_price, frame.price_pane.height()
    marked = [(line.price, "", line_colour(line.kind, frame.palette), "", TAG_HEIGHT) for line in frame.told]
    if frame.shows(last):
        height = TAG_HEIGHT * 1.75 if frame.countdown else TAG_HEIGHT
        marked.append((last, frame.countdown, frame.last_colour(), "", height))
    room = floor - sum(height + 1 for *_, height in marked)
    quotes = [quote for quote in frame.quotes if frame.shows(quote.price)][: max(int(room / (QUOTE_HEIGHT + 1)), 0)]
    marked += [(quote.price, "", quote.colour, quote.letter, QUOTE_HEIGHT) for quote in quotes]
    wanted = [min(max(frame.y_of(price), 0.0), floor) for price, *_ in marked]
    # A tag with a countdown hangs down from its price, so that the price stays at the price's own height.
    aims = [
        y + ((height - TAG_HEIGHT) / 2 if below else 0.0)
        for y, (_, below, _, _, height) in zip(wanted, marked, strict=True)
    ]
    weights = [LATEST_WEIGHT if price == last and not letter else 1.0 for price, _, _, letter, _ in marked]
    centres = spread(aims, [height + 1 for *_, height in marked], 0.0, floor, weights)
    return [
        Tag(y, centre, height, frame.price_text(price), below, colour, frame.prices.beyond(price), letter)
        for (price, below, colour, letter, height), y, centre in zip(marked, wanted, centres, strict=True)
    ]


def labels(frame: Frame) -> list[Label]:
    result = []
    for at_right in (False, True):
        shown = [
            (ARROWS[frame.prices.beyond(line.price)] + text, line)
            for line in frame.told
            if (text := line.right_text if at_right else line.label)
        ]
        floor = frame.price_pane.height()
        aims = [min(max(frame.y_of(line.price), 0.0), floor) - TAG_HEIGHT / 2 for _, line in shown]
        top = min(HEAD_ROOM, floor / 4)
        centres = spread(aims, [TAG_HEIGHT - 2] * len(shown), top, floor)
        result += [
            Label(centre, text, line_colour(line.kind, frame.palette), at_right)
            for (text, line), centre in zip(shown, centres, strict=True)
        ]
    return result
