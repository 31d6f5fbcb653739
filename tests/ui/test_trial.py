"""A challenger beside its champion, in words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from hlmaster.core.clock import HOUR_MS
from hlmaster.core.records import TradeChanged
from hlmaster.core.signals import Gate
from hlmaster.desk.challenger import Challenger
from hlmaster.strategies.card import Standing
from hlmaster.ui import theme
from hlmaster.ui.trial import Trial, Trials, trial_page
from tests.ui.decided import PASSED, ready, trade
from tests.ui.desks import TradingScene

D = Decimal
NAME = "momentum_scalper"


@asynccontextmanager
async def challenged(folder: Path) -> AsyncIterator[tuple[TradingScene, Challenger, Trials]]:
    async with ready() as scene:
        scene.desk.challengers._folder = folder
        assert (await scene.desk.challengers.start(NAME, {"stop": 0.25})).ok
        (one,) = scene.desk.challengers.all()
        await one.desk.engine.settled()
        yield scene, one, Trials(scene.desk)


async def test_each_state_of_a_challenger_has_its_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with challenged(tmp_path) as (_, one, trials):
        found = trials()[NAME]
        assert (found.words, found.stuck) == ("stands still: checked: Nothing here can run its checks", True)
        card = replace(one.desk.engine.card(NAME), standing=Standing.RUNNING, checks=PASSED, coins=("ETH",))
        missing = [Gate("history loaded", False, "120 of 200 rows")]
        monkeypatch.setattr(one.desk.engine, "card", lambda name: card)
        monkeypatch.setattr(one.desk.engine, "gates", lambda name, coin: tuple(missing))
        assert (trials()[NAME].words, trials()[NAME].stuck) == ("is warming up 120 of 200", False)
        missing.clear()
        assert trials()[NAME].words == "waits for a signal"
        one.desk.guard.pause()
        assert trials()[NAME].words.startswith("stands still: ")
        one.desk.guard.resume()
        card = replace(card, standing=Standing.GETTING_READY, checks=())
        assert trials()[NAME].words == "is getting ready"
        card = replace(card, standing=Standing.BROKEN, broken="ZeroDivisionError.")
        assert trials()[NAME].words == "stands still: ZeroDivisionError"


async def test_both_are_compared_since_it_began(tmp_path: Path) -> None:
    async with challenged(tmp_path) as (scene, one, trials):
        when = {"opened_ms": one.since_ms + 1, "closed_ms": one.since_ms + 2, "source": NAME}
        one.desk.bus.publish(TradeChanged(trade(1, realised=D("12.41"), **when)))
        scene.bus.publish(TradeChanged(trade(2, realised=D("-6"), **when)))
        found = trials()[NAME]
        assert found.params == (("Stop", "0.15 %", "0.25 %"),)
        assert found.standing == "is ahead by $18.41"
        page = trial_page(found, theme.theme("dark"), one.since_ms + 2 * HOUR_MS)
        for text in ("The challenger is ahead by $18.41.", "On paper for 2h 00m.", "+$11.09", "-$7.32", "0.25 %"):
            assert text in page


def test_a_lead_reads_as_what_it_is() -> None:
    def standing(lead: str) -> str:
        return Trial("waits", False, 0, None, None, D(lead), ()).standing  # type: ignore[arg-type]

    assert standing("0") == "is level with its champion"
    assert standing("-3.5") == "is behind by $3.50"
