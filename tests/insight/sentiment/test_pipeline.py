from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate

import httpx
import pytest

from hlmaster.core.bus import Bus
from hlmaster.core.clock import DAY_MS, HOUR_MS, MINUTE_MS, Clock, ManualClock, SystemClock
from hlmaster.core.errors import HlError, StorageError
from hlmaster.core.opinions import Call, Headline, Outcome, SentimentChanged
from hlmaster.insight.sentiment.features import FIGURE
from hlmaster.insight.sentiment.lexicon import Lexicon
from hlmaster.insight.sentiment.pipeline import News
from hlmaster.insight.sentiment.scoring import Score, Scorer
from hlmaster.insight.sentiment.source import Figure, Item, NewsError, Source, SourceBusy
from hlmaster.insight.sentiment.sources import chosen
from hlmaster.insight.sentiment.terms import News as Terms
from tests.insight.sentiment.press import Press, broken_off, endless, feed, headline, moved, page

LEXICON = Lexicon.load()
NOW = ManualClock().now_ms()


@dataclass
class Kept:
    """Opinions that hold headlines alone."""

    rows: list[Headline] = field(default_factory=list)
    fails: bool = False

    def save_call(self, call: Call) -> None: ...

    def save_outcome(self, outcome: Outcome) -> None: ...

    def save_headlines(self, headlines: Sequence[Headline]) -> None:
        self.rows += headlines

    async def calls(self, limit: int = 2000) -> list[Call]:
        return []

    async def outcomes(self, limit: int = 20000) -> list[Outcome]:
        return []

    async def headlines(self, since_ms: int) -> list[Headline]:
        if self.fails:
            raise StorageError("The database is away.")
        return [row for row in self.rows if row.published_ms >= since_ms]


@dataclass
class Told:
    """A source that says what it is told to, or raises it."""

    name: str = "told"
    says: list[Item] | Exception = field(default_factory=list)
    clients: list[httpx.AsyncClient] = field(default_factory=list)
    again: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def asked(self) -> int:
        return len(self.clients)

    async def fetch(self, client: httpx.AsyncClient) -> list[Item]:
        self.clients.append(client)
        if self.asked > 1:
            self.again.set()
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


@dataclass
class Room:
    clock: Clock = field(default_factory=ManualClock)
    sources: list[Source] = field(default_factory=list)
    keep: Kept = field(default_factory=Kept)
    terms: Terms = field(default_factory=Terms)
    coins: list[str] = field(default_factory=lambda: ["BTC", "ETH", "kPEPE"])
    scorer: Scorer = LEXICON
    changed: list[str] = field(default_factory=list)
    told: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        bus = Bus()
        bus.subscribe(SentimentChanged, self._hear)
        self.news = News(
            bus, self.clock, lambda: self.sources, self.scorer, self.keep, lambda: self.terms, lambda: self.coins
        )

    def _hear(self, fact: SentimentChanged) -> None:
        self.changed.append(fact.coin)
        self.told.set()

    async def round(self, minutes: float = 0) -> None:
        if isinstance(self.clock, ManualClock):
            self.clock.advance(int(minutes * MINUTE_MS))
        async with httpx.AsyncClient() as client:
            await self.news.round(client)


async def test_a_headline_reaches_its_coins_the_store_and_the_bus() -> None:
    item = Item("Bitcoin <b>surges</b> to a record high", "&amp; more", "https://example.org", NOW - HOUR_MS)
    room = Room(sources=[Told(says=[item])])
    await room.round()
    (kept,) = room.news.headlines("BTC", 10)
    assert (kept.title, kept.text, kept.source) == ("Bitcoin surges to a record high", "& more", "told")
    assert (kept.coins, kept.published_ms, kept.heard_ms) == (("BTC",), NOW - HOUR_MS, NOW)
    assert (kept.scorer, kept.topics) == ("word list", ("price",))
    assert room.keep.rows == [kept]
    now = room.news.sentiment("BTC")
    assert now.score == kept.score > 0.7
    assert room.news.sentiment("ETH").score is None
    assert room.news.headlines("ETH", 10) == ()
    assert set(room.changed) == {"BTC", "ETH", "kPEPE"}
    room.changed.clear()
    await room.round(5)
    assert room.changed == ["BTC"]  # a little less is believed of it; of the others nothing is new


async def test_who_reads_a_headline_anew_has_the_last_word() -> None:
    room = Room(sources=[Told(says=[Item("Bitcoin does something odd", published_ms=NOW - HOUR_MS)])])
    await room.round()
    (read,) = room.news.published_since(NOW - 2 * HOUR_MS)
    assert room.news.published_since(NOW) == ()
    room.changed.clear()
    await room.news.reread(read, Score(0.9, 0.8, ("odd",), ("price",), "a model"))
    (kept,) = room.news.headlines("BTC", 10)
    assert (kept.key, kept.score, kept.scorer, kept.heard_ms) == (read.key, 0.9, "a model", read.heard_ms)
    assert room.keep.rows[-1] == kept
    assert room.changed == ["BTC"]
    await room.round(5)
    assert room.news.headlines("BTC", 10) == (kept,), "the list does not read it a second time"


