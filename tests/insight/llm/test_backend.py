"""What all back-ends share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from hlmaster.core.clock import ManualClock
from hlmaster.insight.llm.backend import LONGEST_ANSWER, AnswerBroken, Piece, TooSlow, Usage, in_time, quoted


@pytest.mark.parametrize(
    ("usage", "speed"),
    [(Usage(1, 50, 0.0, 2000.0), 25.0), (Usage(1, 0, 0.0, 2000.0), None), (Usage(1, 50), None)],
)
def test_speed_is_tokens_over_the_time_of_making_them(usage: Usage, speed: float | None) -> None:
    assert usage.tokens_per_second == speed


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("plain", "“plain”"),
        ("two\nlines\tand\x1b[31m red", "“two lines and [31m red”"),
        ("x" * 300, "“" + "x" * 200 + "…”"),
        ("key sk-ant-api03-0123456789abcdef", "“key [redacted]”"),
        (None, "“None”"),
    ],
)
def test_a_strangers_words_are_one_short_line_without_secrets(words: object, shown: str) -> None:
    assert quoted(words) == shown


async def pieces(*texts: str) -> AsyncGenerator[Piece, None]:
    for text in texts:
        yield Piece(text)


async def test_time_is_that_of_the_clock() -> None:
    clock = ManualClock()
    answer = in_time(pieces("a", "b", "c"), 1.0, clock, "It")
    assert (await anext(answer)).text == "a"
    clock.advance(999)
    assert (await anext(answer)).text == "b"
    await answer.aclose()


async def test_an_answer_has_a_greatest_length_thoughts_included() -> None:
    assert [piece async for piece in in_time(pieces("x" * LONGEST_ANSWER), 60.0, ManualClock(), "It")]
    with pytest.raises(AnswerBroken, match="without end"):
        [piece async for piece in in_time(pieces("x" * LONGEST_ANSWER, "x"), 60.0, ManualClock(), "It")]


async def test_a_burst_of_pieces_leaves_the_loop_its_turns() -> None:
    turns = 0

    async def window() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(window())
    heard = [turns async for _ in in_time(pieces(*"abcdefgh"), 60.0, ManualClock(), "It")]
    task.cancel()
    assert sorted(set(heard)) == heard


async def test_the_source_is_closed_when_time_is_up() -> None:
    closed = []

    async def source() -> AsyncGenerator[Piece, None]:
        try:
            yield Piece("a")
            await asyncio.Event().wait()
        finally:
            closed.append(True)

    clock = ManualClock()
    with pytest.raises(TooSlow, match="It did not finish its answer"):
        [piece async for piece in in_time(source(), 0.01, clock, "It")]
    assert closed == [True]
