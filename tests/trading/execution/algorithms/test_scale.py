"""A ladder spreads exactly what was asked for, on the grid, or says why it cannot."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.model import Side
from hlmaster.core.orders import Purpose, TimeInForce
from hlmaster.core.rounding import is_valid_price, is_valid_size
from hlmaster.trading.execution.algorithms.scale import MOST_RUNGS, Scale, Shape, ladder
from tests.trading.scenes import ETH, D


def scale(size: str = "1", near: str = "3000", far: str = "2900", rungs: int = 5, **more: object) -> Scale:
    return Scale("ETH", Side.BUY, D(size), D(near), D(far), rungs, **more)  # type: ignore[arg-type]


def test_five_even_rungs() -> None:
    orders = ladder(scale(), ETH).orders
    assert [order.price for order in orders] == [D(3000), D(2975), D(2950), D(2925), D(2900)]
    assert {order.size for order in orders} == {D("0.2")}
    assert {order.time_in_force for order in orders} == {TimeInForce.GTC}
    assert len({order.client_order_id for order in orders}) == 5


@pytest.mark.parametrize(
    ("shape", "sizes"),
    [(Shape.RISING, ["0.1", "0.2", "0.3", "0.4"]), (Shape.FALLING, ["0.4", "0.3", "0.2", "0.1"])],
)
def test_a_shape_leans_towards_its_end(shape: Shape, sizes: list[str]) -> None:
    assert [order.size for order in ladder(scale(rungs=4, shape=shape), ETH).orders] == [D(size) for size in sizes]


def test_what_a_rung_is_follows_the_ticket() -> None:
    orders = ladder(scale(post_only=True, reduce_only=True), ETH).orders
    assert {(order.time_in_force, order.reduce_only, order.purpose) for order in orders} == {
        (TimeInForce.ALO, True, Purpose.REDUCE)
    }


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (scale(size="0"), "size above zero"),
        (scale(size="NaN"), "size above zero"),
        (scale(rungs=1), "from 2 to"),
        (scale(rungs=MOST_RUNGS + 1), "from 2 to"),
        (scale(near="0"), "above zero"),
        (scale(near="2900", far="3000"), "must lie below the first"),
        (scale(near="3000", far="2999.9", rungs=5), "too close together"),
        (scale(size="0.01", rungs=5), "under the exchange's least"),
        (scale(size="0.0003", rungs=5, near="300000", far="290000"), "less than one lot"),
    ],
)
def test_what_cannot_be_is_explained(wrong: Scale, words: str) -> None:
    result = ladder(wrong, ETH)
    assert result.orders == ()
    assert words in " ".join(result.problems)


@given(
    st.decimals("0.5", "500", places=4),
    st.decimals("50", "90000", places=2),
    st.decimals("0.01", "0.3", places=3),
    st.integers(2, MOST_RUNGS),
    st.sampled_from(list(Shape)),
    st.sampled_from(list(Side)),
)
def test_sizes_add_up_to_the_lot_and_every_rung_is_valid(
    size: Decimal, near: Decimal, width: Decimal, rungs: int, shape: Shape, side: Side
) -> None:
    far = near * (1 - width * side.sign)
    result = ladder(Scale("ETH", side, size, near, far, rungs, shape), ETH)
    assert bool(result.orders) != bool(result.problems)
    if result.orders:
        assert sum(order.size for order in result.orders) == size
        assert all(is_valid_size(order.size, ETH.size_decimals) for order in result.orders)
        assert all(is_valid_price(order.price, ETH.size_decimals) for order in result.orders)
        prices = [order.price for order in result.orders]
        assert prices == sorted(prices, reverse=side is Side.BUY)
        sizes = [order.size for order in result.orders]
        if shape is Shape.RISING:
            assert sizes == sorted(sizes)
