"""What the trader has in a market becomes lines that say side, size and result."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hlmaster.core.events import AccountSnapshot, FillsReported
from hlmaster.core.model import Leverage, MarginMode, Position, Side
from hlmaster.core.orders import Fill, Trigger, TriggerKind
from hlmaster.ui.own_lines import OwnLine, own_lines, successors
from tests.ui.market_desk import NOW, D, MarketScene, account


def scene_with(side: Side, entry: str) -> MarketScene:
    scene = MarketScene()
    fill = Fill("ETH", side, D(entry), D("0.5"), NOW, 1, 1, None, D(0), D(0), D(0), False)
    scene.bus.publish(FillsReported((fill,)))
    return scene


def told(scene: MarketScene, coin: str = "ETH") -> dict[str, list[str]]:
    """What the pills say, by their titles, where the lines are."""
    mark = scene.desk.survey.mark(coin)
    shown = [line.at(line.price, mark).pill for line in own_lines(scene.desk, coin, 1)]
    return {pill.title: [cell.text for cell in pill.cells if cell.text] for pill in shown if pill is not None}


@pytest.mark.parametrize(
    ("side", "mark", "title", "words"),
    [
        (Side.BUY, 3_500.0, "LONG", ["0.5 @ 3,400.0", "+2.94%", "+$50.00"]),
        (Side.SELL, 3_500.0, "SHORT", ["0.5 @ 3,400.0", "-2.94%", "-$50.00"]),
        (Side.SELL, 3_400.0, "SHORT", ["0.5 @ 3,400.0", "0.00%", "$0.00"]),
    ],
)
def test_a_position_says_what_it_gained_on_its_side(side: Side, mark: float, title: str, words: list[str]) -> None:
    scene = scene_with(side, "3400")
    scene.tell_context("ETH", mark=mark)
    assert told(scene) == {title: words}


def test_without_a_mark_there_is_no_result() -> None:
    assert told(scene_with(Side.BUY, "3400")) == {"LONG": ["0.5 @ 3,400.0"]}


@pytest.mark.parametrize(
    ("side", "price", "trigger", "title", "words"),
    [
        (Side.BUY, "3300", None, "BUY limit", ["0.5", "-5.71%"]),
        (Side.SELL, "3600", None, "SELL limit", ["0.2", "+2.86%", "+$39.89"]),
        (Side.SELL, "3200", Trigger(D(3360), TriggerKind.STOP, market=True), "stop", ["0.2", "-4.00%", "-$8.30"]),
        (Side.SELL, "3200", Trigger(D(3360), TriggerKind.STOP, market=True), "SELL stop", ["0.7", "-4.00%", "-$20.76"]),
    ],
)
def test_an_order_says_its_size_its_distance_from_the_mark_and_what_leaving_there_brings(
    side: Side, price: str, trigger: Trigger | None, title: str, words: list[str]
) -> None:
    scene = scene_with(Side.BUY, "3400")
    scene.tell_context("ETH", mark=3_500.0)
    scene.tell_order(side, price, words[0], trigger)
    assert told(scene)[title] == words


def test_three_stops_are_counted_from_the_nearest() -> None:
    scene = scene_with(Side.BUY, "3400")
    scene.tell_context("ETH", mark=3_500.0)
    for price in ("3380", "3390", "3370"):
        scene.tell_order(Side.SELL, price, "0.1", Trigger(D(price), TriggerKind.STOP, market=True))
    stops = {line.price: line.title for line in own_lines(scene.desk, "ETH", 1) if line.kind == "stop"}
    assert stops == {D(3390): "stop 1/3", D(3380): "stop 2/3", D(3370): "stop 3/3"}


def test_the_liquidation_price_is_a_line_when_the_venue_states_one() -> None:
    scene = scene_with(Side.BUY, "3400")
    cross = Leverage(MarginMode.CROSS, 5)
    position = Position("ETH", D("0.5"), D(3400), cross, D(1700), D(0), D(340), D("3012.4"))
    scene.bus.publish(AccountSnapshot(replace(account(), positions=(position,))))
    (_, line) = own_lines(scene.desk, "ETH", 1)
    assert (line.kind, line.price, line.movable, line.buttons) == ("liquidation", D("3012.4"), False, ())


def test_other_markets_are_left_out() -> None:
    scene = scene_with(Side.BUY, "3400")
    scene.tell_order(Side.BUY, "3300")
    assert own_lines(scene.desk, "BTC", 1) == []


def test_what_protection_put_in_the_place_of_its_stops_is_known_by_the_order_of_their_prices() -> None:
    def stop(key: str, price: int, *, is_kept: bool = True, is_leaving: bool = False) -> OwnLine:
        return OwnLine(key, "stop", D(price), "stop", is_kept=is_kept, is_leaving=is_leaving)

    before = {line.key: line for line in (stop("a", 90), stop("b", 80), stop("mine", 70, is_kept=False))}
    now = {line.key: line for line in (stop("y", 81), stop("x", 91), stop("a", 90, is_kept=False))}
    assert successors(before, now) == {"a": "x", "b": "y"}
    assert successors(before, {"x": stop("x", 91)}) == {}, "of two one is left: nobody can say which"
    assert successors(before, before) == {}
    both = {line.key: line for line in (stop("x", 91), stop("a", 90, is_leaving=True), before["b"])}
    assert successors(before, both) == {"a": "x"}, "which it leaves its place to"
