"""A decision that is stored and replayed is the same decision; what has changed since is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hlmaster.core.errors import StorageError
from hlmaster.core.records import Decision
from hlmaster.core.signals import Direction, Signal
from hlmaster.market.window import Window
from hlmaster.storage.recorder import Recorder
from hlmaster.storage.records import StoredRecords
from hlmaster.strategies.base import STRATEGIES
from hlmaster.strategies.known import BuiltIn
from hlmaster.strategies.packed import pack
from hlmaster.strategies.replay import _Kept, replay
from hlmaster.strategies.watch import Watch
from tests.storage.facts import DEMO
from tests.strategies.scenes import made, scene

DECISIONS = 1_000


async def decided(name: str, window: Window) -> Signal | None:
    """What the engine would make of this window's last row."""
    known = BuiltIn(STRATEGIES[name])
    params = STRATEGIES[name].Parameters()
    watch = Watch(name, window.coin, _Kept(window), lambda fact: None, lambda sentence: None)
    watch.think(await known.prepare(params), known.version(params))
    watch.look(int(window.time_ms[-1]))
    return watch.word()


async def test_a_thousand_stored_decisions_of_all_strategies_replay_to_the_bit(tmp_path: Path) -> None:
    names = STRATEGIES.names()
    recorder = Recorder(DEMO, f"sqlite:///{tmp_path / 'desk.sqlite'}")
    recorder.start()
    records, keys = StoredRecords(recorder), []
    each = -(-DECISIONS // len(names))
    for name in names:
        strategy = made(name)
        market = scene(strategy, 7, each)
        whole = market.window(strategy.needs)
        for row in range(len(whole) - each, len(whole)):
            window = whole.upto(row).tail(strategy.needs.lookback)
            signal = await decided(name, window)
            assert signal is not None
            records.save_signal(signal, pack(window), strategy.params.model_dump_json())
            keys.append(signal.key)
    stored = await records.decisions(keys)
    recorder.close()
    assert len(stored) == len(set(keys)) >= DECISIONS
    spoken = [decision for decision in stored if decision.signal.direction is not Direction.NEUTRAL]
    assert len({decision.signal.strategy for decision in spoken}) > 3
    replayed = [await replay(decision, BuiltIn(STRATEGIES[decision.signal.strategy])) for decision in stored]
    assert [decision.signal for decision in stored] == [found.signal for found in replayed]
    assert all(found.is_identical for found in replayed)


async def a_decision() -> Decision:
    strategy = made("momentum_scalper")
    window = scene(strategy, 7).window(strategy.needs).tail(strategy.needs.lookback)
    signal = await decided("momentum_scalper", window)
    assert signal is not None
    return Decision(signal, strategy.params.model_dump_json(), pack(window))


async def test_changed_code_is_said_whatever_it_says_now() -> None:
    decision = await a_decision()
    old = replace(decision, signal=replace(decision.signal, version="0123"))
    found = await replay(old, BuiltIn(STRATEGIES["momentum_scalper"]))
    assert (found.code_changed, found.differences, found.is_identical) == (True, (), False)
    assert "code has changed" in found.sentence


async def test_a_decision_that_was_tampered_with_is_not_the_same() -> None:
    decision = await a_decision()
    other = replace(decision, signal=replace(decision.signal, strength=0.123, reason="Because."))
    found = await replay(other, BuiltIn(STRATEGIES["momentum_scalper"]))
    assert found.differences == ("strength", "reason")
    assert "differs in strength, reason" in found.sentence


@pytest.mark.parametrize("inputs", [None, b"", b"no window"])
async def test_rows_that_are_not_there_are_said(inputs: bytes | None) -> None:
    decision = replace(await a_decision(), inputs=inputs)
    with pytest.raises(StorageError, match="The rows that this decision saw"):
        await replay(decision, BuiltIn(STRATEGIES["momentum_scalper"]))
