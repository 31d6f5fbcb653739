"""The order that the ticket would send now, as lines on the chart of its coin."""

from __future__ import annotations

from decimal import Decimal

from hlmaster.core.model import Side
from hlmaster.core.rounding import to_float
from hlmaster.ui import figures
from hlmaster.ui.charts.lines import LineKind, PriceLine
from hlmaster.ui.charts.pill import Cell, Pill
from hlmaster.ui.own_lines import DISTANCE, RESULT, SIZE, tone
from hlmaster.ui.stake import distance
from hlmaster.ui.working import DraftBracket

TIP = "What the ticket would send now; nothing of it is at the exchange"


def draft_lines(bracket: DraftBracket | None, coin: str, mark: Decimal | None) -> list[PriceLine]:
    if bracket is None or bracket.coin != coin:
        return []
    entry: LineKind = "order_buy" if bracket.side is Side.BUY else "order_sell"
    kinds: dict[str, LineKind] = {"stop": "stop", "target": "take_profit"}
    lines = []
    for number, line in enumerate(bracket.lines):
        away = distance(line.price, mark)
        cells = (
            Cell(figures.size(line.size), "text", SIZE),
            Cell("" if away is None else figures.percent(away, signed=True), "muted", DISTANCE),
            Cell("" if line.result is None else figures.money(line.result, signed=True), tone(line.result), RESULT),
        )
        name = str(bracket.side).upper() if line.kind in ("entry", "trigger") else line.kind
        pill = Pill(f"draft {number}", f"ticket {name}", cells, tip=TIP)
        lines.append(PriceLine(to_float(line.price), "", kinds.get(line.kind, entry), pill=pill))
    return lines