async def test_the_same_words_are_one_headline_whoever_says_them() -> None:
    one = Told("one", [Item("Bitcoin rises above a new level"), Item("Bitcoin rises above a new level")])
    two = Told("two", [Item("BITCOIN RISES, above a “new” level!", "more")])
    room = Room(sources=[one, two])
    await room.round()
    await room.round(5)
    assert len(room.news.headlines("BTC", 10)) == len(room.keep.rows) == 1
    assert [(state.name, state.headlines) for state in room.news.states()] == [("one", 2), ("two", 1)]


async def test_a_date_in_the_future_is_now_and_one_of_long_ago_is_no_news() -> None:
    items = [Item("Bitcoin rises tomorrow, they say", published_ms=NOW + DAY_MS), Item("Ether fell", published_ms=1)]
    room = Room(sources=[Told(says=items)])
    await room.round()
    assert [it.published_ms for it in room.news.headlines("BTC", 10)] == [NOW]
    assert room.news.headlines("ETH", 10) == ()
    await room.round(25 * 60)
    assert room.news.sentiment("BTC").score is None  # it aged, though the source still dates it ahead


async def test_links_lead_to_the_web_alone() -> None:
    links = ["javascript:alert(1)", "https://example.org/a", "file:///x", "http://" + "a" * 999]
    room = Room(
        sources=[Told(says=[Item(f"Bitcoin number {n} rises again", link=link) for n, link in enumerate(links)])]
    )
    await room.round()
    assert {it.link for it in room.news.headlines("BTC", 10)} == {"", "https://example.org/a"}


async def test_a_published_figure_of_a_day_is_written_over() -> None:
    source = Told(says=[Item("Index: 30", published_ms=NOW, figure=Figure(0.3, 0.6))])
    room = Room(sources=[source])
    await room.round()
    source.says = [Item("Index: 40", published_ms=NOW, figure=Figure(0.4, 0.6))]
    await room.round(5)
    await room.round(5)
    (kept,) = room.news.headlines("BTC", 10)
    assert (kept.title, kept.score, kept.scorer, kept.coins) == ("Index: 40", 0.4, FIGURE, ())
    assert len(room.keep.rows) == 2


async def test_the_coins_a_source_names_are_those_that_are_known() -> None:
    room = Room(sources=[Told(says=[Item("All quiet on this front today", coins=("PEPE", "SOL", "MARKET"))])])
    await room.round()
    (kept,) = room.news.headlines("kPEPE", 10)
    assert kept.coins == ("SOL", "kPEPE")


async def test_a_failing_source_backs_off_says_why_and_the_others_go_on() -> None:
    bad, good = Told("bad", NewsError("It is away.", "Wait.")), Told("good", [Item("Bitcoin rises again today")])
    room = Room(sources=[bad, good])
    waits = []
    for _ in range(6):
        await room.round()
        state = room.news.states()[0]
        waits.append(state.next_seconds / 60)
        assert (state.sentence, state.last_ok_ms) == ("It is away. Wait.", None)
        await room.round(waits[-1])
        if len(waits) == 1:
            assert bad.asked == 2
    assert waits == sorted(waits)
    assert (waits[0], max(waits)) == (5, 60)
    assert room.news.states()[1].sentence == ""
    bad.says = []
    await room.round(60)
    assert (room.news.states()[0].failures, room.news.states()[0].sentence) == (0, "")
    assert room.news.states()[0].next_seconds == 300


async def test_a_busy_source_is_left_alone_for_as_long_as_it_asks_within_reason() -> None:
    busy = Told(says=SourceBusy("It is busy.", 7200))
    room = Room(sources=[busy])
    await room.round()
    assert room.news.states()[0].next_seconds == 7200
    room.news.ask_now()
    await room.round()
    assert busy.asked == 1
    busy.says = SourceBusy("It is busy.", 10.0**9)
    await room.round(120)
    assert room.news.states()[0].next_seconds == 6 * 3600


@pytest.mark.parametrize("error", [KeyError("x"), RecursionError(), ValueError("<b>" * 999), UnicodeError()])
async def test_what_breaks_a_reader_is_a_sentence_too(error: Exception) -> None:
    room = Room(sources=[Told("odd", error)])
    await room.round()
    assert room.news.states()[0].sentence.startswith("odd sent something that could not be read")


