"""Strategies of other hands beside our own: loaded, replaced when they change, stopped alone when they break."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from copy import copy
from pathlib import Path

import pytest

from hlmaster.core.clock import ManualClock
from hlmaster.core.errors import ConfigError
from hlmaster.core.proposals import Policy
from hlmaster.market.window import Window
from hlmaster.strategies.answer import Answer
from hlmaster.strategies.card import Standing
from hlmaster.strategies.host.folder import Folder
from hlmaster.strategies.host.host import Host
from hlmaster.strategies.host.lineup import Talk
from hlmaster.strategies.host.messages import Decide, Load
from hlmaster.strategies.known import Known
from tests.strategies.host.code import DIES, HANGS, LOOKS_AHEAD, good, on_btc
from tests.strategies.host.stand_in import Troupe, window
from tests.strategies.host.test_process import COMMAND
from tests.strategies.troupe import Stage, breath


class Theatre(Stage):
    """An engine with a host; ``mine`` and the others are files of the user's folder."""

    def __init__(
        self, folder: Path, *, file: Path | None = None, taken: tuple[str, ...] = ("twist",), **files: str
    ) -> None:
        self.troupe = Troupe(folder / "strategies", taken)
        self.troupe.write(**files)
        super().__init__(file=file, abroad=self.troupe.host)
        closes = self.tape.closes

        def rows(coin: str, needs: object) -> Window | None:
            if not closes[coin]:
                return None
            shown = window(*closes[coin], coin=coin, **{"sma(5)": 100.0, "sma(14)": 100.0})
            return shown.tail(2)

        self.tape.window = rows  # type: ignore[method-assign]
        self.tape.progress = lambda coin, needs: (len(closes[coin]), 2)  # type: ignore[method-assign]

    async def __aenter__(self) -> Theatre:
        await super().__aenter__()
        await self.engine.settled()
        return self

    async def until(self, holds: Callable[[], bool]) -> None:
        while not holds():  # noqa: ASYNC110  what is waited for is a state, not an event
            await asyncio.sleep(0.001)


def lost(stage: Theatre) -> Talk:
    """The process ends by itself."""
    process = stage.troupe.host.process
    assert process is not None
    process.is_alive = False  # type: ignore[misc]
    return process


async def test_nothing_is_started_where_there_is_nothing_to_run(tmp_path: Path) -> None:
    async with Theatre(tmp_path) as stage:
        assert stage.troupe.processes == []
        assert [card.name for card in stage.engine.cards()] == ["twist"]


@pytest.mark.parametrize("steps", range(4))
async def test_a_stop_in_the_moment_of_a_reload_ends(tmp_path: Path, steps: int) -> None:
    async with Theatre(tmp_path) as stage:
        await breath()
        stage.troupe.host.reload()
        for _ in range(steps):
            await asyncio.sleep(0)


async def test_a_file_of_the_user_becomes_a_strategy_with_a_dialog(tmp_path: Path) -> None:
    async with Theatre(tmp_path, mine=good()) as stage:
        card = stage.engine.card("mine")
        assert (card.title, card.about.origin) == ("Mine", "mine.py")
        assert card.about.idea == "LONG above its average, SHORT below."
        assert card.standing is Standing.DISARMED
        fields = type(card.params).model_fields  # type: ignore[union-attr]
        assert list(fields) == ["period", "band"]
        assert (fields["period"].title, fields["period"].description) == ("Average", "Closes in the average.")
        with pytest.raises(ConfigError, match="at least 1 and at most 500"):
            stage.engine.set_params("mine", {"period": 0})


async def test_armed_it_decides_in_its_process(tmp_path: Path) -> None:
    async with Theatre(tmp_path, mine=good()) as stage:
        await stage.arm("mine")
        assert stage.tape.needed["mine", "BTC"].indicators[0].label == "sma(5)"
        stage.run(100, 200)
        await stage.until(lambda: len(stage.signals) == 1)
        assert stage.signals[0].direction == "long"
        assert stage.signals[0].reason == "the close is 200"
        assert stage.engine.inputs_of(stage.signals[0])


