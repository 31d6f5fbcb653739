"""Trust by record: how much of its size a source has earned, and whether it may act by itself. Pure.

A record is folded over the closed trades of a source, oldest first, so that it is the same after every restart. Each
trade counts by its R multiple: what it made after all costs over what it had planned to risk. R does not change as the
size grows with the trust. A trade whose planned risk nobody knows counts as 1 R lost where it lost, and as nothing
where it won.

The record *breaks* when its sum of R falls further below its peak than is allowed, or when it has lost money over as
many trades as acting alone asks for. A broken record starts anew at the next trade: the smallest size, and a person is
asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from pydantic import Field

from hlmaster.core.config import Config
from hlmaster.core.records import Trade
from hlmaster.trading.proposals.trust import SHARES
from hlmaster.trading.titles import Title, as_written

ZERO = Decimal(0)


def _trades(default: int, title: str, description: str) -> int:
    number: int = Field(default, ge=1, le=10_000, title=title, description=description)
    return number


class TrustTerms(Config):
    """What a strategy's record must show before it trades more of its size, and before it acts by itself.

    Where money is not real, in demo and in paper, nothing has to be earned.
    """

    quarter_trades: int = _trades(10, "A quarter after", "Closed trades that made money together: 25 % of its size.")
    half_trades: int = _trades(30, "A half after", "The same for 50 %.")
    full_trades: int = _trades(60, "All after", "The same for its full size.")
    auto_trades: int = _trades(
        20, "Acting alone after", "Closed trades that made money together, before its policy auto is heeded."
    )
    worst_fall: Decimal = Field(
        Decimal(6),
        gt=0,
        le=100,
        title="Broken by a fall of",
        description="The record breaks when its results fall so far below their peak, in units of the risk planned.",
        json_schema_extra={"unit": "R"},
    )


@dataclass(frozen=True, slots=True)
class Record:
    """Since it began, or began anew. ``net`` in USD after costs, ``total`` and ``peak`` in R."""

    trades: int = 0
    net: Decimal = ZERO
    total: Decimal = ZERO
    peak: Decimal = ZERO
    breaks: int = 0
    broken_by: str = ""
    """Why it last broke, as a sentence."""

    @property
    def fall(self) -> Decimal:
        return self.peak - self.total

    @property
    def is_good(self) -> bool:
        return self.net > 0 and self.total > 0

    def after(self, trade: Trade, terms: TrustTerms) -> Record:
        multiple = trade.multiple
        if multiple is None:
            multiple = Decimal(-1) if trade.net < 0 else ZERO
        total = self.total + multiple
        then = replace(self, trades=self.trades + 1, net=self.net + trade.net, total=total, peak=max(self.peak, total))
        why = then._breaks(terms)
        return Record(breaks=self.breaks + 1, broken_by=why) if why else then

    def _breaks(self, terms: TrustTerms) -> str:
        if self.fall > terms.worst_fall:
            return f"it fell {self.fall:.1f} R below its best; {terms.worst_fall} R is allowed"
        if self.trades >= terms.auto_trades and not self.is_good:
            return f"its last {self.trades} trades made no money together ({self.net:+,.2f} USD, {self.total:+.1f} R)"
        return ""

    def share(self, terms: TrustTerms) -> Decimal:
        if not self.is_good:
            return SHARES[0]
        steps = (terms.quarter_trades, terms.half_trades, terms.full_trades)
        return SHARES[max((n for n, asked in enumerate(steps, 1) if self.trades >= asked), default=0)]

    @property
    def text(self) -> str:
        """What the share rests on, as a clause."""
        if self.trades or not self.breaks:
            return f"earned by {self.trades} trades, {self.total:+.1f} R" if self.trades else "no closed trade yet"
        return f"its record broke: {self.broken_by}"

    def why_not_alone(self, terms: TrustTerms) -> str:
        """A clause without its subject; empty where it may."""
        if self.trades >= terms.auto_trades and self.is_good:
            return ""
        since = f" since its record broke: {self.broken_by}" if self.breaks else ""
        return (
            f"has {self.trades} of the {terms.auto_trades} closed trades, {self.net:+,.2f} USD after costs, that "
            f"acting alone is earned by{since}."
        )


def record(trades: Iterable[Trade], terms: TrustTerms) -> Record:
    """``trades``: of one source, as they closed."""
    found = Record()
    for trade in trades:
        if trade.closed_ms and not trade.superseded:
            found = found.after(trade, terms)
    return found


class RecordTrust:
    """``Trust`` where money is real. ``records`` gives a source's present one, ``terms`` what is asked of it."""

    def __init__(
        self, terms: Callable[[], TrustTerms], records: Callable[[str], Record], title: Title = as_written
    ) -> None:
        self._terms, self._record, self._title = terms, records, title

    def share(self, source: str) -> Decimal:
        return self._record(source).share(self._terms())

    def may_auto(self, source: str) -> str | None:
        why = self._record(source).why_not_alone(self._terms())
        return f"{self._title(source)} {why}" if why else None

    def text(self, source: str) -> str:
        return self._record(source).text
