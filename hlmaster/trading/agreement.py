"""Whether our books and the venue's latest statement say the same, and for how long they have not."""

from __future__ import annotations

from decimal import Decimal

from hlmaster.core.clock import Clock
from hlmaster.core.model import Account
from hlmaster.trading.holding import ZERO
from hlmaster.trading.ledger import Ledger

GRACE_MS = 10_000
"""Wall milliseconds by which fills may lag behind statements; what lasts longer is a difference."""
CENT = Decimal("0.01")


class Agreement:
    """Fed with every statement of the account. Times are market milliseconds."""

    def __init__(self, clock: Clock, ledger: Ledger) -> None:
        self._clock, self._ledger = clock, ledger
        self._since: dict[str, int] = {}
        self._gap_since: int | None = None
        self._gap = ZERO

    def compare(self, account: Account) -> None:
        now = self._clock.now_ms()
        apart = {coin for coin, (ours, theirs) in self.sizes(account).items() if ours != theirs}
        self._since = {coin: self._since.get(coin, now) for coin in apart}
        gap = ZERO if apart else self._ledger.unexplained(account)
        if abs(gap) <= CENT:
            self._gap, self._gap_since = ZERO, None
        elif self._gap_since is None or abs(gap - self._gap) > CENT:
            self._gap, self._gap_since = gap, now

    def sizes(self, account: Account) -> dict[str, tuple[Decimal, Decimal]]:
        """Signed size by coin: ours, theirs."""
        ours = {coin: holding.size for coin, holding in self._ledger.holdings.items()}
        theirs = {position.coin: position.size for position in account.positions}
        return {coin: (ours.get(coin, ZERO), theirs.get(coin, ZERO)) for coin in ours | theirs}

    @property
    def mismatched(self) -> tuple[str, ...]:
        """Coins whose position in our books has differed from the venue's for longer than fills may lag."""
        return tuple(coin for coin, since in self._since.items() if self._is_lasting(since))

    @property
    def is_whole(self) -> bool:
        """No coin differs at all."""
        return not self._since

    def is_apart(self, coin: str) -> bool:
        """Whether this coin is one of the mismatched."""
        since = self._since.get(coin)
        return since is not None and self._is_lasting(since)

    @property
    def gap(self) -> Decimal:
        """USD that the venue says the account is worth more than our books explain, once that has lasted."""
        return self._gap if self._gap_since is not None and self._is_lasting(self._gap_since) else ZERO

    def _is_lasting(self, since_ms: int) -> bool:
        return self._clock.now_ms() - since_ms > GRACE_MS * self._clock.speed