@pytest.mark.parametrize(
    ("signals", "words"),
    [
        (on_btc("1 / 0"), "mine.py, line 30: ZeroDivisionError: division by zero: if window.coin"),
        (on_btc("import sys; sys.exit(3)"), "it called exit"),
        (on_btc("raise KeyboardInterrupt"), "KeyboardInterrupt"),
        (on_btc("return None"), "It returned nothing"),
        (on_btc("return Signals.of(np.ones(9), np.ones(9))"), "more than there are rows"),
        (on_btc("return Signals.of(np.ones(2), np.full(2, 0.5), most=np.nan)"), "is nan"),
        (on_btc("import nonsense_package"), "No module named 'nonsense_package'"),
        (on_btc("window['close'][0] = 1.0"), "read-only"),
        (on_btc("np.zeros(10**15)"), "Unable to allocate"),
        (HANGS, "It took longer than 250 ms."),
        (DIES, "It ended by itself."),
    ],
)
async def test_what_breaks_in_its_process_stops_it_alone(tmp_path: Path, signals: str, words: str) -> None:
    async with Theatre(tmp_path, mine=good(signals=signals), other=good("other")) as stage:
        await stage.arm("mine", "other")
        stage.run(100, 200)
        await stage.until(lambda: bool(stage.engine.card("mine").broken) and len(stage.signals) == 1)
        assert words in stage.engine.card("mine").broken
        assert stage.engine.card("other").standing is Standing.RUNNING
        assert [signal.strategy for signal in stage.signals] == ["other"]
        stage.run(50)
        await stage.until(lambda: len(stage.signals) == 2)
        assert stage.signals[-1].direction == "short"


async def test_a_culprit_that_is_armed_again_is_asked_again(tmp_path: Path) -> None:
    async with Theatre(tmp_path, mine=good(signals=HANGS)) as stage:
        await stage.arm("mine")
        for _ in range(2):
            stage.run(100, 200)
            await stage.until(lambda: bool(stage.engine.card("mine").broken))
            await stage.arm("mine")
            assert stage.engine.card("mine").standing is Standing.RUNNING


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def x(:\n", "bad.py, line 1: invalid syntax: def x(:"),
        ("import nonsense_package\n", "bad.py, line 1: ModuleNotFoundError"),
        ("import sys; sys.exit()\n", "bad.py, line 1: it called exit"),
        ("import os; os._exit(1)\n", "While it was loaded: It ended by itself."),
        ("while True: pass\n", "While it was loaded: It took longer"),
        ("x = 1\n", "It registers no strategy."),
        ("\x00", "null bytes"),
        (good("twist"), "twist is the name of a built-in strategy."),
        (good("mine"), "two strategy entries are called 'mine'"),
        (good("x") + "\n\nclass Odd(xParams):\n    z: dict = {}\nx.Parameters = Odd\n", "no dialog can show"),
    ],
)
async def test_a_file_that_does_not_load_is_named_and_stops_nobody(tmp_path: Path, text: str, words: str) -> None:
    async with Theatre(tmp_path, aa=good("mine"), bad=text) as stage:
        broken = next(card for card in stage.engine.cards() if card.name == "bad.py")
        assert broken.standing is Standing.BROKEN
        assert words in broken.broken
        assert stage.engine.gates("bad.py", "BTC")[0].text == broken.broken
        await stage.arm("mine")
        stage.run(100, 200)
        await stage.until(lambda: len(stage.signals) == 1)
        (alive,) = [process for process in stage.troupe.processes if process.is_alive]
        assert [request.source.origin for request in alive.asked if isinstance(request, Load)] == ["aa.py"]


