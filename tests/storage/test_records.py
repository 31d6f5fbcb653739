"""Records in the store: what is saved comes back after a restart, the newest last, and old inputs make room."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hlmaster.core.errors import StorageError
from hlmaster.core.proposals import Proposal, ProposalState
from hlmaster.core.records import Arrival, Ghost, Trade
from hlmaster.core.signals import Direction, Signal
from hlmaster.storage.recorder import Recorder
from hlmaster.storage.records import StoredRecords
from tests.storage import facts
from tests.storage.facts import DEMO, NOW


def a_signal(n: int, strategy: str = "momentum") -> Signal:
    return Signal(strategy, "BTC", "1m", NOW + n, Direction.LONG, 0.5, 0.25, 60_000, NOW + n + 60_000, "It rose.")


@pytest.fixture
def records(recorder: Recorder) -> StoredRecords:
    return StoredRecords(recorder)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.lists(st.tuples(facts.signals, st.none() | st.binary(max_size=50)), max_size=3, unique_by=lambda s: s[0].key),
    st.lists(facts.proposals, max_size=3, unique_by=lambda proposal: proposal.proposal_id),
    st.lists(facts.trades, max_size=3, unique_by=lambda trade: trade.trade_id),
    st.lists(facts.ghosts, max_size=3, unique_by=lambda ghost: ghost.proposal_id),
    st.lists(facts.arrivals, max_size=3, unique_by=lambda arrival: arrival.client_order_id),
)
def test_everything_comes_back_after_a_restart(
    tmp_path_factory: pytest.TempPathFactory,
    signals: list[tuple[Signal, bytes | None]],
    proposals: list[Proposal],
    trades: list[Trade],
    ghosts: list[Ghost],
    arrivals: list[Arrival],
) -> None:
    url = f"sqlite:///{tmp_path_factory.mktemp('desk') / 'desk.sqlite'}"

    async def compare(records: StoredRecords) -> None:
        for found, made in (
            (await records.signals(9), [signal for signal, _ in signals]),
            (await records.proposals(9), proposals),
            (await records.trades(9), trades),
            (await records.ghosts(9), ghosts),
            (await records.arrivals(9), arrivals),
        ):
            assert sorted(found, key=repr) == sorted(made, key=repr)
        decisions = await records.decisions([signal.key for signal, _ in signals])
        assert {d.signal.key: d.inputs for d in decisions} == {signal.key: inputs for signal, inputs in signals}
        for proposal in proposals:
            assert await records.proposal(proposal.proposal_id) == proposal
        for ghost in ghosts:
            assert await records.ghost(ghost.proposal_id) == ghost

    first = Recorder(DEMO, url)
    records = StoredRecords(first)
    for signal, inputs in signals:
        records.save_signal(signal, inputs, "{}")
    for proposal in proposals:
        records.save_proposal(proposal)
    for trade in trades:
        records.save_trade(trade)
    for ghost in ghosts:
        records.save_ghost(ghost)
    for arrival in arrivals:
        records.save_arrival(arrival)
    for again in (first, Recorder(DEMO, url)):
        again.start()
        asyncio.run(compare(StoredRecords(again)))
        again.close()


async def test_the_latest_signals_come_oldest_first(records: StoredRecords) -> None:
    for n in (3, 1, 2):
        records.save_signal(a_signal(n), None, "{}")
    assert [signal.row_ms - NOW for signal in await records.signals(2)] == [2, 3]


async def test_a_proposal_is_kept_as_last_saved(records: StoredRecords) -> None:
    proposal = replace(facts.a_proposal(), state=ProposalState.OPEN)
    records.save_proposal(proposal)
    records.save_proposal(replace(proposal, state=ProposalState.REJECTED))
    [found] = await records.proposals(9)
    assert found.state is ProposalState.REJECTED
    assert await records.proposal("unheard of") is None


async def test_lines_of_a_dossier_come_in_the_order_in_which_they_were_written(records: StoredRecords) -> None:
    for n in (5, 1, 3):
        records.note("p1", NOW, "verdict", str(n), {"n": n})
    records.note("p2", NOW, "verdict", "other", {})
    assert [line.data["n"] for line in await records.lines(["p1"])] == [5, 1, 3]
    assert len(await records.lines(["p1", "p2"])) == 4


async def test_inputs_that_no_proposal_rests_on_make_room_after_a_while(records: StoredRecords) -> None:
    signals = [a_signal(n) for n in range(4)]
    for signal in signals:
        records.save_signal(signal, b"rows" * 100, "{}")
    records.save_proposal(replace(facts.a_proposal(), signals=(signals[0],)))
    assert await records.forget_inputs(NOW + 3) == 2
    found = {d.signal: d.inputs for d in await records.decisions([signal.key for signal in signals])}
    assert [found[signal] is not None for signal in signals] == [True, False, False, True]


async def test_a_question_that_fails_is_answered_all_the_same(recorder: Recorder) -> None:
    def fails(writer: object) -> None:
        raise KeyError("odd row")

    with pytest.raises(StorageError, match="odd row"):
        await recorder.ask(fails)


async def test_an_answer_knows_what_was_saved_while_the_store_was_writing(
    records: StoredRecords, recorder: Recorder
) -> None:
    for n in range(3_000):
        records.note("p1", NOW, "line", str(n), {})
        if n % 500 == 0:
            await asyncio.sleep(0)
    assert len(await records.lines(["p1"])) == 3_000
