"""What the ticket holds ready for others: the size that one gesture trades, and the bracket it would send."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hlmaster.core.model import Side
from hlmaster.core.orders import Purpose, TriggerKind
from hlmaster.trading.preview import Preview
from hlmaster.trading.ticket import SizeUnit
from hlmaster.ui import figures


@dataclass(frozen=True, slots=True)
class WorkingSize:
    """``coin``: what an amount in coins is counted in."""

    coin: str
    unit: SizeUnit
    amount: Decimal
    stop_percent: Decimal | None = None
    """How far from its entry a gesture's stop is taken to lie: what USD at risk are measured by."""

    def counts_for(self, coin: str) -> bool:
        return self.unit is not SizeUnit.COIN or self.coin == coin

    @property
    def text(self) -> str:
        """``0.5``, ``$1,000``, ``5% eq``, ``$25 risk``."""
        amount = figures.size(self.amount)
        match self.unit:
            case SizeUnit.COIN:
                return amount
            case SizeUnit.USD:
                return f"${amount}"
            case SizeUnit.EQUITY_PERCENT:
                return f"{amount}% eq"
            case SizeUnit.RISK_USD:
                return f"${amount} risk"


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A price that the ticket's order would have. ``size`` in coins; ``result`` is money won or lost there."""

    kind: str
    """``entry``, ``trigger``, ``stop`` or ``target``."""
    price: Decimal
    size: Decimal
    result: Decimal | None = None


@dataclass(frozen=True, slots=True)
class DraftBracket:
    """The order that the ticket would send now, as lines on a chart."""

    coin: str
    side: Side
    lines: tuple[DraftLine, ...]


def drafted(shown: Preview | None) -> DraftBracket | None:
    """The order's own price where it waits for one, and those of its exits."""
    if shown is None or shown.entry is None:
        return None
    entry, lines = shown.entry, list[DraftLine]()
    if not entry.market:
        is_limit = entry.trigger is None
        price = entry.price if entry.trigger is None else entry.trigger.price
        lines.append(DraftLine("entry" if is_limit else "trigger", price, entry.size))
    for order in shown.orders:
        if order.purpose is not Purpose.PROTECT or order.trigger is None:
            continue
        if order.trigger.kind is TriggerKind.TAKE_PROFIT:
            lines.append(DraftLine("target", order.trigger.price, order.size))
        elif all(line.kind != "stop" for line in lines):
            lost = None if shown.risk is None else -shown.risk
            lines.append(DraftLine("stop", order.trigger.price, entry.size, lost))
    return DraftBracket(entry.coin, entry.side, tuple(lines)) if lines else None