async def test_changed_code_goes_on_where_the_old_was_and_asks_first(tmp_path: Path) -> None:
    async with Theatre(tmp_path, mine=good()) as stage:
        await stage.arm("mine")
        stage.engine.set_policy("mine", Policy.AUTO)
        stage.run(100, 200)
        await stage.until(lambda: len(stage.signals) == 1)
        before = stage.engine.card("mine").version
        stage.troupe.write(mine=good(signals="unused = 1", title="Mine anew"))
        await stage.until(lambda: stage.engine.card("mine").title == "Mine anew")
        await stage.engine.settled()
        card = stage.engine.card("mine")
        assert card.standing is Standing.RUNNING
        assert card.version != before
        assert card.entry.policy is Policy.ASK
        assert any("ideas are asked about again" in notice for notice in stage.notices)
        stage.run(50)
        await stage.until(lambda: len(stage.signals) == 2)
        assert stage.signals[-1].version == card.version
        assert sum(process.is_alive for process in stage.troupe.processes) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def x(:\n", "mine.py, line 1: invalid syntax"),
        ("while True: pass\n", "It took longer"),
        (good(signals=LOOKS_AHEAD), "Mine did not pass its checks: look-ahead"),
        (good() + "\n1 / 0\n", "ZeroDivisionError"),
    ],
)
async def test_while_new_code_cannot_be_used_the_old_goes_on_and_is_marked(
    tmp_path: Path, text: str, words: str
) -> None:
    async with Theatre(tmp_path, mine=good()) as stage:
        await stage.arm("mine")
        version = stage.engine.card("mine").version
        stage.troupe.write(mine=text)
        await stage.until(lambda: bool(stage.engine.card("mine").notice))
        card = stage.engine.card("mine")
        assert words in card.notice
        assert card.notice.endswith("The code that was loaded before goes on.")
        assert (card.standing, card.version) == (Standing.RUNNING, version)
        stage.run(100, 200)
        await stage.until(lambda: len(stage.signals) == 1)
        stage.troupe.write(mine=good(title="Well again"))
        await stage.until(lambda: stage.engine.card("mine").title == "Well again")
        assert stage.engine.card("mine").notice == ""


async def test_a_file_that_is_gone_takes_its_strategy_along_and_keeps_its_line(tmp_path: Path) -> None:
    async with Theatre(tmp_path, mine=good()) as stage:
        await stage.arm("mine")
        (tmp_path / "strategies" / "mine.py").unlink()
        await stage.until(lambda: [card.name for card in stage.engine.cards()] == ["twist"])
        assert any("mine.py no longer has it" in notice for notice in stage.notices)
        assert stage.tape.needed == {}
        assert stage.engine.roster.entry("mine").armed
        stage.troupe.write(mine=good())
        await stage.until(lambda: any(card.name == "mine" for card in stage.engine.cards()))
        await stage.engine.settled()
        assert stage.engine.card("mine").standing is Standing.RUNNING


