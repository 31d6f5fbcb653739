"""The news: one coroutine that asks the sources, and what they come to for each coin."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hlmaster.core.bus import Bus
from hlmaster.core.clock import HOUR_MS, MINUTE_MS, Clock
from hlmaster.core.errors import HlError
from hlmaster.core.opinions import CoinSentiment, Headline, Opinions, SentimentChanged
from hlmaster.insight.sentiment import terms
from hlmaster.insight.sentiment.archive import Archive
from hlmaster.insight.sentiment.coins import Aliases, ticker_of
from hlmaster.insight.sentiment.features import FIGURE, HISTORY_MS, Life, mood
from hlmaster.insight.sentiment.fetch import open_client
from hlmaster.insight.sentiment.scoring import Remembering, Score, Scorer
from hlmaster.insight.sentiment.source import MOST_ITEMS, Item, Source, SourceBusy
from hlmaster.insight.sentiment.text import LONGEST_TEXT, LONGEST_TITLE, key_of, plain

if TYPE_CHECKING:
    import httpx

log = logging.getLogger(__name__)
LONGEST_PAUSE_SECONDS = 3_600.0
"""Between two tries of a source that fails; one that asks for longer gets up to six times as long."""
LONGEST_LINK = 500
OFF_SECONDS = 60.0
"""How often a switch that is off is looked at."""


@dataclass(frozen=True, slots=True)
class SourceState:
    """Of one source, for people. ``sentence``: why it says nothing, with the cure; empty while it does.

    ``headlines``: that it gave at its last good hearing. ``next_seconds``: until it is asked again.
    """

    name: str
    last_ok_ms: int | None
    failures: int
    sentence: str
    headlines: int
    next_seconds: float


@dataclass(slots=True)
class _Standing:
    due: float
    """By the monotonic clock."""
    reserved: bool = False
    """It named the time itself."""
    last_ok_ms: int | None = None
    failures: int = 0
    sentence: str = ""
    headlines: int = 0


class News:
    """``sources``, ``options`` and ``coins`` are asked anew every round, so a changed setting counts at the next one.

    ``connect`` makes the HTTP client of ``run``, in a worker thread, for it reads certificates.
    """

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        sources: Callable[[], Sequence[Source]],
        scorer: Scorer,
        keep: Opinions | None,
        options: Callable[[], terms.News],
        coins: Callable[[], Iterable[str]],
        *,
        aliases: Aliases | None = None,
        connect: Callable[[], httpx.AsyncClient] = open_client,
    ) -> None:
        self._bus, self._clock, self._keep = bus, clock, keep
        self._sources, self._options, self._coins = sources, options, coins
        self._scorer = Remembering(scorer, clock)
        self._aliases = aliases or Aliases.load()
        self._connect = connect
        self._archive = Archive()
        self._standings: dict[str, _Standing] = {}
        self._moods: dict[str, CoinSentiment] = {}
        self._told: dict[str, tuple[object, ...]] = {}
        self._wake = asyncio.Event()

    def sentiment(self, coin: str) -> CoinSentiment:
        """At most a minute old; nothing is known while the news are switched off."""
        known = self._moods.get(coin) if self._options().enabled else None
        if known is None or not 0 <= self._clock.now_ms() - known.at_ms < MINUTE_MS:
            known = self._look(coin)
        return known

    def _look(self, coin: str) -> CoinSentiment:
        options = self._options()
        life = Life(options.half_life_hours * HOUR_MS, options.expires_hours * HOUR_MS)
        heard = self._archive.about(coin) if options.enabled else ()
        found = mood(coin, heard, self._clock.now_ms(), life)
        self._moods[coin] = found
        return found

    def headlines(self, coin: str, limit: int) -> tuple[Headline, ...]:
        """Those that name the coin, or none, the newest first."""
        told = self._archive.about(coin)
        return tuple(sorted(told, key=lambda headline: (-headline.published_ms, headline.key))[:limit])

    def published_since(self, since_ms: int) -> tuple[Headline, ...]:
        """Of all coins, in no order."""
        return tuple(self._archive.published_since(since_ms))

    async def reread(self, headline: Headline, score: Score) -> None:
        """Somebody else read it anew: from here on this score counts."""
        words = {name: getattr(score, name) for name in ("score", "confidence", "factors", "topics", "scorer")}
        read = replace(headline, **words)
        self._archive.add([read], self._clock.now_ms())
        if self._keep is not None:
            self._keep.save_headlines([read])
        await self._tell()

    def states(self) -> tuple[SourceState, ...]:
        """In the order of the settings; a source that was not asked yet has neither news nor sentence."""
        now = self._clock.monotonic()
        return tuple(
            SourceState(name, it.last_ok_ms, it.failures, it.sentence, it.headlines, max(0.0, it.due - now))
            for name, it in self._standings.items()
        )

    def ask_now(self) -> None:
        """Ask every source at once, whatever it was to wait for, unless it asked itself to be left alone."""
        for standing in self._standings.values():
            if not standing.reserved:
                standing.due = self._clock.monotonic()
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled. One task at a time is enough, and no failure of a source ends it."""
        await self.recall()
        async with await asyncio.to_thread(self._connect) as client:
            while True:
                if self._options().enabled:
                    await self.round(client)
                else:
                    await self._tell()
                await self._rest()

    async def recall(self) -> None:
        """What was kept of the last two weeks; without it the news begin anew."""
        if self._keep is None:
            return
        now = self._clock.now_ms()
        try:
            self._archive.add(await self._keep.headlines(now - HISTORY_MS), now)
        except HlError as error:
            log.warning("the news begin anew: %s", error)

    async def round(self, client: httpx.AsyncClient) -> None:
        """Ask every source that is due, at once, and tell which coins are seen otherwise now."""
        now = self._clock.monotonic()
        sources = {source.name: source for source in self._sources()}
        self._standings = {name: self._standings.get(name) or _Standing(now) for name in sources}
        due = [source for name, source in sources.items() if self._standings[name].due <= now]
        async with asyncio.TaskGroup() as turns:
            for source in due:
                turns.create_task(self._turn(client, source, self._standings[source.name]))
        await self._tell()

    async def _turn(self, client: httpx.AsyncClient, source: Source, standing: _Standing) -> None:
        pause = self._options().poll_minutes * 60
        try:
            items = await source.fetch(client)
            standing.headlines = await self._take(source.name, items)
        except Exception as error:  # noqa: BLE001  the task's top: what a stranger sends may break any reader
            standing.failures += 1
            standing.sentence = _sentence(source.name, error)
            asked = min(error.after_seconds, 6 * LONGEST_PAUSE_SECONDS) if isinstance(error, SourceBusy) else 0.0
            longer = min(pause * 2.0 ** min(standing.failures - 1, 20), max(pause, LONGEST_PAUSE_SECONDS))
            pause, standing.reserved = max(longer, asked), asked > 0
        else:
            standing.reserved = False
            standing.failures, standing.sentence, standing.last_ok_ms = 0, "", self._clock.now_ms()
        standing.due = self._clock.monotonic() + pause

    async def _take(self, source: str, items: Sequence[Item]) -> int:
        """How many of the items are of these days; those that were not heard before are scored and kept."""
        now, recent, new = self._clock.now_ms(), 0, []
        try:
            for item in items[:MOST_ITEMS]:
                await asyncio.sleep(0)  # a hundred texts are scored in 50 ms, which is too long in one piece
                published = min(item.published_ms or now, now)
                title, text = plain(item.title, LONGEST_TITLE), plain(item.text, LONGEST_TEXT)
                if published <= now - HISTORY_MS or not (title or text):
                    continue
                recent += 1
                headline = await self._headline(source, item, title or text[:LONGEST_TITLE], text, published)
                if headline is not None:
                    new.append(headline)
        finally:  # what could be read stays, whatever the next item does
            self._archive.add(new, now)
            if new and self._keep is not None:
                self._keep.save_headlines(new)
        return recent

    async def _headline(self, source: str, item: Item, title: str, text: str, published: int) -> Headline | None:
        """None for what is known."""
        now, figure = self._clock.now_ms(), item.figure
        key = key_of(title, text) if figure is None else key_of(f"{source} of {published}", "")
        if figure is not None:
            known = self._archive.get(key)
            if known is not None and known.score == figure.score:
                return None
            score = Score(figure.score, figure.confidence, (), (), FIGURE)
        elif self._archive.seen(key, now):
            return None
        else:
            try:
                score = await self._scorer.score(title, text)
            except BaseException:
                self._archive.forget(key)
                raise
        return Headline(
            key=key,
            source=source,
            title=title,
            text=text,
            link=_link(item.link),
            published_ms=published,
            heard_ms=now,
            coins=self._named(item, f"{title}\n{text}"),
            score=score.score,
            confidence=score.confidence,
            factors=score.factors,
            scorer=score.scorer,
            topics=score.topics,
        )

    def _named(self, item: Item, words: str) -> tuple[str, ...]:
        watched = {ticker_of(coin): coin for coin in self._coins()}
        known = {ticker: watched.get(ticker, ticker) for ticker in (*self._aliases.tickers, *watched)}
        by_source = {known[ticker] for ticker in item.coins if ticker in known}
        return tuple(sorted(by_source.union(self._aliases.named(words, known.values()))))

    async def _tell(self) -> None:
        self._moods.clear()
        for coin in self._coins():
            await asyncio.sleep(0)
            now = self._look(coin)
            figures = (now.score, now.confidence, now.momentum, now.volatility, *now.averages)
            told = (*map(_rounded, figures), now.extreme, now.headlines)
            if self._told.get(coin) != told:
                self._told[coin] = told
                self._bus.publish(SentimentChanged(coin))

    async def _rest(self) -> None:
        now = self._clock.monotonic()
        seconds = min((it.due - now for it in self._standings.values()), default=OFF_SECONDS)
        if not self._options().enabled:
            seconds = OFF_SECONDS
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(max(seconds, 1.0), OFF_SECONDS)):
                await self._wake.wait()
        self._wake.clear()


def _sentence(name: str, error: Exception) -> str:
    if isinstance(error, HlError):
        return str(error)
    log.error("the source %s broke its reader", name, exc_info=error)
    return f"{name} sent something that could not be read ({type(error).__name__}). It is asked again later, by itself."


def _link(link: str) -> str:
    told = plain(link, LONGEST_LINK)
    return told if told.startswith(("https://", "http://")) and not told.endswith("…") else ""


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
