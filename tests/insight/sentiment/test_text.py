from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.insight.sentiment.text import key_of, plain


@pytest.mark.parametrize(
    ("raw", "seen"),
    [
        ("Bitcoin  rises\n\tagain", "Bitcoin rises again"),
        ("<b>Bitcoin</b> <a href='x'>rises</a>", "Bitcoin rises"),
        ("&lt;b&gt;Bitcoin&lt;/b&gt; &amp;amp; Ether", "Bitcoin & Ether"),
        ("Price <script>alert('x')</script>falls", "Price falls"),
        ("Price <script>never closed", "Price"),
        ("BTC < 20,000 and ETH > 1,000", "BTC < 20,000 and ETH > 1,000"),
        ("Bit\u200bcoin \u202egnp\u202c", "Bitcoin gnp"),
        ("one\x00two\x1b[31m", "one two [31m"),
        ("<!-- hidden -->shown", "shown"),
        ("<img src=x onerror=", ""),
        ("🚀 to the moon", "🚀 to the moon"),
    ],
)
def test_only_words_that_a_reader_sees_remain(raw: str, seen: str) -> None:
    assert plain(raw, 300) == seen


@given(st.text(), st.integers(1, 40))
def test_it_is_never_longer_than_allowed_nor_holds_what_is_not_seen(raw: str, longest: int) -> None:
    told = plain(raw, longest)
    assert len(told) <= longest
    assert not {unicodedata.category(sign) for sign in told} & {"Cc", "Cf", "Cs"}


def test_a_page_of_megabytes_is_looked_at_up_to_a_limit() -> None:
    assert len(plain("<b" * 2_000_000, 300)) <= 300
    assert plain("word " * 1_000_000, 20) == "word word word word…"


def test_the_same_words_have_one_key() -> None:
    key = key_of("Bitcoin rises above a new level", "by one")
    assert key == key_of("BITCOIN rises – above a “new” level!", "by another")
    assert key != key_of("Bitcoin falls below a new level", "by one")


def test_a_short_title_is_told_from_another_by_its_text() -> None:
    assert key_of("Daily thread", "monday") != key_of("Daily thread", "tuesday")


def test_words_of_other_alphabets_are_told_apart() -> None:
    assert key_of("比特币上涨", "") != key_of("比特币下跌", "")