async def test_code_that_changed_while_we_were_away_is_disarmed(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    async with Theatre(tmp_path, file=file, mine=good()) as stage:
        await stage.arm("mine")
    async with Theatre(tmp_path, file=file) as stage:
        assert stage.engine.card("mine").standing is Standing.RUNNING
    async with Theatre(tmp_path, file=file, mine=good(signals="x = 1")) as stage:
        assert stage.engine.card("mine").standing is Standing.DISARMED
        assert any("mine.py changed since Mine was armed" in notice for notice in stage.notices)


async def test_new_code_that_looks_ahead_cannot_be_armed(tmp_path: Path) -> None:
    async with Theatre(tmp_path, mine=good(signals=LOOKS_AHEAD)) as stage:
        await stage.arm("mine")
        assert stage.engine.card("mine").standing is Standing.DISARMED
        assert any("Mine is disarmed: look-ahead" in notice for notice in stage.notices)


async def test_a_process_that_ends_by_itself_is_replaced_and_blames_nobody(tmp_path: Path) -> None:
    async with Theatre(tmp_path, mine=good()) as stage:
        await stage.arm("mine")
        stage.troupe.processes[0].is_alive = False
        await stage.until(lambda: len(stage.troupe.processes) > 2 and stage.troupe.processes[-1].is_alive)
        stage.run(100, 200)
        await stage.until(lambda: len(stage.signals) == 1)
        assert stage.engine.card("mine").standing is Standing.RUNNING


async def test_who_is_armed_while_the_process_is_gone_waits_for_the_next_one(tmp_path: Path) -> None:
    async with Theatre(tmp_path, mine=good()) as stage:
        lost(stage)
        await stage.arm("mine")
        assert stage.engine.card("mine").standing is Standing.RUNNING


async def test_who_waits_to_be_asked_when_another_ends_the_process_is_asked_in_the_next(tmp_path: Path) -> None:
    async with Theatre(tmp_path, mine=good()) as stage:
        await stage.arm("mine")
        async with stage.troupe.host._speaking:
            stage.run(100, 200)
            await breath()
            lost(stage)
        await stage.until(lambda: len(stage.signals) == 1 or bool(stage.engine.card("mine").broken))
        assert stage.engine.card("mine").standing is Standing.RUNNING


async def test_after_repeated_losses_the_restart_waits_longer_and_longer(tmp_path: Path) -> None:
    async with Theatre(tmp_path, mine=good()) as stage:
        pauses = []
        for _ in range(4):
            before = stage.troupe.clock.elapsed
            process = lost(stage)
            await stage.until(lambda old=process: stage.troupe.host.process is not old)  # type: ignore[misc]
            pauses.append(stage.troupe.clock.elapsed - before)
        assert pauses == [0, 0.5, 1.0, 2.0]


async def test_of_rows_that_close_while_it_is_busy_the_last_alone_is_decided_on(tmp_path: Path) -> None:
    async with Theatre(tmp_path, mine=good()) as stage:
        await stage.arm("mine")
        stage.run(100, 200, 50, 200, 50)
        await stage.until(lambda: len(stage.signals) == 1)
        decided = [
            request for process in stage.troupe.processes for request in process.asked if type(request) is Decide
        ]
        assert len(decided) == 1
        assert stage.signals[0].direction == "short"


async def test_without_a_process_every_file_says_why(tmp_path: Path) -> None:
    stage = Theatre(tmp_path, mine=good())
    stage.troupe.refuses = True
    async with stage:
        (card,) = [card for card in stage.engine.cards() if card.name == "mine.py"]
        assert card.broken == "No process can be started."


async def test_parameters_that_only_its_own_code_refuses_are_told(tmp_path: Path) -> None:
    text = good().replace("return Needs(", "assert params.period != 13, 'unlucky'; return Needs(")
    async with Theatre(tmp_path, mine=text) as stage:
        await stage.arm("mine")
        stage.engine.set_params("mine", {"period": 13})
        await stage.engine.settled()
        assert "AssertionError: unlucky" in stage.engine.card("mine").broken
        stage.engine.set_params("mine", {"period": 14})
        await stage.engine.settled()
        assert stage.engine.card("mine").standing is Standing.RUNNING


async def test_while_no_process_can_be_started_what_runs_goes_on(tmp_path: Path) -> None:
    async with Theatre(tmp_path, mine=good()) as stage:
        await stage.arm("mine")
        stage.troupe.refuses = True
        stage.troupe.write(mine=good(title="Never seen"))
        await stage.until(lambda: bool(stage.engine.card("mine").notice))
        assert stage.engine.card("mine").notice == "No process can be started."
        stage.run(100, 200)
        await stage.until(lambda: len(stage.signals) == 1)
        assert stage.troupe.host.process is not None
        for process in stage.troupe.processes:
            process.is_alive = False
        await stage.until(lambda: bool(stage.engine.card("mine").broken))
        assert stage.engine.card("mine").broken == "No process can be started."


async def test_a_file_may_not_arm_itself(tmp_path: Path) -> None:
    eager = good().replace("    Parameters =", "    armed_by_default = True\n    Parameters =")
    async with Theatre(tmp_path, mine=eager) as stage:
        assert stage.engine.card("mine").about.armed_by_default
        assert stage.engine.card("mine").standing is Standing.DISARMED


async def test_an_answer_made_with_parameters_that_were_is_not_heard(tmp_path: Path) -> None:
    async with Theatre(tmp_path, mine=good()) as stage:
        await stage.arm("mine")
        stage.run(100, 200)
        watch = stage.engine._company.actors["mine"].watches["BTC"]
        watch.think(copy(watch.mind), "another")
        asked = sum(len(process.asked) for process in stage.troupe.processes)
        await stage.until(lambda: sum(len(process.asked) for process in stage.troupe.processes) > asked)
        await breath()
        assert stage.signals == []


async def test_the_real_process_loses_a_culprit_and_goes_on_with_the_others(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(good(signals=HANGS))
    (tmp_path / "other.py").write_text(good("other"))
    clock, heard, failed = ManualClock(), list[Sequence[Known]](), dict[str, str]()
    host = Host(COMMAND, Folder(tmp_path), clock, (), decide_seconds=1.0)
    answers: list[Answer] = []
    await host.start(lambda known, broken, notices: heard.append(known), failed.__setitem__, lambda known: None)
    try:
        await host.settled()
        minds = {known.card.name: await known.prepare(known.parameters()) for known in heard[-1]}
        for name in ("mine", "other"):
            minds[name].decide(window(100.0, 200.0), lambda answer, row_ms, packed: answers.append(answer))
        while not answers:  # noqa: ASYNC110  what is waited for is a state, not an event
            await asyncio.sleep(0.001)
        assert failed == {"mine": "It took longer than 1,000 ms."}
        assert [answer.sign for answer in answers] == [1]
    finally:
        await host.stop()
