"""Frames on a pipe: whole ones are read however they arrive, anything else is garbage and no crash."""

from __future__ import annotations

import io
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.signals import Check as Condition
from hlmaster.core.signals import Detail, Direction, Opportunity, Terms
from hlmaster.strategies.answer import Answer
from hlmaster.strategies.base import Explanation
from hlmaster.strategies.host import messages
from hlmaster.strategies.host.messages import (
    HEAD,
    LARGEST,
    MAGIC,
    Decide,
    Decided,
    Failed,
    GarbageSpoken,
    Load,
    LoadBuiltIn,
    Prepare,
    Prepared,
    Reply,
    Request,
    Source,
    Wanted,
    frame,
    read_frame,
    reply_of,
    request_of,
)

OPPORTUNITY = Opportunity("s", "BTC", Direction.SHORT, "a gap", (Condition("late", None, "unknown"),), 7)
ANSWER = Answer(-1, 0.5, 0.25, 10.0, None, 9.0, Explanation("why", (Detail("a", "b", "c"),), ("x",)), OPPORTUNITY)
REQUESTS: list[Request] = [
    Load(Source("a.py", "/x/a.py", b"code")),
    LoadBuiltIn(),
    Prepare(3, "mine", {"period": 5, "band": 0.5, "name": "x", "none": None}),
    Decide(3, b"rows"),
    messages.Check("mine", {}),
]
REPLIES: list[Reply] = [
    Decided(ANSWER),
    Failed("why"),
    Prepared(Wanted("1m", 2, ("mark",), (("ema", {"period": 9}),), ()), 5, 4, Terms(most_open=2)),
    messages.Checked((Condition("look-ahead", True),)),
]


@pytest.mark.parametrize("size", [1, 3, 10_000])
def test_frames_are_read_however_they_arrive(size: int) -> None:
    pipe = io.BytesIO(b"".join([*map(frame, REQUESTS), *map(frame, REPLIES)]))
    contents = [read_frame(lambda count: pipe.read(min(size, count))) for _ in range(len(REQUESTS) + len(REPLIES))]
    assert [request_of(content or b"") for content in contents[: len(REQUESTS)]] == REQUESTS
    assert [reply_of(content or b"") for content in contents[len(REQUESTS) :]] == REPLIES
    assert read_frame(pipe.read) is None


def test_a_frame_that_ends_early_is_an_end() -> None:
    whole = frame(REPLIES[0])
    for count in range(len(whole)):
        assert read_frame(io.BytesIO(whole[:count]).read) is None


@pytest.mark.parametrize("head", [b"GET / HTTP/1.1", HEAD.pack(MAGIC, LARGEST + 1), HEAD.pack(b"HLS2", 0)])
def test_what_is_no_frame_is_garbage(head: bytes) -> None:
    with pytest.raises(GarbageSpoken):
        read_frame(io.BytesIO(head).read)


@given(st.binary(max_size=200))
def test_no_bytes_make_the_desk_stumble(content: bytes) -> None:
    with suppress(GarbageSpoken):
        reply_of(content)


def test_an_answer_of_the_wrong_kind_is_garbage() -> None:
    content = frame(Decided(ANSWER))[HEAD.size :].replace(b"why", b"w\xffy")
    with pytest.raises(GarbageSpoken):
        reply_of(content)
