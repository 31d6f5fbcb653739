"""Whose a coin is, by a person's word: take over, hand back, swap, veto."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hlmaster.core.bus import Bus
from hlmaster.core.clock import SECOND_MS, Clock
from hlmaster.core.records import ForTheRecord
from hlmaster.core.signals import direction_of
from hlmaster.desk.course import Course
from hlmaster.desk.outcome import Outcome
from hlmaster.trading.combiner import Idea
from hlmaster.trading.ownership import Swap
from hlmaster.trading.portfolio import Portfolio
from hlmaster.trading.proposals.book import Answer, ProposalBook


class Leading:
    """``tell`` publishes what the book says has changed, ``remember`` keeps it over a restart."""

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        portfolio: Portfolio,
        course: Course,
        book: ProposalBook,
        tell: Callable[[Answer], None],
        remember: Callable[[], None],
    ) -> None:
        self._bus, self._clock, self._portfolio = bus, clock, portfolio
        self._course, self._ownership, self._book = course, course.ownership, book
        self._tell, self._remember = tell, remember
        self._title = course.ownership.title

    def take_over(self, coin: str) -> Outcome:
        """The position is a person's from now on: its stops stay, no strategy closes it."""
        size, now = self._portfolio.size(coin), self._clock.now_ms()
        if not size:
            return Outcome(False, f"There is no {coin} position to take over.")
        why = self._ownership.take_over(coin, direction_of(1 if size > 0 else -1), now)
        if not why:
            self._course.stay(coin)
        return self._answer(why, coin, "take over", f"The {coin} position is yours; its stops stay.")

    def hand_back(self, coin: str, ideas: Mapping[tuple[str, str], Idea]) -> Outcome:
        """To whoever had it: an opposite signal closes it again, and its horizon starts anew."""
        tenure = self._ownership.of(coin)
        idea = None if tenure is None else ideas.get((tenure.former, coin))
        horizon = 0 if idea is None else idea.signal.horizon_ms
        why = self._ownership.hand_back(coin, self._clock.now_ms() + horizon if horizon else None)
        owner = "" if tenure is None else self._title(tenure.former)
        return self._answer(why, coin, "hand back", f"The {coin} position is {owner}'s again.")

    def swap(self, coin: str, source: str, how: Swap | str) -> Outcome:
        """Give a coin to another source while running; its position is handed over, kept to its stops, or closed."""
        try:
            chosen = Swap(how)
        except ValueError:
            return Outcome(False, f"A position can be swapped by {', '.join(Swap)}, not by {how}.")
        now, title = self._clock.now_ms(), self._title(source)
        text = f"{coin} was given to {title}."
        self._ownership.swap(coin, source, chosen, now)
        for card in self._book.cards():
            if card.coin == coin and card.source != source:
                self._tell(self._book.withdraw(text, now, source=card.source, coin=coin))
        tenure = self._ownership.of(coin)
        if chosen is Swap.CLOSE and tenure is not None and tenure.is_led:
            self._course.leave(coin, text)
        return self._answer("", coin, "swap", f"{coin} is {title}'s from now on ({chosen}).")

    def free(self, coin: str) -> Outcome:
        """Take back a swap: the coin is whoever's comes first."""
        self._ownership.assign(coin, None)
        return self._answer("", coin, "swap", f"{coin} is open to every strategy again.")

    def veto(self, source: str, coin: str, seconds: float) -> Outcome:
        """Wall seconds without a new idea of it on the coin; 0 lifts it. A position that it has there stays its own."""
        now, title = self._clock.now_ms(), self._title(source)
        self._ownership.veto(source, coin, now + int(seconds * SECOND_MS * self._clock.speed))
        if seconds <= 0:
            return self._answer("", coin, "veto", f"{title} may propose {coin} again.")
        self._tell(self._book.withdraw(f"You vetoed {title} on {coin}.", now, source=source, coin=coin))
        return self._answer("", coin, "veto", f"{title} is vetoed on {coin} for {seconds:.0f} s.")

    def _answer(self, why: str, coin: str, kind: str, text: str) -> Outcome:
        if not why:
            self._remember()
            self._bus.publish(ForTheRecord(kind, coin, text))
        return Outcome(not why, why or text)
