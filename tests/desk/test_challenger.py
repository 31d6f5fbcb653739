"""A challenger trades on paper beside the champion, is compared with it, and can reach no other venue."""

from __future__ import annotations

import ast
import asyncio
import inspect
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hlmaster.core.clock import MINUTE_MS
from hlmaster.core.errors import ConfigError, StorageError
from hlmaster.core.events import Notice
from hlmaster.core.model import Interval
from hlmaster.core.records import TradeChanged
from hlmaster.core.signals import Direction, SignalMade
from hlmaster.desk import challenger
from hlmaster.desk.challenger import ENDING, Challenger, Challengers, Contender
from hlmaster.desk.desk import Desk
from hlmaster.exchange.simulator.trading import PaperTrading
from tests.desk.desks import Scene, running, scene
from tests.desk.ideas import StillClock, candles, signal
from tests.trading.journal import trade
from tests.trading.scenes import NOW, D

STRATEGY = "momentum_scalper"


@asynccontextmanager
async def challenged(folder: Path) -> AsyncIterator[tuple[Scene, Challengers, Challenger]]:
    made = scene(folder=folder, clock=StillClock(NOW))
    async with running(made):
        await made.desk.deciding.wait()
        challengers = made.desk.challengers
        params = made.desk.engine.card(STRATEGY).params
        assert params is not None
        outcome = await challengers.start(STRATEGY, {})
        assert outcome.ok, outcome.sentence
        (one,) = challengers.all()
        # No process here could check it, and what is unchecked is disarmed.
        await one.desk.engine.settled()
        one.desk.roster.change(STRATEGY, armed=True)
        desk = desk_of(one)
        desk.survey.swing = lambda coin: D("0.03")
        await desk.charts.show("ETH", Interval.M1)
        desk.feed.load_series("ETH", Interval.M1, candles(made.clock.now_ms(), Interval.M1))
        for coin in ("ETH", "BTC"):
            made.market.price(coin, 3000.0)
        yield made, challengers, one


def desk_of(one: Challenger) -> Desk:
    assert isinstance(one.desk, Desk)
    return one.desk


def say(one: Challenger, direction: Direction) -> None:
    now = one.desk.clock.now_ms()
    said = signal(direction, strategy=STRATEGY, row_ms=now, valid_until_ms=now + MINUTE_MS)
    one.desk.bus.publish(SignalMade(said))


async def test_it_trades_on_paper_and_the_champions_venue_hears_nothing(tmp_path: Path) -> None:
    async with challenged(tmp_path) as (made, challengers, one):
        say(one, Direction.LONG)
        await made.until(lambda: one.desk.portfolio.size("ETH") > 0)
        say(one, Direction.NEUTRAL)
        found = challengers.compare(STRATEGY)
        assert found is not None
        await made.until(lambda: one.desk.tallies.of(STRATEGY).open_coins == ("ETH",))
        made.market.price("ETH", 3010.0)
        found = challengers.compare(STRATEGY)
        assert found is not None
        assert found.challenger.open_coins == ("ETH",)
        assert found.lead == found.challenger.unrealised > 0
        assert made.venue.sent == [], "nothing of it reached the champion's venue"
        assert made.desk.portfolio.fills == []


async def test_only_what_the_champion_opened_since_is_compared(tmp_path: Path) -> None:
    async with challenged(tmp_path) as (made, challengers, one):
        for net, opened in (("-70", one.since_ms - 1), ("12", one.since_ms)):
            made.desk.bus.publish(TradeChanged(trade(net, source=STRATEGY, opened_ms=opened)))
        found = challengers.compare(STRATEGY)
        assert found is not None
        assert (found.champion.trades, found.champion.net, found.lead) == (1, D(12), D(-12))
        assert (await challengers.stop(STRATEGY)).ok
        assert challengers.compare(STRATEGY) is None
        assert not (await challengers.stop(STRATEGY)).ok


