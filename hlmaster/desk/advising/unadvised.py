"""A desk without advisers: everything is as it would be without them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from hlmaster.core.signals import Direction, Gate, Signal
from hlmaster.trading.combiner import Advice
from hlmaster.trading.proposals.trust import Trust


class Counsel(Protocol):
    """What advisers may do to the ideas of strategies, and no more."""

    def advisers(self, coin: str, direction: Direction) -> Sequence[Advice]:
        """By how much they move the confidence of an idea in this direction."""

    def consents(self, source: str, coin: str, signals: tuple[Signal, ...]) -> tuple[Gate, ...]:
        """Where the user wants consent: whether it is there."""

    def trusted(self, trust: Trust, voters: Callable[[str], Collection[str]]) -> Trust:
        """Who may act alone. ``voters`` of a group by name."""


class Unadvised:
    def advisers(self, coin: str, direction: Direction) -> Sequence[Advice]:
        return ()

    def consents(self, source: str, coin: str, signals: tuple[Signal, ...]) -> tuple[Gate, ...]:
        return ()

    def trusted(self, trust: Trust, voters: Callable[[str], Collection[str]]) -> Trust:
        return trust
