"""The ladder's prices stand still or follow, as chosen; own things stand on their rows; narrow and tiny is fine."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt

from hlmaster.core.events import BookSnapshot, Level
from hlmaster.core.model import Side
from hlmaster.core.orders import Trigger, TriggerKind
from hlmaster.ui.ladder.columns import Column
from hlmaster.ui.ladder.options import Follow, Layout
from tests.ui.ladder.fakes import Ladder
from tests.ui.market_desk import D


def to(ladder: Ladder, mid: float) -> tuple[float, ...]:
    """The market goes there; the prices of the rows then."""
    ladder.scene.pass_time(1)
    ladder.scene.tell_book("ETH", mid=mid)
    ladder.look()
    return tuple(row.price for row in ladder.panel.rows)


def following(qtbot: Any, follow: Follow, *, armed: bool = False) -> tuple[Ladder, tuple[float, ...]]:
    ladder = Ladder(qtbot, armed=armed)
    ladder.panel.options.follow = follow
    ladder.panel.options_changed()
    ladder.look()
    return ladder, tuple(row.price for row in ladder.panel.rows)


def middle(prices: tuple[float, ...]) -> float:
    return prices[len(prices) // 2]


def test_static_prices_stand_still_until_they_are_centred(qtbot: Any) -> None:
    ladder, before = following(qtbot, Follow.STATIC)
    assert to(ladder, 3_440.0) == before
    ladder.panel.centre()
    ladder.look()
    assert middle(tuple(row.price for row in ladder.panel.rows)) == pytest.approx(3_440.0, abs=0.11)


def test_centred_prices_follow_every_move(qtbot: Any) -> None:
    ladder, before = following(qtbot, Follow.CENTRED)
    assert middle(to(ladder, 3_434.8)) == pytest.approx(middle(before) + 0.2, abs=0.11)


def test_left_alone_the_ladder_is_centred_when_the_market_leaves_the_middle_third(qtbot: Any) -> None:
    ladder, before = following(qtbot, Follow.AUTO)
    assert to(ladder, 3_434.8) == before
    assert middle(to(ladder, 3_436.0)) == pytest.approx(3_436.0, abs=0.11)


def test_who_scrolled_away_is_left_there_until_the_market_is_back(qtbot: Any) -> None:
    ladder, _ = following(qtbot, Follow.AUTO)
    market = ladder.panel.market
    assert market is not None
    ladder.panel.scene.scroll(market, 12)
    away = to(ladder, 3_434.7)
    assert middle(away) == pytest.approx(3_435.75, abs=0.2)
    assert to(ladder, 3_435.7) == away
    assert middle(to(ladder, 3_430.0)) == pytest.approx(3_430.0, abs=0.11)


def test_while_own_size_is_held_no_price_moves(qtbot: Any) -> None:
    ladder = Ladder(qtbot)
    ladder.panel.options.follow = Follow.CENTRED
    ladder.scene.tell_order(Side.BUY, "3434.2", "0.5")
    ladder.look()
    before = tuple(row.price for row in ladder.panel.rows)
    qtbot.mousePress(ladder.panel, Qt.MouseButton.LeftButton, pos=ladder.at(3434.2, Column.OWN_BUY))
    assert to(ladder, 3_436.0) == before


def test_under_an_armed_pointer_no_price_moves_by_itself(qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ladder, before = following(qtbot, Follow.AUTO, armed=True)
    ladder.hover(3434.2, Column.BUY)
    monkeypatch.setattr(ladder.panel, "underMouse", lambda: True)
    assert to(ladder, 3_436.5) == before
    monkeypatch.setattr(ladder.panel, "underMouse", lambda: False)
    assert to(ladder, 3_436.6) != before


def test_every_tick_has_a_row_and_what_lies_beyond_the_book_is_not_known(qtbot: Any) -> None:
    ladder = Ladder(qtbot)
    ladder.scene.pass_time(1)
    ladder.scene.tell_book("ETH", levels=3)
    ladder.look()
    rows = ladder.panel.rows
    known = [row.price for row in rows if row.is_known]
    assert known == [3434.8, 3434.7, 3434.6, 3434.5, 3434.4, 3434.3]
    assert [row.side for row in rows] == sorted((row.side for row in rows), key=lambda side: side is Side.BUY)


def test_orders_and_the_last_trade_stand_on_their_rows_grouped_or_not(qtbot: Any) -> None:
    ladder = Ladder(qtbot)
    ladder.scene.tell_order(Side.BUY, "3434.2", "0.5")
    ladder.scene.tell_order(Side.SELL, "3434.1", "2", Trigger(D("3434.1"), TriggerKind.STOP, True))
    ladder.scene.tell_trades([(3434.6, 1.5, True)])
    for group, buy, sell, last in ((0, 3434.2, 3434.1, 3434.6), (3, 3434.0, 3435.0, 3435.0)):
        ladder.panel.choose_group(group)
        ladder.look()
        rows = {row.price: row for row in ladder.panel.rows}
        buys, sells = rows[buy].buys, rows[sell].sells
        assert buys is not None
        assert sells is not None
        assert (buys.size, buys.waiting, sells.size, sells.waiting) == (0.5, 0, 0, 2)
        assert [price for price, row in rows.items() if row.is_last] == [last]
        assert rows[last].traded == 1.5


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("width", [180, 226, 420])
@pytest.mark.parametrize("in_usd", [False, True])
def test_prices_of_any_magnitude_are_painted_and_said_whole(
    qtbot: Any, layout: Layout, width: int, in_usd: bool
) -> None:
    ladder = Ladder(qtbot, layout, width=width)
    ladder.panel.options.in_usd = in_usd
    for best, tick in ((0.0000123, 0.0000001), (0.000002, 0.000001), (123_456.7, 0.1), (9.9999, 0.0001)):
        ladder.scene.pass_time(600)
        now = ladder.scene.clock.now_ms()
        bids = [Level(round(best - index * tick, 7), 10.0 ** (index % 9)) for index in range(20)]
        asks = [Level(round(best + (index + 1) * tick, 7), 10.0 ** (index % 9)) for index in range(20)]
        market = ladder.panel.market
        assert market is not None
        for fast in (False, True):
            market.accept_book(BookSnapshot("DOGE", now, [b for b in bids if b.price > 0][:20], asks, fast))
        ladder.panel.options_changed()
        ladder.look()
        assert ladder.panel.rows
        assert ladder.panel.view is not None
        assert ladder.panel.view.size_decimals <= 3


def test_usd_values_each_level_and_sums_them(qtbot: Any) -> None:
    ladder = Ladder(qtbot, Layout.BOOK)
    coins = {row.price: row.size for row in ladder.panel.rows}
    ladder.panel.turn("in_usd")
    ladder.look()
    assert {row.price: row.size for row in ladder.panel.rows} == {p: pytest.approx(s * p) for p, s in coins.items()}
    bids = [row for row in ladder.panel.rows if row.side is Side.BUY]
    assert bids[3].total == pytest.approx(sum(row.size for row in bids[:4]))
