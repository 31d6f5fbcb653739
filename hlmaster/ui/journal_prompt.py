"""Which closed trades want a word of their trader, and the tags that lie ready for it. Nobody is interrupted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from hlmaster.core.clock import DAY_MS
from hlmaster.core.proposals import Policy
from hlmaster.core.records import Trade
from hlmaster.desk.desk import Desk
from hlmaster.desk.proposing import BY_POLICY

FRESH_MS = 7 * DAY_MS
"""What is older is remembered too badly to be written about."""
USUAL = ("planned", "early", "late", "impulse", "too big", "revenge")
"""Tags that are offered until there are own ones."""


class Unwritten:
    """A person's trade of the last days about which nothing is written. What a policy placed alone asks nobody."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.aside: set[str] = set()
        """Trades of which a person has said that there is nothing to add."""

    def __call__(self, trade: Trade) -> bool:
        if not trade.closed_ms or trade.superseded or trade.tags or trade.note or trade.trade_id in self.aside:
            return False
        return self._desk.clock.now_ms() - trade.closed_ms < FRESH_MS and not self._placed_alone(trade)

    def _placed_alone(self, trade: Trade) -> bool:
        """By the proposal, as long as it is known; else by what the source's policy is."""
        if not trade.proposal_id:
            return False
        proposal = self._desk.proposing.book.get(trade.proposal_id)
        if proposal is not None:
            return proposal.decided_by == BY_POLICY
        return self._desk.proposing.policy(trade.source) is Policy.AUTO

    def forget(self, trades: Iterable[Trade]) -> None:
        """What is set aside is remembered for as long as it would be asked about."""
        now = self._desk.clock.now_ms()
        self.aside &= {trade.trade_id for trade in trades if now - trade.closed_ms < FRESH_MS}


def wanted_words(count: int) -> str:
    return "1 trade wants a note" if count == 1 else f"{count:,} trades want a note"


def ready_tags(trades: Iterable[Trade], most: int = len(USUAL)) -> Sequence[str]:
    """The trader's own, most used first, and the usual ones after them."""
    used = Counter(tag for trade in trades for tag in trade.tags)
    own = sorted(used, key=lambda tag: (-used[tag], tag))
    return tuple(dict.fromkeys((*own, *USUAL)))[:most]
