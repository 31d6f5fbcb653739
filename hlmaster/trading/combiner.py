"""From what strategies say to one idea: alone, or by the vote of a group; and what advisers may do to it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from hlmaster.core.signals import Direction, Signal
from hlmaster.trading.titles import GROUP, Title, as_written

SOLO = "solo"
VOTER = "voter:"
MOST_ADVICE = 0.2
"""By how much all advisers together may move a confidence, up or down."""
RULES = (
    "A strategy is solo (each of its signals is an idea of its own) or a voter in a group that you name.",
    "In a group each voter has one vote per coin: LONG, SHORT or NEUTRAL. The direction with the most votes wins; a "
    "tie goes to the direction whose voters are more confident on average, and if that is equal too, to NEUTRAL.",
    "A voter that has said nothing yet, whose last LONG or SHORT has run out, or that lacks data, abstains. NEUTRAL "
    "is a vote: it counts until the voter says otherwise.",
    "The idea's confidence is the mean of the voters that won.",
    "Sentiment and the analyst may move the confidence by 0.2 at most, up or down, all together. They change no size.",
    "An idea below the threshold is not proposed. What acts by itself must reach the threshold without advice too.",
    "An opposite signal closes its own open position first, stops and orders with it; then it may open.",
)
"""As a person reads them."""


def group_of(role: str) -> str | None:
    """The group of a ``voter:GROUP``; None for a solo."""
    return role.removeprefix(VOTER) if role.startswith(VOTER) else None


@dataclass(frozen=True, slots=True)
class Advice:
    """An adviser's word on going this way with a coin: ``shift`` of the confidence."""

    adviser: str
    shift: float


@dataclass(frozen=True, slots=True)
class Idea:
    """What a strategy or a group wants of a coin. ``signals``: those that are for it, the strongest first."""

    source: str
    coin: str
    direction: Direction
    signals: tuple[Signal, ...]
    confidence: float
    unadjusted_confidence: float
    reasons: tuple[str, ...]
    abstains: bool = False
    """Nobody who was asked knows enough; this NEUTRAL is no change of mind."""
    advice: tuple[str, ...] = ()
    """What each adviser added or took, in words."""

    @property
    def signal(self) -> Signal:
        return self.signals[0]

    @property
    def closes(self) -> bool:
        """A NEUTRAL that ends the source's position: all who voted for it trade on such terms. A tie ends nothing."""
        if self.direction is not Direction.NEUTRAL or self.abstains:
            return False
        return all(one.direction is Direction.NEUTRAL and one.terms.neutral_closes for one in self.signals)


Advisers = Callable[[str, Direction], Sequence[Advice]]


def no_advice(coin: str, direction: Direction) -> Sequence[Advice]:
    return ()


class Combiner:
    """``role`` of a strategy by name: ``solo`` or ``voter:GROUP``; a group is called ``group NAME`` as a source.

    ``title`` of a source, for its sentences.
    """

    def __init__(self, role: Callable[[str], str], advisers: Advisers = no_advice, title: Title = as_written) -> None:
        self._role, self.advisers, self.title = role, advisers, title
        self._words: dict[tuple[str, str], Signal] = {}
        """Each strategy's last word on each coin."""

    def source_of(self, strategy: str) -> str:
        group = group_of(self._role(strategy))
        return strategy if group is None else f"{GROUP}{group}"

    def hear(self, signal: Signal, now_ms: int) -> Idea:
        """The idea that this word makes, NEUTRAL ones included: they are changes of mind."""
        self._words[signal.strategy, signal.coin] = signal
        group = group_of(self._role(signal.strategy))
        if group is not None:
            return self._voted(group, signal, now_ms)
        reasons = (signal.reason,) if signal.reason else ()
        return self.advised(
            Idea(
                signal.strategy,
                signal.coin,
                signal.direction,
                (signal,),
                signal.confidence,
                signal.confidence,
                reasons,
                abstains=bool(signal.missing),
            )
        )

    def word(self, strategy: str, coin: str) -> Signal | None:
        return self._words.get((strategy, coin))

    @property
    def heard(self) -> frozenset[str]:
        """Strategies whose words count."""
        return frozenset(strategy for strategy, _ in self._words)

    def forget(self, strategy: str) -> None:
        """It is disarmed: from now on it abstains."""
        for key in [key for key in self._words if key[0] == strategy]:
            del self._words[key]

    def ballots(self, group: str, coin: str, now_ms: int) -> tuple[Signal, ...]:
        """The votes that count now."""
        words = (
            signal for (name, of), signal in self._words.items() if of == coin and group_of(self._role(name)) == group
        )
        return tuple(signal for signal in words if _counts(signal, now_ms))

    def vote(self, group: str, coin: str, now_ms: int) -> tuple[Direction, tuple[Signal, ...], str]:
        """(winner, its voters with the strongest first, how it went in words)."""
        ballots = self.ballots(group, coin, now_ms)
        sides = {way: tuple(signal for signal in ballots if signal.direction is way) for way in Direction}
        most = max(len(voters) for voters in sides.values())
        tied = [way for way, voters in sides.items() if len(voters) == most] if most else [Direction.NEUTRAL]
        best = max(_mean(sides[way]) for way in tied)
        winners = [way for way in tied if _mean(sides[way]) == best]
        winner = winners[0] if len(winners) == 1 else Direction.NEUTRAL
        counts = ", ".join(f"{len(voters)} {way}" for way, voters in sides.items() if voters) or "nobody voted"
        tie = "; the tie went by confidence" if len(tied) > 1 and len(winners) == 1 else ""
        voters = tuple(sorted(sides[winner], key=lambda signal: (-signal.confidence, signal.strategy)))
        return winner, voters, f"Group {group}: {counts}{tie}."

    def _voted(self, group: str, heard: Signal, now_ms: int) -> Idea:
        winner, voters, how = self.vote(group, heard.coin, now_ms)
        confidence = _mean(voters)
        reasons = (how, *(f"{self.title(signal.strategy)}: {signal.reason}" for signal in voters if signal.reason))
        nobody = not self.ballots(group, heard.coin, now_ms)
        source, signals = f"{GROUP}{group}", voters or (heard,)
        return self.advised(Idea(source, heard.coin, winner, signals, confidence, confidence, reasons, nobody))

    def advised(self, idea: Idea) -> Idea:
        """The same idea with what the advisers say now; nobody advises an idea of his own."""
        if idea.direction is Direction.NEUTRAL:
            return idea
        own = {signal.strategy for signal in idea.signals}
        advice = tuple(one for one in self.advisers(idea.coin, idea.direction) if one.adviser not in own)
        confidence = adjusted(idea.unadjusted_confidence, advice)
        said = tuple(f"{one.adviser}: {one.shift:+.2f} confidence" for one in advice if one.shift)
        return replace(idea, confidence=confidence, advice=said)


def adjusted(confidence: float, advice: Iterable[Advice]) -> float:
    """Within 0 to 1 and ±0.2 of what it was; advice that is not a number is none."""
    shift = sum(one.shift for one in advice if one.shift == one.shift)
    return min(1.0, max(0.0, confidence + min(MOST_ADVICE, max(-MOST_ADVICE, shift))))


def _counts(signal: Signal, now_ms: int) -> bool:
    if signal.direction is Direction.NEUTRAL:
        return not signal.missing
    return now_ms < signal.valid_until_ms


def _mean(signals: Sequence[Signal]) -> float:
    """Summed in one order, so that who spoke first changes no digit."""
    return sum(sorted(signal.confidence for signal in signals)) / len(signals) if signals else 0.0
