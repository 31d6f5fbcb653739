"""Capital is divided by rule, never twice, and the same way every time."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hlmaster.trading.allocation import Allocation, named, shares
from tests.trading.scenes import D

METHODS = ("equal", "fixed", "inverse volatility", "performance")
CALM = [D("0.5"), D("-0.5")] * 10
WILD = [D("2"), D("-2")] * 10
GOOD = [D("1"), D("-0.5")] * 10
BAD = [D("-1"), D("0.5")] * 10


def of(method: str, multiples: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return shares(Allocation(method=method, **changes), multiples)


def test_whole_gives_everybody_all_of_it() -> None:
    assert of("whole", {"a": [], "b": []}) == {"a": D(1), "b": D(1)}


@pytest.mark.parametrize("method", METHODS)
def test_without_records_and_names_everybody_gets_an_equal_share(method: str) -> None:
    assert set(of(method, {"a": [], "b": [], "c": [], "d": []}).values()) == {D("0.25")}


def test_fixed_shares_are_as_named_and_the_others_divide_the_rest() -> None:
    found = of("fixed", {"a": [], "b": [], "c": []}, fixed=("a=60",))
    assert found == {"a": D("0.6"), "b": D("0.2"), "c": D("0.2")}


@pytest.mark.parametrize("texts", [("a",), ("a=x",), ("=3",), ("a=-1",), ("a=101",), ("a=60", "b=41"), ("a=1", "a=2")])
def test_shares_that_cannot_be_are_refused(texts: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError):
        Allocation(fixed=texts)


def test_a_name_may_hold_a_space_for_groups_have_one() -> None:
    assert named(["group G = 25"]) == {"group G": D("0.25")}


def test_whose_results_vary_less_gets_more() -> None:
    found = of("inverse volatility", {"calm": CALM, "wild": WILD}, floor_percent=D(0), cap_percent=D(100))
    assert found["calm"] == pytest.approx(D("0.8"), abs=D("0.0002"))
    assert found["wild"] == pytest.approx(D("0.2"), abs=D("0.0002"))


def test_who_loses_gets_the_floor_and_nobody_more_than_the_cap() -> None:
    assert of("performance", {"good": GOOD, "bad": BAD}) == {"good": D("0.5"), "bad": D("0.05")}
    assert of("performance", {"worse": BAD, "bad": BAD}) == {"worse": D("0.05"), "bad": D("0.05")}


def test_only_the_last_trades_count() -> None:
    assert of("performance", {"a": GOOD * 3 + BAD, "b": GOOD}, recent_trades=20)["a"] == D("0.05")


results = st.lists(st.decimals(-9, 9, places=2), max_size=40)


@given(
    st.sampled_from(METHODS),
    st.dictionaries(st.sampled_from("abcdefgh"), results, min_size=1),
    st.integers(0, 50),
    st.integers(1, 100),
)
def test_the_sum_is_never_above_one_and_the_order_changes_nothing(
    method: str, multiples: dict[str, Any], floor: int, cap: int
) -> None:
    terms: dict[str, Any] = {"floor_percent": D(floor), "cap_percent": D(cap), "fixed": ("a=70", "b=30")}
    found = of(method, multiples, **terms)
    assert found.keys() == multiples.keys()
    assert sum(found.values()) <= 1
    assert all(0 <= share <= 1 for share in found.values())
    assert found == of(method, dict(reversed(multiples.items())), **terms)
