"""Whose position a coin's is: one owner at a time, strategies that wait, and what a person says about it. Pure.

A coin is free, held by a source (a strategy or a group) from its approved entry until it is flat and nothing rests, or
a person's: opened by hand, or taken over. Strategies never touch what is a person's.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from hlmaster.core.signals import Direction
from hlmaster.trading.titles import Title, as_written

log = logging.getLogger(__name__)
YOU = "you"
Document = dict[str, Any]


class Swap(StrEnum):
    """What becomes of the position when another strategy gets the coin."""

    HAND_OVER = "hand over"
    """The new one leads it: its opposite signal and its horizon close it."""
    KEEP = "keep"
    """Nobody leads it; it is left to its stops and targets."""
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Tenure:
    """Who leads a coin's position, and since when. Times in market milliseconds."""

    coin: str
    owner: str
    direction: Direction
    since_ms: int
    exit_ms: int | None
    """When the idea behind it runs out and it is closed; None: never."""
    proposal_id: str = ""
    former: str = ""
    """Who gets it back when it is handed back; empty where nobody had it."""

    @property
    def is_led(self) -> bool:
        """By a strategy or a group; else it is a person's, or left to its stops."""
        return self.owner not in (YOU, "")


class Ownership:
    """``position`` below: the coin's signed size is not zero, or an entry of ours is on its way or rests.

    ``title`` of a source, for its sentences.
    """

    def __init__(self, title: Title = as_written) -> None:
        self.title = title
        self._tenures: dict[str, Tenure] = {}
        self._vetoes: dict[tuple[str, str], int] = {}
        self._assigned: dict[str, str] = {}
        """Coins that a person gave to one source alone."""
        self._ended: dict[tuple[str, str], int] = {}
        """When a source's last position on a coin ended."""

    # --- questions ---

    def of(self, coin: str) -> Tenure | None:
        return self._tenures.get(coin)

    def is_led(self, coin: str) -> bool:
        """By a strategy or a group."""
        tenure = self._tenures.get(coin)
        return tenure is not None and tenure.is_led

    def all(self) -> tuple[Tenure, ...]:
        return tuple(self._tenures.values())

    def held_by(self, source: str) -> tuple[Tenure, ...]:
        return tuple(tenure for tenure in self._tenures.values() if tenure.owner == source)

    def assigned(self, coin: str) -> str | None:
        return self._assigned.get(coin)

    def vetoed_until(self, source: str, coin: str, now_ms: int) -> int | None:
        until = self._vetoes.get((source, coin), 0)
        return until if until > now_ms else None

    def ended_ms(self, source: str, coin: str) -> int | None:
        return self._ended.get((source, coin))

    def why_not(self, source: str, coin: str, direction: Direction, now_ms: int, *, has_position: bool) -> str:
        """Why this source may not open this way on the coin now; empty when it may."""
        until, title = self.vetoed_until(source, coin, now_ms), self.title(source)
        if until is not None:
            return f"You vetoed {title} on {coin} for another {_minutes(until - now_ms)}."
        assigned = self._assigned.get(coin)
        if assigned is not None and assigned != source:
            return f"{coin} was given to {self.title(assigned)}; swap it to {title} first."
        tenure = self._tenures.get(coin)
        if tenure is None:
            return f"The {coin} position is yours; strategies wait until it is closed." if has_position else ""
        if tenure.owner == YOU:
            return f"You took over the {coin} position; hand it back or close it."
        if not tenure.owner:
            return f"The {coin} position is left to its stops; {title} waits until it is closed."
        if tenure.owner != source:
            return f"{self.title(tenure.owner)} holds {coin}; {title} waits until it is closed."
        if tenure.direction is direction:
            return f"{title} is {direction} on {coin} already; a position is not added to."
        return f"{title} is {tenure.direction} on {coin}; that is closed first."

    # --- the course of a position ---

    def claim(self, tenure: Tenure) -> None:
        """From the approval on. Raises ValueError where another holds the coin: whoever claims asks ``why_not``."""
        held = self._tenures.get(tenure.coin)
        if held is not None and held.owner != tenure.owner:
            raise ValueError(f"{held.owner or 'nobody'} holds {tenure.coin}")
        self._tenures[tenure.coin] = tenure

    def release(self, coin: str, now_ms: int) -> Tenure | None:
        """It is flat and nothing rests, or the entry never came to be."""
        tenure = self._tenures.pop(coin, None)
        if tenure is not None and tenure.is_led:
            self._ended[tenure.owner, coin] = now_ms
        return tenure

    def settle(self, busy: Iterable[str], now_ms: int) -> tuple[Tenure, ...]:
        """Release every coin that is not among ``busy``: those with a position or an entry on its way."""
        still = set(busy)
        gone = [self.release(coin, now_ms) for coin in list(self._tenures) if coin not in still]
        return tuple(tenure for tenure in gone if tenure is not None)

    def prolong(self, source: str, coin: str, direction: Direction, exit_ms: int) -> bool:
        """The owner says the same again: the idea's clock starts anew. Returns whether anything changed."""
        tenure = self._tenures.get(coin)
        if tenure is None or tenure.owner != source or tenure.direction is not direction or tenure.exit_ms is None:
            return False
        if exit_ms <= tenure.exit_ms:
            return False
        self._tenures[coin] = replace(tenure, exit_ms=exit_ms)
        return True

    def due(self, now_ms: int) -> tuple[Tenure, ...]:
        """Led positions whose idea has run out."""
        return tuple(t for t in self._tenures.values() if t.is_led and t.exit_ms is not None and now_ms >= t.exit_ms)

    # --- a person's word; each returns a sentence if it cannot be ---

    def take_over(self, coin: str, direction: Direction, now_ms: int) -> str:
        """Detach a position: its stops stay, no strategy closes it."""
        tenure = self._tenures.get(coin)
        if tenure is None:
            return f"The {coin} position is yours already."
        if tenure.owner == YOU:
            return f"You have taken over {coin} already."
        self._tenures[coin] = replace(tenure, owner=YOU, former=tenure.owner or tenure.former, direction=direction)
        return ""

    def hand_back(self, coin: str, exit_ms: int | None) -> str:
        tenure = self._tenures.get(coin)
        if tenure is None or tenure.owner != YOU:
            return f"{coin} was not taken over."
        if not tenure.former:
            return f"No strategy held {coin} before you took it over."
        self._tenures[coin] = replace(tenure, owner=tenure.former, former="", exit_ms=exit_ms)
        return ""

    def assign(self, coin: str, source: str | None) -> None:
        """Give a coin to one source alone; None: to whoever comes first again."""
        if source is None:
            self._assigned.pop(coin, None)
        else:
            self._assigned[coin] = source

    def swap(self, coin: str, source: str, how: Swap, now_ms: int) -> None:
        """The coin is ``source``'s from now on; ``CLOSE`` leaves the tenure as it is until the position is closed."""
        self.assign(coin, source)
        tenure = self._tenures.get(coin)
        if tenure is None or how is Swap.CLOSE:
            return
        owner = source if how is Swap.HAND_OVER else ""
        self._tenures[coin] = replace(tenure, owner=owner, former=tenure.owner, since_ms=now_ms, exit_ms=None)

    def veto(self, source: str, coin: str, until_ms: int) -> None:
        """Until then no new idea of the source on the coin; a time past lifts it."""
        self._vetoes[source, coin] = until_ms

    # --- over a restart ---

    def document(self) -> Document:
        return {
            "tenures": [asdict(tenure) for tenure in self._tenures.values()],
            "vetoes": [[source, coin, until] for (source, coin), until in self._vetoes.items()],
            "assigned": dict(self._assigned),
            "ended": [[source, coin, ended] for (source, coin), ended in self._ended.items()],
        }

    def recall(self, document: Mapping[str, Any]) -> None:
        """Damaged entries are left out, each by itself: who is not known to own a position lets a person own it."""
        for entry in _listed(document, "tenures"):
            try:
                tenure = Tenure(**{**entry, "direction": Direction(entry["direction"])})
                int(tenure.since_ms), int(tenure.exit_ms or 0), str(tenure.coin + tenure.owner + tenure.former)
            except (TypeError, ValueError, KeyError) as error:
                log.warning("the remembered owner %r is damaged and was left out: %s", entry, error)
            else:
                self._tenures[tenure.coin] = tenure
        for name, kept in (("vetoes", self._vetoes), ("ended", self._ended)):
            for entry in _listed(document, name):
                try:
                    source, coin, time_ms = entry
                    kept[str(source), str(coin)] = int(time_ms)
                except (TypeError, ValueError) as error:
                    log.warning("one of the remembered %s is damaged and was left out: %s", name, error)
        assigned = document.get("assigned")
        if isinstance(assigned, dict):
            self._assigned.update({str(coin): str(source) for coin, source in assigned.items()})


def _listed(document: Mapping[str, Any], name: str) -> list[Any]:
    found = document.get(name)
    return found if isinstance(found, list) else []


def _minutes(ms: int) -> str:
    minutes = -(-ms // 60_000)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
