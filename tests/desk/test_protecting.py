"""Protection on a desk: what a mode forbids, what is remembered on disk, what the average true range is made of."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest

from hlmaster.core.candles import CandleBlock
from hlmaster.core.errors import ConfigError
from hlmaster.core.files import write_whole
from hlmaster.core.model import Interval, Mode
from hlmaster.core.ports import Turn
from hlmaster.desk import kept
from hlmaster.desk.memory import Memory
from hlmaster.desk.protecting import ATR_INTERVAL, refuse_off
from hlmaster.settings import Settings
from hlmaster.trading.protection.epoch import Epoch
from hlmaster.trading.protection.policy import Policy, Protection, StopKind
from tests.desk.desks import running, scene
from tests.trading.scenes import NOW, D

OFF = Protection(stop=StopKind.OFF)


@pytest.mark.parametrize("mode", list(Mode))
def test_off_is_for_demo_and_paper_alone(mode: Mode) -> None:
    refuse_off(Protection(), mode)
    if mode in (Mode.DEMO, Mode.PAPER):
        refuse_off(OFF, mode)
    else:
        with pytest.raises(ConfigError, match=f"cannot be off in {mode} mode"):
            refuse_off(OFF, mode)


async def test_one_position_cannot_be_left_unprotected_with_real_money_either() -> None:
    made = scene(settings=Settings())
    made.desk._protecting._mode = Mode.LIVE
    async with running(made):
        outcome = made.desk.protect("ETH", Policy(stop=StopKind.OFF))
        assert (outcome.ok, "cannot be off in live mode" in outcome.sentence) == (False, True)


def memory(folder: Path) -> Memory:
    """As ``Protecting`` has it."""
    return scene(folder=folder).desk._protecting.memory


async def test_what_is_remembered_is_found_again_as_it_was_said_last(tmp_path: Path) -> None:
    file = memory(tmp_path)
    assert file.load() == {}
    for sign in (*range(50), 1):
        file.save({"ETH": {"sign": sign}})
    await file.stop()
    assert file.load() == {"ETH": {"sign": 1}}


@pytest.mark.parametrize("text", ["", "{", "[1]", "null", "\x00"])
def test_a_damaged_memory_is_no_memory(tmp_path: Path, text: str) -> None:
    path = tmp_path / "protection.json"
    path.write_text(text)
    assert memory(tmp_path).load() == {}


async def test_a_folder_that_takes_nothing_stops_nothing(tmp_path: Path) -> None:
    file = memory(tmp_path / "gone")
    file.save({"ETH": {}})
    await file.stop()


async def test_a_disk_that_hangs_does_not_hold_up_who_remembers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, threads = threading.Event(), set[str]()

    def slow(path: Path, content: bytes, *, durable: bool) -> None:
        threads.add(threading.current_thread().name)
        assert go.wait(20)
        write_whole(path, content, durable=durable)

    monkeypatch.setattr(kept, "write_whole", slow)
    file = memory(tmp_path)
    file.save({"ETH": {"sign": 1}})
    file.save({"ETH": {"sign": -1}})
    go.set()
    await file.stop()
    assert file.load() == {"ETH": {"sign": -1}}
    assert threading.current_thread().name not in threads


@pytest.mark.parametrize("damage", [{"policy": {"stop": "nonsense"}}, {"best": "much"}, {"opened_ms": None}])
async def test_a_damaged_choice_falls_back_to_the_settings(tmp_path: Path, damage: dict[str, object]) -> None:
    epoch = Epoch("ETH", 1, NOW, D(3000))
    good = epoch.document() | {"policy": Policy(stop_percent=D(9)).model_dump(mode="json")}
    epoch.recall(json.loads(json.dumps(good | damage)))
    assert epoch.policy is None or epoch.policy.stop_percent == 9
    assert epoch.best == 3000


async def test_a_stop_in_ranges_is_as_far_away_as_quarter_hours_reach() -> None:
    made = scene(settings=Settings())
    policy = Policy(stop=StopKind.ATR, atr_multiple=D(2))

    async def candles(
        coin: str, interval: Interval, start_ms: int, end_ms: int, turn: Turn = Turn.STUDY
    ) -> CandleBlock:
        """Forty closed candles of ten dollars each, and an open one that has gone wild."""
        times = NOW // interval.ms * interval.ms + interval.ms * np.arange(-40, 1, dtype=np.int64)
        reach = np.r_[np.full(40, 5.0), 500.0]
        level = np.full(41, 3000.0)
        return CandleBlock(times, level, level + reach, level - reach, level, level, np.ones(41, np.int64))

    made.market.candles = candles  # type: ignore[method-assign]
    async with running(made):
        made.hold("1")
        await made.until(lambda: made.desk.protector.shield("ETH") is not None)
        assert made.desk.protect("ETH", policy).ok
        await made.until(lambda: made.desk._protecting._atr("ETH"))
        distance = made.desk._protecting.stop_distance("ETH")
        assert distance is not None
        assert distance.stop_of(D(3000), 1) == 2980
        assert made.desk.feed.market("ETH").series(ATR_INTERVAL) is not None
