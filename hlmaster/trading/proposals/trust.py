"""How much of its size a strategy has earned, and whether it may act by itself."""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol

from hlmaster.core.model import Mode
from hlmaster.trading.titles import Title, as_written

SHARES = (Decimal("0.10"), Decimal("0.25"), Decimal("0.50"), Decimal(1))
"""Of its size, that a strategy trades with as its record grows."""


class Trust(Protocol):
    """By the name of a strategy, or ``group NAME``."""

    def share(self, source: str) -> Decimal:
        """0 to 1, by its record."""

    def text(self, source: str) -> str:
        """What the share rests on, as a clause."""

    def may_auto(self, source: str) -> str | None:
        """Why it may not act by itself, as a sentence; None when it may."""


class Unproven:
    """Nobody keeps a record yet: full size where money is not real, the smallest share and no acting alone else."""

    def __init__(self, mode: Mode, title: Title = as_written) -> None:
        self._title = title
        self._plays = mode in (Mode.DEMO, Mode.PAPER)

    def share(self, source: str) -> Decimal:
        return SHARES[-1] if self._plays else SHARES[0]

    def text(self, source: str) -> str:
        return "nothing to earn, for the money is not real" if self._plays else "no record yet"

    def may_auto(self, source: str) -> str | None:
        return (
            None if self._plays else f"{self._title(source)} has no measured record yet; acting alone is earned by one."
        )
