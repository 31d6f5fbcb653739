from __future__ import annotations

import math

import pytest

from hlmaster.core.candles import CandleBlock
from hlmaster.insight.analyst.facts import CANDLES, FIGURES, IDEA_FIGURES, UNKNOWN, figure, written
from tests.insight.analyst.markets import IDEA, candles, market


@pytest.mark.parametrize(
    ("value", "text"),
    [(64123.5, "64123.5"), (60_000.0, "60000"), (0.000012345, "0.000012345"), (3e-7, "0.0000003"), (0.0, "0")],
)
def test_a_price_is_written_without_exponent_and_idle_zeros(value: float, text: str) -> None:
    assert figure(value) == text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("coin", "BTC"),
        ("time", "Tuesday 2023-11-14 22:14 UTC"),
        ("mid", "60000"),
        ("spread", "0.17 basis points"),
        ("momentum", "+0.120 % in a minute"),
        ("bid_share", "62 %"),
        ("bought", "$1,250,000"),
        ("sold", "$800,000"),
        ("funding", "+0.00125 % an hour"),
        ("oracle", "60010"),
        ("mark", "60002"),
        ("position", "none"),
        ("interval", "1m"),
    ],
)
def test_figures_are_written_as_a_person_reads_them(name: str, text: str) -> None:
    assert written(market())[name] == text


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("momentum", "momentum"),
        ("imbalance", "bid_share"),
        ("bought", "bought"),
        ("sold", "sold"),
        ("funding_rate", "funding"),
        ("oracle", "oracle"),
        ("mark", "mark"),
    ],
)
def test_what_is_not_known_is_said_to_be_so(field: str, name: str) -> None:
    for value in (None, math.nan, math.inf):
        assert written(market(**{field: value}))[name] == UNKNOWN


def test_the_last_closed_candles_are_a_table_oldest_first() -> None:
    header, *rows = written(market(candles=candles(60)))["candles"].splitlines()
    assert header == "opened open high low close volume"
    assert len(rows) == CANDLES
    assert [row.split()[0] for row in (rows[0], rows[-1])] == ["50m", "1m"]
    assert rows[-1].endswith(" 12.5")


def test_without_candles_there_is_no_table() -> None:
    assert written(market(candles=CandleBlock.empty()))["candles"] == UNKNOWN


def test_a_proposal_is_written_only_where_there_is_one() -> None:
    assert written(market()).keys() == FIGURES.keys()
    values = written(market(idea=IDEA))
    assert values.keys() == FIGURES.keys() | IDEA_FIGURES.keys()
    assert [values[name] for name in IDEA_FIGURES] == ["long", "60000", "59400", "61200"]
