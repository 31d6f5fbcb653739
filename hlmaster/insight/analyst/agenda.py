"""What waits to be asked, and how often asking is allowed. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from operator import attrgetter

from hlmaster.core.opinions import Question
from hlmaster.insight.analyst.facts import OpenIdea

HOUR_SECONDS = 3600.0
BY_HAND = "asked by hand"


@dataclass(frozen=True, slots=True)
class Item:
    """A question that waits. Its figures are taken when it is put, not now."""

    call_id: str
    coin: str
    question: Question
    trigger: str
    idea: OpenIdea | None = None

    @property
    def by_hand(self) -> bool:
        return self.trigger == BY_HAND

    @property
    def rank(self) -> int:
        """Who waits comes first: a person, then a proposal that will not be open for long."""
        return 0 if self.by_hand else 1 if self.question is Question.ENTRY else 2

    def is_like(self, other: Item) -> bool:
        """Asking both would ask the same thing twice."""
        idea = self.idea.proposal_id if self.idea else "", other.idea.proposal_id if other.idea else ""
        return (self.coin, self.question, idea[0]) == (other.coin, other.question, idea[1])


_rank = attrgetter("rank")


class Agenda:
    """By rank, the oldest first. What does not fit drops the oldest of the last rank."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.dropped = 0
        self._items: deque[Item] = deque()

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Item]:
        return iter(sorted(self._items, key=_rank))

    def add(self, item: Item) -> str:
        """The id of the call that will answer it: of one that waits already where that is the same question."""
        for place, waiting in enumerate(self._items):
            if waiting.is_like(item):
                trigger = waiting.trigger if waiting.by_hand else item.trigger
                self._items[place] = replace(waiting, trigger=trigger, idea=item.idea)
                return waiting.call_id
        self._items.append(item)
        while len(self._items) > self.most:
            self._items.remove(max(self._items, key=_rank))
            self.dropped += 1
        return item.call_id

    def withdraw(self, proposal_id: str) -> None:
        """A proposal is no longer open: nobody needs to know any more."""
        gone = [item for item in self._items if item.idea is not None and item.idea.proposal_id == proposal_id]
        for item in gone:
            self._items.remove(item)

    def first(self) -> Item | None:
        return next(iter(self), None)

    def take(self) -> Item | None:
        item = self.first()
        if item is not None:
            self._items.remove(item)
        return item


class Pace:
    """At most one call in ``gap`` seconds, and so many an hour. Whoever asks by hand is held by the gap alone."""

    def __init__(self) -> None:
        self._begun: deque[float] = deque()
        """Calls that the hour counts."""
        self._last: float | None = None

    def begin(self, now: float, *, counts: bool = True) -> None:
        """``counts``: against the hour; what costs nothing does not."""
        self._last = now
        if counts:
            self._begun.append(now)

    def in_the_last_hour(self, now: float) -> int:
        while self._begun and now - self._begun[0] >= HOUR_SECONDS:
            self._begun.popleft()
        return len(self._begun)

    def wait(self, now: float, gap: float, per_hour: int, by_hand: bool) -> float:
        """Seconds until the next call may begin; 0 is now."""
        used = self.in_the_last_hour(now)
        rest = 0.0 if self._last is None else gap - (now - self._last)
        if not by_hand and used >= per_hour:
            rest = max(rest, self._begun[used - per_hour] + HOUR_SECONDS - now if per_hour else HOUR_SECONDS)
        return max(0.0, rest)
