from __future__ import annotations

from typing import Any

import pytest

from hlmaster.exchange.simulator.faults import Fault, FaultError, FaultKind, Faults

FRAME = b'{"channel":"bbo","data":1}'


def one(kind: FaultKind, **fields: Any) -> Faults:
    faults = Faults()
    faults.add(Fault(kind, **fields))
    return faults


def test_a_fault_strikes_as_often_as_it_says_and_only_where_it_says() -> None:
    faults = one(FaultKind.DROP, count=2, channel="bbo")
    assert faults.payloads(1, "trades", FRAME) == (0.0, [FRAME])
    assert [faults.payloads(1, "bbo", FRAME) for _ in range(3)] == [(0.0, []), (0.0, []), (0.0, [FRAME])]
    assert not faults


def test_zero_means_until_cleared() -> None:
    faults = one(FaultKind.DUPLICATE, count=0)
    assert all(faults.payloads(1, "bbo", FRAME)[1] == [FRAME, FRAME] for _ in range(5))
    faults.clear()
    assert faults.payloads(1, "bbo", FRAME) == (0.0, [FRAME])


def test_a_reordered_frame_comes_after_the_next_one_of_the_same_client() -> None:
    faults = one(FaultKind.REORDER)
    assert faults.payloads(1, "bbo", b"first") == (0.0, [])
    assert faults, "a frame is still held back"
    assert faults.payloads(2, "bbo", b"other") == (0.0, [b"other"])
    assert faults.payloads(1, "bbo", b"second") == (0.0, [b"second", b"first"])
    assert not faults


def test_broken_frames_are_broken() -> None:
    assert one(FaultKind.DELAY, seconds=1.5).payloads(1, "bbo", FRAME) == (1.5, [FRAME])
    assert one(FaultKind.TRUNCATED).payloads(1, "bbo", FRAME)[1] == [FRAME[: len(FRAME) // 2]]
    assert one(FaultKind.GARBAGE).payloads(1, "bbo", FRAME)[1] != [FRAME]
    assert len(one(FaultKind.OVERSIZE).payloads(1, "bbo", FRAME)[1][0]) > 1_000_000


@pytest.mark.parametrize(
    "fields",
    [{}, {"kind": "meteor"}, {"kind": "drop", "count": -1}, {"kind": "drop", "count": True},
     {"kind": "drop", "seconds": "1"}],
)  # fmt: skip
def test_a_fault_that_is_none_is_named(fields: dict[str, Any]) -> None:
    with pytest.raises(FaultError):
        Fault.read(fields)
