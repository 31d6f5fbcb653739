"""The analyst and the news beside the desk: unplugged they change nothing but the advice. Nothing waits for them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

from hlmaster.core.bus import Bus
from hlmaster.core.candles import CandleBlock
from hlmaster.core.clock import Clock
from hlmaster.core.events import Notice, Severity
from hlmaster.core.model import Interval
from hlmaster.core.opinions import AnalystAnswered, Call, Headline, KeptOpinions, Opinion, Question, SentimentChanged
from hlmaster.core.ports import MarketData
from hlmaster.core.proposals import Proposal, ProposalChanged, ProposalState
from hlmaster.core.rounding import to_float
from hlmaster.core.signals import Direction, Gate, Regime, Signal, SignalMade, direction_of
from hlmaster.desk.advising.alone import STRATEGY, AnalystTrust, Behind
from hlmaster.desk.advising.asking import Asking
from hlmaster.desk.advising.choice import Choice
from hlmaster.desk.advising.claude_key import ClaudeKey
from hlmaster.desk.advising.columns import columns
from hlmaster.desk.advising.fetching import Fetching
from hlmaster.desk.advising.reading import Reading
from hlmaster.desk.advising.sight import Sight
from hlmaster.desk.advising.storm import Storm
from hlmaster.desk.loading import Loading
from hlmaster.desk.work import Work
from hlmaster.insight.analyst.agenda import BY_HAND
from hlmaster.insight.analyst.analyst import Analyst
from hlmaster.insight.analyst.facts import OpenIdea
from hlmaster.insight.analyst.prompts import Prompts
from hlmaster.insight.analyst.terms import AnalystTerms
from hlmaster.insight.calibration.advice import advice, expires_ms
from hlmaster.insight.calibration.ledger import Ledger
from hlmaster.insight.calibration.record import Record
from hlmaster.insight.calibration.scorer import Scorer
from hlmaster.insight.sentiment.lexicon import Lexicon
from hlmaster.insight.sentiment.pipeline import News
from hlmaster.insight.sentiment.scoring import Later, effect
from hlmaster.insight.sentiment.source import Source
from hlmaster.insight.sentiment.sources import chosen
from hlmaster.market.feed import Feed
from hlmaster.settings import Settings
from hlmaster.trading.combiner import Advice
from hlmaster.trading.portfolio import Portfolio
from hlmaster.trading.proposals.trust import Trust

LOOK_SECONDS = 1.0
ANALYST, NEWS = "analyst", "news"
State = Callable[[str, str, float | None], None]


class Advising:
    """``state`` tells the decision grids a column; ``cards`` are the open proposals; ``regime`` of a coin. ``heed`` has
    the cards of a coin looked at again with what is said now, and returns how many that took away.

    ``show`` says which coin the window looks at: that one, and those with a position or a card, are asked about.
    """

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        folder: Path,
        settings: Callable[[], Settings],
        feed: Feed,
        loading: Loading,
        market_data: MarketData,
        portfolio: Portfolio,
        keep: KeptOpinions | None,
        cards: Callable[[], Iterable[Proposal]],
        regime: Callable[[str], Regime | None],
        state: State,
        heed: Callable[[str], int],
        key: ClaudeKey,
    ) -> None:
        self._bus, self._clock, self._settings, self._feed = bus, clock, settings, feed
        self._loading, self._market_data, self._portfolio = loading, market_data, portfolio
        self._cards, self._regime, self._state, self._heed = cards, regime, state, heed
        self.storm = Storm(bus, clock)
        self._work = Work(bus, self._failed)
        self._keep = keep
        self._shown = ""
        self._told_until: dict[str, int] = {}
        """By coin, until when its opinion column holds."""
        self._behind = Behind(clock)
        self._asked: dict[str, Direction] = {}
        """Proposals that the analyst was asked about, and their sides."""
        self.prompts_folder = folder.parents[1] / "prompts"
        self.key = key
        self.choice = Choice(bus, clock, self.terms, key)
        self.fetching = Fetching(bus, self._work, self.choice)
        self.ledger = Ledger()
        words = Later(Lexicon.name, Lexicon.load)
        self.news = News(bus, clock, self._sources, words, keep, lambda: settings().news, self._coins)
        sight = Sight(clock, feed, portfolio, lambda: self.terms().interval, self._headlines)
        prompts, answers = Prompts(self.prompts_folder), self.choice.current
        self.analyst = Analyst(bus, clock, sight, answers, prompts, lambda: self.terms().options, keep)
        self._reading = Reading(clock, self.news, lambda: self.analyst.state, answers, prompts, settings)
        self._scorer = Scorer(bus, clock, self._mid, regime, self.ledger, keep)
        self._asking = Asking(bus, clock, feed, loading, self.analyst, self.terms, self.followed, lambda: self._shown)
        bus.subscribe(AnalystAnswered, self._on_answer)
        bus.subscribe(SentimentChanged, self._on_sentiment)
        bus.subscribe(SignalMade, self._on_signal)
        bus.subscribe(ProposalChanged, self._on_proposal)

    # --- life ---

    def start(self) -> None:
        """Once strategies run."""
        self._work.keep(lambda: self._scorer.run(self._minutes), "the analyst's record")
        self._work.keep(self.choice.run, "model server")
        self._work.keep(self.analyst.run, "analyst")
        self._work.keep(self.news.run, "news")
        self._work.keep(self._reading.run, "the model's reading of news")
        self._work.every(LOOK_SECONDS, self._look, "advice")

    async def stop(self) -> None:
        self._scorer.close()
        await self._work.stop()
        await self._loading.stop()
        await self.choice.close()

    async def _minutes(self, coin: str, start_ms: int, end_ms: int) -> CandleBlock:
        return await self._market_data.candles(coin, Interval.M1, start_ms, end_ms)

    def _look(self) -> None:
        now = self._clock.now_ms()
        for coin in [coin for coin, until in self._told_until.items() if until <= now]:
            del self._told_until[coin]
            self._state(coin, "opinion", None)
            self._state(coin, "opinion_confidence", None)
        self._scorer.look()
        self._asking.look()

    def _failed(self, sentence: str) -> None:
        """What breaks here is told and breaks nothing else."""
        self._bus.publish(Notice(Severity.ERROR, sentence, "ANA-101", "Trading goes on without this advice."))

    # --- what it looks at ---

    def terms(self) -> AnalystTerms:
        return self._settings().analyst

    def show(self, coin: str) -> None:
        self._shown = coin

    def followed(self) -> set[str]:
        held = {position.coin for position in self._portfolio.positions()}
        return {self._shown, *held, *(card.coin for card in self._cards())} - {""}

    def _coins(self) -> Iterable[str]:
        return sorted({*self._settings().market.watchlist, *self.followed()})

    def _sources(self) -> Sequence[Source]:
        return chosen(self._settings().news)

    def _headlines(self, coin: str, limit: int) -> tuple[Headline, ...]:
        return self.news.headlines(coin, limit) if self._settings().news.enabled else ()

    def _mid(self, coin: str) -> float | None:
        """None while it is old: what became of an opinion is not guessed from a price of before."""
        market = self._feed.market(coin) if coin in self._feed.coins else None
        return None if market is None or market.stale_for_entries is not None else market.mid

    # --- what its word does ---

    def advisers(self, coin: str, direction: Direction) -> tuple[Advice, ...]:
        """What news and analyst add to an idea's confidence; the combiner bounds them together."""
        if not self.terms().advise:
            return ()
        seen = self.news.sentiment(coin)
        found = [Advice(NEWS, effect(seen.score, seen.confidence, direction))]
        opinion = self._word(coin, direction)
        if opinion is not None:
            shift = advice(opinion, direction, self.weight(opinion), self._clock.now_ms())
            found.append(Advice(ANALYST, shift))
        return tuple(one for one in found if one.shift)

    def _word(self, coin: str, direction: Direction) -> Opinion | None:
        """What it says of an idea of this side: of an open card on it where it was asked and that still counts, else
        of the market. A no to one side is no word on the other, and a look at the market does not undo it."""
        about = self.analyst.latest(coin, Question.ENTRY)
        if about is not None and self._asked.get(about.proposal_id) is direction and self._counts(about):
            return about
        market = (self.analyst.latest(coin, question) for question in (Question.MARKET, Question.SENTIMENT))
        return max(filter(None, market), key=lambda opinion: opinion.answered_ms, default=None)

    def weight(self, opinion: Opinion) -> float:
        """What the record of its model earned, 0 to 1; plain rules are nobody's adviser."""
        if opinion.model == self.choice.rules:
            return 0.0
        regime = self._regime(opinion.coin)
        return self.ledger.weight(opinion.model, opinion.coin, "" if regime is None else regime.value)

    def consents(self, source: str, coin: str, signals: tuple[Signal, ...]) -> tuple[Gate, ...]:
        """Where the user wants the analyst's consent: a fresh opinion that agrees; silence is none."""
        if not self.terms().confirm or source == STRATEGY or not signals:
            return ()
        wanted, opinion = signals[0].direction, self._that_counts(coin)
        cure = "Ask it, wait for it, or switch its consent off in the analyst's settings."
        if opinion is None:
            return (Gate("analyst's consent", False, f"The analyst has said nothing of {coin} lately.", cure),)
        agrees = opinion.direction is wanted and opinion.model != self.choice.rules
        text = f"The analyst says {opinion.direction} {opinion.confidence * 10:.0f}/10: {opinion.reason}"
        return (Gate("analyst's consent", agrees, text, "" if agrees else cure),)

    def trusted(self, trust: Trust, voters: Callable[[str], Collection[str]]) -> Trust:
        """The same for others; the analyst as a strategy acts alone only on the strength of its calibration."""
        return AnalystTrust(trust, self._record, self._heard_strangers, voters)

    def _record(self) -> Record:
        """Of the model that answers now, or of one whose opinion is still acted upon: the weaker one."""
        models = {self.analyst.state.model, *(opinion.model for opinion in self._behind.opinions)}
        return min(map(self.ledger.overall, sorted(models)), key=lambda record: record.weight)

    def _heard_strangers(self) -> bool:
        """Words of strangers stood before the analyst in an opinion that is still acted upon."""
        return any(opinion.heard_outside for opinion in self._behind.opinions)

    def _on_answer(self, fact: AnalystAnswered) -> None:
        """A model's opinion of the market becomes a column: from here on rows know it, and none before."""
        opinion = fact.call.opinion
        if opinion is None or opinion.model == self.choice.rules:
            return
        if opinion.question is Question.MARKET:
            self._tell(opinion)
        self.storm.took(self._heed(opinion.coin))

    def _tell(self, opinion: Opinion) -> None:
        """A slow model's may have run out on its way; then no row knows it."""
        if not self._counts(opinion):
            return
        calibrated = self.ledger.calibrated(opinion.model, opinion.confidence)
        sure = opinion.confidence if calibrated is None else calibrated
        self._state(opinion.coin, "opinion", sure * opinion.direction.sign)
        self._state(opinion.coin, "opinion_confidence", sure)
        self._told_until[opinion.coin] = expires_ms(opinion)
        self._behind.tell(opinion)

    def _on_sentiment(self, fact: SentimentChanged) -> None:
        for name, value in columns(self.news.sentiment(fact.coin)):
            self._state(fact.coin, name, value)
        self.storm.took(self._heed(fact.coin))

    # --- what makes it speak, beside its triggers ---

    def _on_signal(self, fact: SignalMade) -> None:
        signal = fact.signal
        if signal.direction is Direction.NEUTRAL:
            return
        if signal.strategy == STRATEGY:
            self._behind.say(signal)
            return
        if self.terms().enabled and self.terms().confirm and not self._has_spoken(signal.coin):
            self.analyst.ask(signal.coin, Question.MARKET, trigger=f"{signal.strategy} wants consent")

    def _has_spoken(self, coin: str) -> bool:
        """A model did, and it still counts: asking at every signal would use up the hour's calls, and then consent."""
        opinion = self._that_counts(coin)
        return opinion is not None and opinion.model != self.choice.rules

    def _that_counts(self, coin: str) -> Opinion | None:
        """The latest, while it has not run out."""
        opinion = self.analyst.latest(coin)
        return opinion if opinion is not None and self._counts(opinion) else None

    def _counts(self, opinion: Opinion) -> bool:
        return self._clock.now_ms() < expires_ms(opinion)

    def _on_proposal(self, fact: ProposalChanged) -> None:
        card = fact.proposal
        if card.state.is_final:
            self._asked.pop(card.proposal_id, None)
            self.analyst.withdraw(card.proposal_id)
        elif card.state is ProposalState.OPEN and self.terms().enabled and self.terms().on_proposal:
            self.ask_about(card)

    def ask_about(self, card: Proposal, *, by_hand: bool = False) -> None:
        """“Should I enter?”, by itself once for each card, and never about its own."""
        if card.source == STRATEGY or (card.proposal_id in self._asked and not by_hand):
            return
        self._asked[card.proposal_id] = direction_of(card.side.sign)
        trigger = BY_HAND if by_hand else "a card is open"
        self.analyst.ask(card.coin, Question.ENTRY, trigger=trigger, proposal=idea_of(card))

    # --- what it said ---

    async def calls(self, limit: int) -> list[Call]:
        """The latest that were kept, oldest first; none where nothing is kept. Raises HlError."""
        return [] if self._keep is None else await self._keep.calls(limit)


def idea_of(card: Proposal) -> OpenIdea:
    price = card.limit_price or card.reference_price
    stop, target = card.stops[0][0] if card.stops else None, card.target
    return OpenIdea(
        card.proposal_id,
        direction_of(card.side.sign),
        to_float(price),
        None if stop is None else to_float(stop),
        None if target is None else to_float(target),
    )
