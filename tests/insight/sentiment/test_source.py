from __future__ import annotations

import math

import pytest

from hlmaster.insight.sentiment.source import NewsError, brief, decoded, ms_of


@pytest.mark.parametrize(
    ("seconds", "ms"),
    [(1.5, 1500), (None, None), (0, None), (-1, None), (1e300, None), (math.nan, None), (math.inf, None)],
)
def test_a_stamp_is_sensible_or_none(seconds: float | None, ms: int | None) -> None:
    assert ms_of(seconds) == ms


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b'["\xe9"]', b"[" * 100_000, b"{}", b"[1, 2"])
def test_what_is_no_such_json_is_a_sentence(body: bytes) -> None:
    with pytest.raises(NewsError, match="press answered something else than it documents"):
        decoded(body, list[str], "press")


def test_another_s_error_is_one_short_line() -> None:
    assert brief(ValueError("two\nlines.")) == "two lines"
    assert len(brief("x" * 999)) == 120
    assert brief(KeyError()) == "KeyError"