async def test_what_could_be_scored_stays_and_the_rest_is_tried_again() -> None:
    @dataclass
    class Tired:
        name: str = "tired"
        awake: bool = False

        async def score(self, title: str, text: str) -> Score:
            if "Ether" in title and not self.awake:
                raise HlError("Too tired.")
            return Score(0.9, 0.9, (), (), self.name)

    tired = Tired()
    room = Room(sources=[Told(says=[Item("Bitcoin rises again today"), Item("Ether rises again today")])], scorer=tired)
    await room.round()
    assert [it.coins for it in room.keep.rows] == [("BTC",)]
    assert room.news.states()[0].sentence == "Too tired."
    tired.awake = True
    await room.round(10)
    assert [it.coins for it in room.keep.rows] == [("BTC",), ("ETH",)]


async def test_a_restart_knows_what_was_heard() -> None:
    kept = Kept([headline("Bitcoin rises above a new level", published_ms=NOW - HOUR_MS)])
    room = Room(keep=kept)
    await room.news.recall()
    assert room.news.sentiment("BTC").score == 0.8
    kept.fails = True
    without = Room(keep=kept)
    await without.news.recall()
    assert without.news.sentiment("BTC").score is None


async def test_a_source_that_is_taken_out_is_gone_and_a_new_one_is_asked_at_once() -> None:
    one, two = Told("one"), Told("two")
    room = Room(sources=[one])
    await room.round()
    room.sources[:] = [two]
    await room.round()
    assert [state.name for state in room.news.states()] == ["two"]
    assert (one.asked, two.asked) == (1, 1)


@contextlib.asynccontextmanager
async def running(news: News) -> AsyncIterator[asyncio.Task[None]]:
    before = asyncio.all_tasks()
    task = asyncio.create_task(news.run())
    yield task
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert asyncio.all_tasks() == before


async def test_real_sources_good_and_hostile_in_one_run() -> None:
    async with Press() as press:
        good = f"<title>Bitcoin surges to a record high</title><pubDate>{formatdate()}</pubDate>"
        press.pages = {
            "/good": page(feed(good, good, "<title>&lt;b&gt;Bitcoin&lt;/b&gt; rises</title>")),
            "/endless": endless,
            "/off": broken_off,
            "/circle": moved("/circle"),
            "/busy": page(b"", 429, {"Retry-After": "900"}),
            "/html": page(b"<html>no feed</html>"),
            "/fng": page(json.dumps({"data": [{"value": "20", "timestamp": "1"}]}).encode()),
        }
        terms = Terms(
            feeds=tuple(f"{press.url}/{name}" for name in ("good", "endless", "off", "circle", "busy", "html", "gone")),
            fear_greed=f"{press.url}/fng",
            reddit="",
            senticrypt="",
            cryptocompare=f"{press.url}/html",
        )
        room = Room(clock=SystemClock(), sources=list(chosen(terms)), terms=terms)
        async with running(room.news):
            await room.told.wait()
            states = {state.name.partition("/")[2] or state.name: state for state in room.news.states()}
            assert states["good"].sentence == states["Fear & Greed"].sentence == ""
            assert all(states[name].sentence for name in ("endless", "off", "circle", "busy", "html", "gone"))
            assert 890 < states["busy"].next_seconds <= 900
            assert {it.title for it in room.news.headlines("BTC", 9)} == {
                "Bitcoin surges to a record high",
                "Bitcoin rises",
            }


async def test_it_ends_at_once_while_a_source_is_silent() -> None:
    asked = asyncio.Event()

    class Silent(Told):
        async def fetch(self, client: httpx.AsyncClient) -> list[Item]:
            asked.set()
            await asyncio.Event().wait()
            return []

    async with running(Room(clock=SystemClock(), sources=[Silent()]).news):
        await asked.wait()


async def test_asking_now_does_not_wait_for_the_interval() -> None:
    source = Told(says=[Item("Bitcoin rises again today")])
    room = Room(clock=SystemClock(), sources=[source])
    async with running(room.news):
        await room.told.wait()
        room.news.ask_now()
        await source.again.wait()


async def test_switched_off_it_asks_nobody_and_knows_nothing() -> None:
    source = Told(says=[Item("Bitcoin rises again today")])
    room = Room(clock=SystemClock(), sources=[source])
    async with running(room.news):
        await room.told.wait()
        assert room.news.sentiment("BTC").score is not None
        room.told.clear()
        room.terms = Terms(enabled=False)
        assert room.news.sentiment("BTC").score is None
        room.news.ask_now()
        await room.told.wait()
    assert source.asked == 1


async def test_the_client_is_closed_with_the_run() -> None:
    source = Told()
    room = Room(clock=SystemClock(), sources=[source])
    async with running(room.news):
        await room.told.wait()
        assert not source.clients[0].is_closed
    assert source.clients[0].is_closed