async def test_its_parameters_are_adopted_and_it_ends(tmp_path: Path) -> None:
    made = scene(folder=tmp_path, clock=StillClock(NOW))
    async with running(made):
        await made.desk.deciding.wait()
        engine, challengers = made.desk.engine, made.desk.challengers
        engine.set_regimes(STRATEGY, ("trend",))
        assert (await challengers.start(STRATEGY, {"stop": 0.25})).ok
        (one,) = challengers.all()
        assert one.desk.roster.entry(STRATEGY).regimes == ("trend",)
        assert engine.params_of(STRATEGY) != one.desk.engine.params_of(STRATEGY)
        outcome = await challengers.adopt(STRATEGY)
        assert outcome.ok
        assert "Momentum scalper has its challenger's parameters" in outcome.sentence
        assert made.desk.roster.entry(STRATEGY).params == {"stop": 0.25}
        assert challengers.all() == []
        assert not (await challengers.adopt(STRATEGY)).ok


async def test_the_desk_ends_with_its_challengers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = scene(folder=tmp_path, clock=StillClock(NOW))
    told: list[Notice] = []
    made.desk.bus.subscribe(Notice, told.append)
    async with running(made):
        await made.desk.deciding.wait()
        for name in (STRATEGY, "multi_timeframe"):
            assert (await made.desk.challengers.start(name, {})).ok
        first = made.desk.challengers.all()[0].desk
        stop = first.stop

        async def fail() -> None:
            await stop()
            raise StorageError("The disk is full.", "Free some space.")

        monkeypatch.setattr(first, "stop", fail)
    assert made.desk.challengers.all() == []
    assert "is ending" in (await made.desk.challengers.start(STRATEGY, {})).sentence
    assert any(notice.sentence == "The disk is full." for notice in told)


async def test_one_that_is_on_its_way_keeps_nobody_from_ending(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, arming = scene(folder=tmp_path, clock=StillClock(NOW)), asyncio.Event()

    async def arm(desk: Contender, *_: object) -> None:
        await desk.start()
        arming.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(Challengers, "_arm", staticmethod(arm))
    async with running(made):
        await made.desk.deciding.wait()
        starting = asyncio.create_task(made.desk.challengers.start(STRATEGY, {}))
        await arming.wait()
        await made.desk.challengers.close()
        assert (await starting).sentence == ENDING
    assert made.desk.challengers.all() == []


async def test_what_nobody_expected_of_one_keeps_nobody_from_ending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = scene(folder=tmp_path, clock=StillClock(NOW))
    told: list[Notice] = []
    made.desk.bus.subscribe(Notice, told.append)
    async with running(made):
        await made.desk.deciding.wait()
        assert (await made.desk.challengers.start(STRATEGY, {})).ok
        one = made.desk.challengers.all()[0].desk
        stop = one.stop

        async def fail() -> None:
            await stop()
            raise ZeroDivisionError("a fault")

        monkeypatch.setattr(one, "stop", fail)
    assert any("did not end in order: a fault" in notice.sentence for notice in told)


async def test_a_second_one_and_parameters_out_of_range_are_refused(tmp_path: Path) -> None:
    async with challenged(tmp_path) as (_, challengers, one):
        assert not (await challengers.start(STRATEGY, {})).ok
        assert "has none of" in (await challengers.start("analyst", {})).sentence
        with pytest.raises(ConfigError):
            await challengers.start("no_such_strategy", {})
        with pytest.raises(ConfigError):
            await challengers.start("triple_confluence", {"no_such_parameter": 1})
        assert challengers.all() == [one], "what could not be armed has ended"


async def test_its_only_way_out_is_the_simulator(tmp_path: Path) -> None:
    async with challenged(tmp_path) as (made, _, one):
        theirs, ours = desk_of(one)._parts, made.desk._parts
        assert type(theirs.trading) is PaperTrading
        assert theirs.mint is not ours.mint
        assert theirs.bus is not ours.bus


def test_its_code_knows_no_real_venue() -> None:
    tree = ast.parse(inspect.getsource(challenger))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    venues = {name for name in imported if name.startswith("hlmaster.exchange")}
    assert venues == {"hlmaster.exchange.simulator.trading"}
    made = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "Parts"]
    assert [ast.unparse(one.args[4]) for one in made] == ["trading"]
