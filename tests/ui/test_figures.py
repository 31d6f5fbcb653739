"""Numbers as panels write them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.ui import figures

D = Decimal
NUMBERS = st.one_of(st.none(), st.decimals(), st.floats(), st.integers(-(10**15), 10**15))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (math.nan, "–"),
        (D("NaN"), "–"),
        (D("Infinity"), "–"),
        (D(0), "$0.00"),
        (D("-0.0"), "$0.00"),
        (D("1234.5"), "$1,234.50"),
        (D("-0.02"), "-$0.02"),
        (D("0.00012"), "$0.00012"),
        (D("0.000000000001"), "$0.00"),
        (1e12, "$1,000,000,000,000.00"),
    ],
)
def test_money_has_a_sign_before_the_dollar_and_cents(value: figures.Number, text: str) -> None:
    assert figures.money(value) == text


def test_gains_carry_a_plus_and_zero_carries_none() -> None:
    assert figures.money(D("2.94"), signed=True) == "+$2.94"
    assert figures.money(D(0), signed=True) == "$0.00"
    assert figures.percent(D("0.0061"), signed=True) == "+0.61%"
    assert figures.percent(D("-0.00001"), signed=True) == "0.00%"


@pytest.mark.parametrize(
    ("price", "size_decimals", "text"),
    [
        (3434.6, 4, "3,434.6"),
        (D("97412"), 5, "97,412"),
        (D("0.38910"), 0, "0.38910"),
        (D("0.000123"), 0, "0.00012300"),
        (D("0.0012346"), 0, "0.001235"),
    ],
)
def test_prices_show_the_decimals_the_venue_allows_there(price: figures.Number, size_decimals: int, text: str) -> None:
    assert figures.price(price, size_decimals) == text


def test_a_price_of_an_unknown_instrument_keeps_every_digit() -> None:
    assert figures.price(D("1234.56789"), None) == "1,234.56789"


@pytest.mark.parametrize(("value", "text"), [(D("0.4200"), "0.42"), (D("1E+3"), "1,000"), (12.0, "12"), (D("-0"), "0")])
def test_sizes_drop_zeros_that_say_nothing(value: figures.Number, text: str) -> None:
    assert figures.plain(value) == text


@pytest.mark.parametrize(
    ("ms", "text"),
    [(-5, "0s"), (12_400, "12s"), (245_000, "4m 05s"), (11_040_000, "3h 04m"), (190_800_000, "2d 05h")],
)
def test_durations_name_their_two_largest_units(ms: int, text: str) -> None:
    assert figures.duration(ms) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(D("99999.99"), "$99,999.99"), (D("100000.4"), "$100,000"), (-250_000.0, "-$250,000"), (D("1.26e9"), "$1.3B")],
)
def test_brief_money_gives_up_cents_before_figures(value: figures.Number, text: str) -> None:
    assert figures.brief_money(value) == text


def test_brief_money_of_a_gain_carries_a_plus() -> None:
    assert [figures.brief_money(gain, signed=True) for gain in (2.94, 150_000, 0)] == ["+$2.94", "+$150,000", "$0.00"]


def test_times_follow_the_zone_of_the_settings() -> None:
    assert figures.zone("utc") is UTC
    assert figures.zone("local") is None
    assert figures.moment(1_700_000_000_000, UTC) == "14 Nov 22:13:20"
    assert figures.clock(1_700_000_000_000, UTC) == "22:13:20"
    assert figures.iso(1_700_000_000_123) == "2023-11-14T22:13:20.123Z"
    assert figures.clock(0, UTC) == figures.moment(None, UTC) == "–"


@given(NUMBERS)
def test_no_number_ever_reads_nan_or_infinite(value: figures.Number) -> None:
    texts = [figures.money(value), figures.price(value, 4), figures.plain(value), figures.percent(value)]
    texts += [figures.fixed(value, 2), figures.duration(value), figures.brief_money(value)]
    for text in texts:
        assert "nan" not in text.lower()
        assert "inf" not in text.lower()
        assert (text == figures.UNKNOWN) == (not figures.is_known(value))


@pytest.mark.parametrize(
    ("price", "text"),
    [(D("0.000012"), "0.000012000"), (D("0.000012177345"), "0.000012177"), (1.23456789e-08, "0.000000012346")],
)
def test_all_prices_around_a_tiny_one_have_five_figures(price: figures.Number, text: str) -> None:
    assert figures.price(price, 0) == text


@pytest.mark.parametrize(
    ("text", "ways"),
    [
        ("$2,405,234,567.12", ["$2,405,234,567", "$2.41B", "$2.4B", "$2B"]),
        ("-98,765,432.7", ["-98,765,432…", "-98.77M", "-98.8M", "-99M"]),
        ("12,345.678", ["12,345.67…", "12,345.6…", "12,345…", "12.35k", "12.3k", "12k"]),
        ("0.42", []),
        ("+$12.50", ["+$12.5", "+$12"]),
        ("0.000009876", ["0.0₅9876", "0.0₅988", "0.0₅99"]),
        ("market", []),
        ("+161,822,261.13%", ["+161,822,261%"]),
    ],
)
def test_a_figure_without_room_is_written_shorter_and_never_cut(text: str, ways: list[str]) -> None:
    assert list(figures.narrower(text)) == ways


@pytest.fixture
def hidden() -> Iterator[None]:
    figures.hide_money(True)
    yield
    figures.hide_money(False)


@pytest.mark.usefixtures("hidden")
def test_privacy_hides_money_and_sizes_and_leaves_prices_and_percentages() -> None:
    assert figures.money(D("10020.82")) == figures.brief_money(5e9) == figures.size(D("0.42")) == figures.HIDDEN
    assert figures.money(None) == figures.UNKNOWN, "that nothing is known is no secret"
    assert (figures.price(3434.6, 4), figures.percent(0.0123)) == ("3,434.6", "1.23%")


@pytest.mark.usefixtures("hidden")
@pytest.mark.parametrize(
    ("sentence", "seen"),
    [
        ("The order needs $198.38 of margin; -$0.02 is free.", "The order needs •••• of margin; •••• is free."),
        ("Bought 0.42 ETH at 3,434.6.", "Bought •••• ETH at 3,434.6."),
        ("Equity 10,020.82 USD, down 1.2 %.", "Equity •••• USD, down 1.2 %."),
        ("12,000 kPEPE wait at 0.0123 [RSK-221]", "•••• kPEPE wait at 0.0123 [RSK-221]"),
    ],
)
def test_sentences_that_others_wrote_lose_their_money_and_sizes(sentence: str, seen: str) -> None:
    assert figures.veiled(sentence) == seen


def test_while_nothing_is_hidden_sentences_stay_as_they_are() -> None:
    assert figures.veiled("It needs $198.38.") == "It needs $198.38."


@pytest.mark.parametrize(("text", "said"), [("", ""), ("kSHIB", "kSHIB"), ("kSHIBA", "kSHI…")])
def test_what_has_no_room_is_shortened(text: str, said: str) -> None:
    assert figures.shortened(text, 5) == said
