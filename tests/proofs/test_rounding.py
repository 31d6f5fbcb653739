"""No price or size of ours is refused by an independent reading of the venue's rule, and none risks more than asked."""

from __future__ import annotations

import pytest

from tests.proofs.rounding import RoundingProof
from tests.proofs.venue_rule import nearest_prices, refuses_price, refuses_size, scaled


@pytest.mark.parametrize("seed", range(5))
def test_ten_thousand_random_numbers_are_rounded_as_the_venue_would(seed: int) -> None:
    found = RoundingProof(seed).run(10_000)
    assert found.wrong == []
    assert found.cases == 10_000


@pytest.mark.parametrize(
    ("text", "size_decimals", "taken"),
    [
        ("1234.5", 1, True),
        ("1234.56", 1, False),
        ("0.001234", 0, True),
        ("0.0012345", 0, False),
        ("123456", 5, True),
        ("123456.5", 0, False),
        ("0.010", 0, False),
        ("01", 0, False),
        ("1e5", 0, False),
        ("0", 0, False),
        ("-1", 0, False),
    ],
)
def test_the_oracle_knows_the_documented_prices(text: str, size_decimals: int, taken: bool) -> None:
    assert (refuses_price(text, size_decimals) is None) is taken


@pytest.mark.parametrize(
    ("text", "taken"), [("0.01", True), ("0.001", False), ("7", True), ("0", False), ("7.0", False)]
)
def test_the_oracle_knows_lots(text: str, taken: bool) -> None:
    assert (refuses_size(text, 2) is None) is taken


def test_the_oracle_finds_the_neighbours_of_a_price() -> None:
    assert nearest_prices("1234.56", 1) == (scaled("1234.5"), scaled("1234.6"))
    assert nearest_prices("0.0000004", 0) == (0, scaled("0.000001"))
    assert nearest_prices("99999.9", 0) == (scaled("99999"), scaled("100000"))
    assert nearest_prices("12345678", 3) == (scaled("12345678"), scaled("12345678"))
