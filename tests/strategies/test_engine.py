"""The engine: who is armed speaks, who breaks is stopped alone, and everything that stands in the way has a name."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hlmaster.core.errors import ConfigError
from hlmaster.core.proposals import Policy
from hlmaster.core.signals import Check, Detail, Direction, Opportunity, OpportunityChanged, RowClosed
from hlmaster.market.window import Window
from hlmaster.strategies.base import Explanation, Signals
from hlmaster.strategies.card import Standing
from hlmaster.strategies.packed import unpack
from hlmaster.strategies.watch import MOST_WORDS
from tests.strategies.troupe import MINUTE, START_MS, Stage, TwistParams, breath, variant


def said(sign: int, rows: int, confidence: float = 0.8, **prices: float) -> Signals:
    columns = {name: np.full(rows, value) for name, value in prices.items()}
    return Signals(np.full(rows, sign, np.int8), np.full(rows, confidence), np.full(rows, 0.5), **columns)


def broken(rows: int, **columns: Any) -> Signals:
    return dataclasses.replace(said(1, rows), **columns)


async def test_only_what_is_armed_speaks() -> None:
    async with Stage() as stage:
        assert stage.run(1, 2, 3, 200) == []
        await stage.arm()
        assert stage.run(200) == ["long"]


async def test_a_word_is_said_when_it_changes_and_again_when_it_has_run_out() -> None:
    async with Stage() as stage:
        await stage.arm()
        assert stage.run(1, 1, 200) == ["long"]  # the first two rows are too few to decide on
        assert stage.run(200) == ["long"]  # valid for one candle
        assert stage.run(100) == ["neutral"]
        assert stage.run(100, 100) == []
        assert stage.run(50) == ["short"]
        signal = stage.signals[-1]
        assert (signal.strategy, signal.coin, signal.grid) == ("twist", "BTC", "1m")
        assert signal.row_ms == START_MS + 8 * MINUTE
        assert signal.valid_until_ms == signal.row_ms + MINUTE
        assert signal.reason == "the close is 50"


async def test_a_word_that_still_stands_is_not_repeated() -> None:
    class Patient:
        valid_ms = 5 * MINUTE

    async with Stage(variant("patient", valid_ms=Patient.valid_ms)) as stage:
        await stage.arm("patient")
        assert stage.run(1, 1, *[200] * 11) == ["long", "long", "long"]
        assert [signal.row_ms for signal in stage.signals] == [START_MS + n * MINUTE for n in (3, 8, 13)]


async def test_neutral_all_along_is_told_to_who_asks() -> None:
    async with Stage() as stage:
        await stage.arm()
        assert stage.engine.latest("twist", "BTC") is None
        assert stage.run(100, 100, 100) == []
        word = stage.engine.latest("twist", "BTC")
        assert word is not None
        assert (word.direction, word.reason) == (Direction.NEUTRAL, "the close is 100")
        stage.run(200)
        assert stage.engine.latest("twist", "BTC") == stage.signals[-1]


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda w: 1 / 0, "ZeroDivisionError"),
        (lambda w: None, "It returned nothing"),
        (lambda w: said(1, len(w) + 1), "more than there are rows"),
        (lambda w: said(1, len(w) - 1), "one for each row"),
        (lambda w: said(1, len(w), float("nan")), "confidence is nan"),
        (lambda w: said(1, len(w), 1.5), "between 0 and 1"),
        (lambda w: said(2, len(w)), "direction is 2"),
        (lambda w: said(1, len(w), entry=float("inf")), "entry is inf"),
        (lambda w: said(1, len(w), entry=10.0, stop=11.0), "wrong side"),
        (lambda w: broken(len(w), direction=np.ones(len(w))), "int8"),
        (lambda w: broken(len(w), confidence=[0.5]), "confidence is a list"),
        (lambda w: w["close"].fill(0) or w.columns["close"].resize(0), "Error"),
        (lambda w: w["nothing"], "KeyError"),
    ],
)
async def test_what_no_strategy_may_do_stops_it_alone(act: Any, words: str) -> None:
    async with Stage(variant("bad", act), variant("good")) as stage:
        await stage.arm("bad", "good")
        assert stage.run(1, 1, 200) == ["long"]
        bad, good = stage.engine.card("bad"), stage.engine.card("good")
        assert bad.standing is Standing.BROKEN
        assert words in bad.broken
        assert any("Bad is stopped" in notice for notice in stage.notices)
        assert good.standing is Standing.RUNNING
        assert not stage.engine.is_running("bad", "BTC")
        assert ("bad", "BTC") not in stage.tape.needed
        assert stage.run(50) == ["short"]


async def test_what_is_broken_runs_again_with_other_parameters() -> None:
    def act(window: Window) -> Signals:
        return said(1, len(window), 2.0 if len(window) == 3 else 0.5)

    async with Stage(variant("fussy", act)) as stage:
        await stage.arm("fussy")
        assert stage.run(1, 1, 1) == []
        assert stage.engine.card("fussy").standing is Standing.BROKEN
        stage.engine.set_params("fussy", {"lookback": 2})
        await stage.engine.settled()
        assert stage.engine.card("fussy").standing is Standing.RUNNING
        assert stage.run(1) == ["long"]


async def test_what_is_broken_is_tried_again_by_arming_and_by_loading_anew() -> None:
    trouble = [True]

    def act(window: Window) -> Signals:
        if trouble[0]:
            raise RuntimeError("not today")
        return said(1, len(window))

    async with Stage(variant("moody", act)) as stage:
        await stage.arm("moody")
        repairs: list[Callable[[], None]] = [lambda: stage.engine.arm("moody"), stage.engine.reload]
        for again in repairs:
            trouble[0] = True
            stage.run(1, 1, 1)
            assert "not today" in stage.engine.card("moody").broken
            trouble[0] = False
            again()
            await stage.engine.settled()
            assert stage.run(1) == ["long"]


async def test_a_strategy_that_floods_is_stopped() -> None:
    flip = [1]

    def act(window: Window) -> Signals:
        flip[0] = -flip[0]
        return said(flip[0], len(window))

    async with Stage(variant("flood", act)) as stage:
        await stage.arm("flood")
        stage.tape.closes["BTC"] = [1.0] * 3
        window = stage.tape.window
        for number in range(1_000):  # a thousand rows within a second
            row_ms = START_MS + number

            def at(coin: str, needs: Any, row_ms: int = row_ms) -> Window:
                found = window(coin, needs)
                assert found is not None
                return dataclasses.replace(found, time_ms=np.array([row_ms - 2, row_ms - 1, row_ms]))

            stage.tape.window = at  # type: ignore[method-assign]
            stage.bus.publish(RowClosed("BTC", "1m", row_ms))
        assert len(stage.signals) == MOST_WORDS
        assert "that is no trading idea" in stage.engine.card("flood").broken


async def test_new_parameters_are_in_force_at_the_next_decision_and_make_another_version() -> None:
    async with Stage() as stage:
        await stage.arm()
        assert stage.run(150, 150, 150) == ["long"]
        stage.engine.set_params("twist", {"above": 160.0})
        await breath()
        assert stage.run(150) == ["short"]
        first, second = stage.signals
        assert first.version != second.version
        assert stage.engine.card("twist").version == second.version
        with pytest.raises(ConfigError, match=r"above = -1\.0"):
            stage.engine.set_params("twist", {"above": -1.0})
        with pytest.raises(ConfigError, match="no setting called speed"):
            stage.engine.set_params("twist", {"speed": 1})
        assert stage.engine.card("twist").params == TwistParams(above=160.0)


async def test_longer_history_is_waited_for() -> None:
    async with Stage() as stage:
        await stage.arm()
        stage.run(150, 150, 150)
        stage.engine.set_params("twist", {"lookback": 5})
        await stage.engine.settled()
        assert stage.run(50) == []
        assert stage.run(50) == ["short"]


async def test_a_strategy_that_fails_its_checks_cannot_be_armed() -> None:
    failed = (Check("look-ahead", False, "Row 7 knows the future."),)
    async with Stage(checks=lambda _: failed) as stage:
        await stage.arm()
        card = stage.engine.card("twist")
        assert card.standing is Standing.DISARMED
        assert stage.run(1, 1, 200) == []
        with pytest.raises(ConfigError, match="Row 7 knows the future"):
            stage.engine.arm("twist")
        assert any("Twist is disarmed: look-ahead" in notice for notice in stage.notices)


async def test_parameters_that_fail_their_checks_disarm_it() -> None:
    verdicts = [(Check("warm-up", True),), (Check("warm-up", False, "Too short."),)]
    async with Stage(checks=lambda _: verdicts.pop(0)) as stage:
        await stage.arm()
        assert stage.engine.card("twist").standing is Standing.RUNNING
        stage.engine.set_params("twist", {"lookback": 2})
        await stage.engine.settled()
        assert stage.engine.card("twist").standing is Standing.DISARMED


async def test_checks_can_be_run_without_arming() -> None:
    async with Stage() as stage:
        stage.engine.run_checks("twist")
        await stage.engine.settled()
        assert stage.checked == ["twist"]
        assert stage.engine.card("twist").checks == (Check("look-ahead", True, "fine"),)
        assert stage.engine.card("twist").standing is Standing.DISARMED


async def test_nothing_runs_before_its_checks_passed(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text("[twist]\narmed = true\n")
    async with Stage(file=tmp_path / "s.toml", checks=lambda _: (Check("look-ahead", False, "It looks."),)) as stage:
        await stage.engine.settled()
        assert stage.engine.card("twist").standing is Standing.DISARMED
        assert stage.run(1, 1, 200) == []


async def test_coins_are_switched_one_by_one() -> None:
    async with Stage(coins=("BTC", "ETH")) as stage:
        await stage.arm()
        assert set(stage.engine.card("twist").coins) == {"BTC", "ETH"}
        stage.engine.switch("twist", "ETH", on=False)
        assert stage.engine.card("twist").coins == ("BTC",)
        stage.engine.set_coins("twist", ("ETH",))
        assert stage.engine.card("twist").coins == ("ETH",)
        stage.engine.switch("twist", "BTC", on=True)
        assert set(stage.engine.card("twist").coins) == {"BTC", "ETH"}
        stage.engine.set_coins("twist", ("ETH", "NONE"))
        assert stage.engine.card("twist").coins == ("ETH",), "a coin that is not listed has no rows"
        stage.engine.set_coins("twist", "watchlist")
        stage.watchlist = ("BTC",)
        stage.engine.coins_changed()
        assert stage.engine.card("twist").coins == ("BTC",)
        assert stage.run(1, 1, 200, coin="ETH") == []
        with pytest.raises(ConfigError, match="no coin"):
            stage.engine.set_coins("twist", ("not a coin",))


async def test_policy_is_capped_by_the_overall_one() -> None:
    async with Stage() as stage:
        assert stage.engine.card("twist").policy is Policy.ASK
        stage.engine.set_policy("twist", Policy.AUTO)
        assert stage.engine.card("twist").policy is Policy.ASK
        stage.engine.set_overall(Policy.AUTO)
        assert stage.engine.card("twist").policy is Policy.AUTO
        stage.engine.set_overall(Policy.OBSERVE)
        assert stage.engine.card("twist").policy is Policy.OBSERVE
        stage.engine.set_role("twist", "voter:majority")
        assert stage.engine.card("twist").entry.role == "voter:majority"
        assert stage.engine.roster.voters("majority") == ("twist",)


async def test_what_stands_in_the_way_has_a_name_and_a_cure() -> None:
    async with Stage(coins=("BTC", "ETH")) as stage:

        def first_red() -> str:
            gate = next((g for g in stage.engine.gates("twist", "BTC") if g.passed is False), None)
            assert gate is None or gate.cure
            return "" if gate is None else f"{gate.name}: {gate.text}"

        assert first_red() == "armed: It is disarmed."
        stage.stale = "The mid price of BTC is 9 s old."
        assert first_red() == "feed fresh: The mid price of BTC is 9 s old."
        stage.stale = None
        await stage.arm()
        stage.run(1)
        assert first_red() == "history loaded: 1 of 3 rows"
        stage.run(1, 100)
        assert first_red() == "signal: NEUTRAL because the close is 100"
        stage.run(200)
        assert first_red() == ""
        assert stage.engine.gates("twist", "BTC")[-1].text == "LONG: the close is 200"
        stage.engine.set_coins("twist", ("ETH",))
        assert first_red() == "coin chosen: It runs on ETH."
        assert [g.text for g in stage.engine.gates("nobody", "BTC")] == ["There is no strategy called nobody."]


async def test_an_explanation_that_fails_breaks_the_strategy_that_gave_it() -> None:
    def mute(self: object, window: Window) -> Explanation:
        raise ValueError("no words")

    async with Stage(variant("mute", explain=mute)) as stage:
        await stage.arm("mute")
        stage.run(100, 100, 100)
        gates = {gate.name: gate for gate in stage.engine.gates("mute", "BTC")}
        assert "no words" in gates["strategy works"].text
        assert stage.engine.card("mute").standing is Standing.BROKEN


async def test_the_inputs_of_a_signal_can_be_kept_and_replayed() -> None:
    async with Stage() as stage:
        await stage.arm()
        kept: list[bytes] = []
        stage.run(1, 1, 200)
        kept.append(stage.engine.inputs_of(stage.signals[0]))
        window = unpack(kept[0])
        assert list(window["close"]) == [1, 1, 200]
        assert (window.coin, str(window.grid)) == ("BTC", "1m")
        stage.run(50)
        with pytest.raises(ValueError, match="no longer the last word"):
            stage.engine.inputs_of(stage.signals[0])


async def test_of_rows_told_late_the_last_is_decided_on_and_none_twice() -> None:
    async with Stage() as stage:
        await stage.arm()
        stage.tape.closes["BTC"] = [1.0, 1.0, 200.0, 50.0]
        for number in (3, 4, 4, 2):
            stage.bus.publish(RowClosed("BTC", "1m", START_MS + MINUTE * number))
        assert [str(signal.direction) for signal in stage.signals] == ["short"]


async def test_what_is_watched_is_told_when_it_changes_and_let_go_when_it_ends() -> None:
    def opportunity(self: Any, window: Window) -> Opportunity | None:
        close = float(window["close"][-1])
        if close < 10:
            return None
        return Opportunity("", "", Direction.LONG, f"{close:g}", (Check("high", True),), int(window.time_ms[-1]))

    async with Stage(variant("eager", opportunity=opportunity)) as stage:
        told: list[OpportunityChanged] = []
        stage.bus.subscribe(OpportunityChanged, told.append)
        await stage.arm("eager")
        stage.run(1, 1, 1, 20, 20, 30)
        assert [(fact.opportunity.text, fact.opportunity.since_ms) for fact in told if fact.opportunity] == [
            ("20", START_MS + 4 * MINUTE),
            ("30", START_MS + 4 * MINUTE),
        ]
        assert told[0].opportunity is not None
        assert (told[0].opportunity.strategy, told[0].opportunity.coin) == ("eager", "BTC")
        stage.engine.disarm("eager")
        assert told[-1].opportunity is None


async def test_what_it_says_may_not_be_endless() -> None:
    def explain(self: object, window: Window) -> Explanation:
        return Explanation("x" * 1_000_000, (Detail("a", "b"),))

    async with Stage(variant("chatty", explain=explain)) as stage:
        await stage.arm("chatty")
        assert stage.run(1, 1, 200) == []
        assert "2000 letters" in stage.engine.card("chatty").broken


async def test_a_strategy_that_cannot_be_made_is_broken() -> None:
    def declare(cls: object, params: object) -> None:
        raise ConfigError("A strategy must look at one row at least.")

    kind = variant("unmade", declare=classmethod(declare))
    async with Stage(kind, variant("good")) as stage:
        await stage.arm("unmade", "good")
        assert "one row at least" in stage.engine.card("unmade").broken
        assert stage.run(1, 1, 200) == ["long"]


async def test_a_name_that_nobody_has_is_said_so() -> None:
    async with Stage() as stage:
        with pytest.raises(ConfigError, match=r"no strategy called 'nobody'.*Known: twist"):
            stage.engine.arm("nobody")


async def test_disarmed_it_falls_silent_and_its_rows_are_let_go() -> None:
    async with Stage() as stage:
        await stage.arm()
        stage.run(1, 1, 200)
        stage.engine.disarm("twist")
        assert stage.tape.needed == {}
        assert stage.engine.latest("twist", "BTC") is None
        assert stage.run(50) == []


async def test_choices_outlive_the_engine(tmp_path: Path) -> None:
    file = tmp_path / "strategies.toml"
    async with Stage(file=file) as stage:
        stage.engine.set_params("twist", {"above": 42.0})
        stage.engine.set_coins("twist", ("BTC",))
        await stage.arm()
    async with Stage(file=file) as stage:
        await stage.engine.settled()
        card = stage.engine.card("twist")
        assert (card.standing, card.coins) == (Standing.RUNNING, ("BTC",))
        assert stage.run(43, 43, 43) == ["long"]
        assert stage.notices == []
