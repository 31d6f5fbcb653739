"""One strategy's watch over one coin: rows in, and out of them its word when it is a new one."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Protocol

from hlmaster.core.errors import HlError
from hlmaster.core.signals import Opportunity, OpportunityChanged, Signal, SignalMade, direction_of
from hlmaster.market.window import Needs, Window
from hlmaster.strategies.answer import Answer, StrategyBroken, judge, judge_words
from hlmaster.strategies.base import Explanation
from hlmaster.strategies.known import Mind
from hlmaster.strategies.packed import pack

MOST_WORDS, WORDS_MS = 120, 60_000
"""More new words about one coin in so much market time are no ideas; the finest grid has 240 rows in it."""
UNEXPLAINED = "It gave no reason."


class Rows(Protocol):
    """What the engine asks of the decision grids; see ``market.grid.grids``."""

    def need(self, coin: str, needs: Needs, owner: str) -> None: ...

    def drop(self, owner: str, coin: str | None = None) -> None: ...

    def window(self, coin: str, needs: Needs) -> Window | None: ...

    def progress(self, coin: str, needs: Needs) -> tuple[int, int]: ...


class Watch:
    """``publish`` hears SignalMade and OpportunityChanged; ``fail`` a sentence when the strategy breaks."""

    __slots__ = (
        "_answered_ms",
        "_fail",
        "_publish",
        "_rows",
        "_said_at",
        "_said_on",
        "_unsaid",
        "_warm",
        "answer",
        "coin",
        "ended",
        "mind",
        "name",
        "opportunity",
        "row_ms",
        "signal",
        "version",
    )

    def __init__(
        self,
        name: str,
        coin: str,
        rows: Rows,
        publish: Callable[[object], None],
        fail: Callable[[str], None],
    ) -> None:
        self.name, self.coin = name, coin
        self._rows, self._publish, self._fail = rows, publish, fail
        self._said_at: deque[int] = deque(maxlen=MOST_WORDS)
        self._said_on: Window | bytes | None = None
        self._unsaid: Signal | None = None
        self._answered_ms = 0
        self._warm = False
        self.row_ms = 0
        """The last row that was looked at."""
        self.answer: Answer | None = None
        """The last word, said or not."""
        self.signal: Signal | None = None
        """The last one published."""
        self.opportunity: Opportunity | None = None
        self.ended = False

    def think(self, mind: Mind, version: str) -> None:
        """From the next row on with this mind."""
        self.mind, self.version, self._warm = mind, version, False

    def look(self, row_ms: int) -> None:
        """One more row closed. Raises whatever the strategy does."""
        if self.ended or row_ms <= self.row_ms:
            return
        window = self.window()
        if (
            window is None or int(window.time_ms[-1]) != row_ms
        ):  # of several rows closed at once, the last is decided on
            return
        self.row_ms = row_ms
        answer = self.mind.decide(window, partial(self._hear_later, self.mind))
        if answer is not None:
            self.hear(answer, row_ms, window)

    def window(self) -> Window | None:
        """The rows it would decide on now; None until there are as many as it needs."""
        needs = self.mind.needs
        if not self._warm:
            known, needed = self._rows.progress(self.coin, needs)
            self._warm = known >= needed
            if not self._warm:
                return None
        window = self._rows.window(self.coin, needs)
        return window if window is not None and len(window) else None

    def hear(self, answer: Answer, row_ms: int, window: Window | bytes) -> None:
        """What the strategy said about a row. Raises StrategyBroken when it floods, or whatever its explaining does."""
        before, said = self.answer, self.signal
        self.answer, self._answered_ms = answer, row_ms
        if answer.opportunity is not None or self.opportunity is not None:
            self._notice(answer.opportunity)
        changed = answer.sign != (before.sign if before is not None else 0)
        ran_out = answer.sign != 0 and said is not None and row_ms >= said.valid_until_ms
        if changed or ran_out:
            self._say(answer, row_ms, window)

    def _hear_later(self, mind: Mind, answer: Answer, row_ms: int, packed: bytes) -> None:
        """An answer from another process, which nobody trusts; of parameters that were, it is no answer."""
        if self.ended or mind is not self.mind:
            return
        try:
            judge(answer)
            judge_words(answer.explanation, answer.opportunity)
            self.hear(answer, row_ms, packed)
        except HlError as error:
            self._fail(error.sentence)

    def word(self) -> Signal | None:
        """What it says now: the last signal, or NEUTRAL where it has said nothing new since. Raises as ``look``."""
        answer, said, row_ms = self.answer, self.signal, self._answered_ms
        if answer is None or answer.sign or (said is not None and said.row_ms == row_ms):
            return said
        if self._unsaid is None or self._unsaid.row_ms != row_ms:
            explanation = answer.explanation
            if explanation is None:
                window = self.window()
                if window is None or int(window.time_ms[-1]) != row_ms:
                    return self._unsaid or said
                explanation = self.mind.explain(window)
            self._unsaid = self._signal(answer, row_ms, explanation)
        return self._unsaid

    def _say(self, answer: Answer, row_ms: int, window: Window | bytes) -> None:
        words = self._said_at
        if len(words) == MOST_WORDS and row_ms - words[0] < WORDS_MS:
            raise StrategyBroken(
                f"It changed its mind about {self.coin} {MOST_WORDS} times within {WORDS_MS // 1000} s; "
                "that is no trading idea."
            )
        words.append(row_ms)
        explanation = answer.explanation
        if explanation is None:
            assert isinstance(window, Window)  # what comes packed comes explained
            explanation = self.mind.explain(window)
        self._said_on = window
        self.signal = self._signal(answer, row_ms, explanation)
        self._publish(SignalMade(self.signal))

    def _signal(self, answer: Answer, row_ms: int, explanation: Explanation) -> Signal:
        mind = self.mind
        return Signal(
            self.name,
            self.coin,
            mind.needs.grid.name,
            row_ms,
            direction_of(answer.sign),
            answer.confidence,
            answer.strength,
            mind.horizon_ms,
            row_ms + mind.valid_ms,
            explanation.reason or UNEXPLAINED,
            explanation.details,
            answer.entry,
            answer.stop,
            answer.target,
            self.version,
            explanation.missing,
            mind.terms,
        )

    def _notice(self, seen: Opportunity | None) -> None:
        """What is watched goes on since it was first seen, as long as its side stays."""
        before = self.opportunity
        if seen is not None:
            since = before.since_ms if before is not None and before.direction is seen.direction else seen.since_ms
            seen = Opportunity(self.name, self.coin, seen.direction, seen.text, seen.checks, since)
        if seen != before:
            self.opportunity = seen
            self._publish(OpportunityChanged(self.name, self.coin, seen))

    def end(self) -> None:
        """Nothing is heard any more, and what was watched is let go."""
        self.ended = True
        self._notice(None)

    def inputs(self) -> bytes:
        """What the last signal was made of, packed. Raises ValueError before there is one."""
        if self._said_on is None:
            raise ValueError(f"{self.name} has said nothing about {self.coin} yet")
        if isinstance(self._said_on, Window):
            self._said_on = pack(self._said_on)
        return self._said_on
