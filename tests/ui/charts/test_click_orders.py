"""A click means one order, and the words before it are the order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.model import Side
from hlmaster.ui.charts.click_orders import ClickKind, Touch, implied_side, impossible, offers, order_words

TOUCH = Touch(3434.4, 3434.6)
LIMIT, STOP = ClickKind.LIMIT, ClickKind.STOP


@pytest.mark.parametrize(
    ("kind", "price", "side"),
    [
        (LIMIT, 3430.0, Side.BUY),
        (LIMIT, 3434.5, Side.BUY),
        (LIMIT, 3440.0, Side.SELL),
        (STOP, 3440.0, Side.BUY),
        (STOP, 3430.0, Side.SELL),
    ],
)
def test_the_side_follows_from_the_price(kind: ClickKind, price: float, side: Side) -> None:
    assert implied_side(kind, price, TOUCH) is side


def test_without_a_market_nothing_follows() -> None:
    assert implied_side(LIMIT, 3430.0, Touch()) is None
    assert impossible(LIMIT, Side.BUY, 3430.0, Touch()) == "there is no market price"
    assert implied_side(LIMIT, 3430.0, Touch(ask=3434.6)) is Side.BUY


@given(st.floats(0.01, 1e6), st.floats(1, 1e5), st.floats(0, 100), st.sampled_from(ClickKind))
def test_an_implied_side_is_possible_and_the_other_never_is_beyond_the_spread(
    price: float, bid: float, spread: float, kind: ClickKind
) -> None:
    touch = Touch(bid, bid + spread)
    side = implied_side(kind, price, touch)
    assert side is not None
    if not bid <= price <= bid + spread:
        assert impossible(kind, side, price, touch) == ""
        assert impossible(kind, side.opposite, price, touch) != ""


def test_the_words_name_side_size_kind_and_price() -> None:
    assert order_words(LIMIT, Side.BUY, "0.42", "3,434.2") == "BUY 0.42 limit 3,434.2"
    assert order_words(STOP, Side.SELL, "", "3,400") == "SELL stop 3,400"


def test_the_menu_offers_what_can_wait_there_and_says_why_not() -> None:
    shown = {(offer.kind, offer.side): offer.reason for offer in offers(3430.0, "3,430.0", TOUCH, "0.42", "")}
    assert shown[LIMIT, Side.BUY] == shown[STOP, Side.SELL] == ""
    assert "fill at once" in shown[LIMIT, Side.SELL]
    assert "above the market" in shown[STOP, Side.BUY]


@pytest.mark.parametrize(
    ("size", "locked", "reason"),
    [
        ("0.42", "gestures are locked", "gestures are locked"),
        ("", "", "there is no working size: type one into the ticket"),
    ],
)
def test_without_size_or_arming_every_order_says_what_is_wanting(size: str, locked: str, reason: str) -> None:
    shown = offers(3430.0, "3,430.0", TOUCH, size, locked)
    assert [offer.reason == reason for offer in shown].count(True) == 2
    assert all(offer.reason for offer in shown)
