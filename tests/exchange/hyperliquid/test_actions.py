from __future__ import annotations

import json
from decimal import Decimal

import pytest

from hlmaster.core.errors import InvariantBroken
from hlmaster.core.model import Instrument, Leverage, MarginMode, MarginTier, Side
from hlmaster.core.orders import CancelTarget, Grouping, Order, TimeInForce, Trigger, TriggerKind
from hlmaster.exchange.hyperliquid import actions

CLOID = "0x" + "ab" * 16
TIERS = (MarginTier(Decimal(0), 40),)
MARKETS = {"BTC": Instrument("BTC", 3, 5, 40, TIERS), "ETH": Instrument("ETH", 4, 4, 25, TIERS)}


def order(**changes: object) -> Order:
    fields: dict[str, object] = {
        "coin": "BTC",
        "side": Side.BUY,
        "size": Decimal("0.02000"),
        "price": Decimal("97000.0"),
        "client_order_id": CLOID,
    }
    return Order(**(fields | changes))  # type: ignore[arg-type]


def texts(action: object) -> str:
    return json.dumps(action, separators=(",", ":"))


@pytest.mark.parametrize(
    ("placed", "entry"),
    [
        (order(), '{"a":3,"b":true,"p":"97000","s":"0.02","r":false,"t":{"limit":{"tif":"Gtc"}},"c":"CLOID"}'),
        (
            order(side=Side.SELL, time_in_force=TimeInForce.ALO, reduce_only=True),
            '{"a":3,"b":false,"p":"97000","s":"0.02","r":true,"t":{"limit":{"tif":"Alo"}},"c":"CLOID"}',
        ),
        (
            order(market=True),
            '{"a":3,"b":true,"p":"97000","s":"0.02","r":false,"t":{"limit":{"tif":"Ioc"}},"c":"CLOID"}',
        ),
        (
            order(reduce_only=True, trigger=Trigger(Decimal("95000.50"), TriggerKind.STOP, market=True)),
            '{"a":3,"b":true,"p":"97000","s":"0.02","r":true,'
            '"t":{"trigger":{"isMarket":true,"triggerPx":"95000.5","tpsl":"sl"}},"c":"CLOID"}',
        ),
    ],
)
def test_orders_are_written_in_the_order_of_keys_that_is_hashed(placed: Order, entry: str) -> None:
    action = actions.place([placed], Grouping.NONE, MARKETS)
    wanted = '{"type":"order","orders":[' + entry.replace("CLOID", CLOID) + '],"grouping":"na"}'
    assert texts(action) == wanted


def test_a_modification_names_the_old_order_by_client_id_first() -> None:
    action = actions.modify([(CancelTarget("BTC", 77, CLOID), order())], MARKETS)
    assert texts(action).startswith('{"type":"batchModify","modifies":[{"oid":"' + CLOID + '","order":{"a":3,')
    assert '"oid":77,' in texts(actions.modify([(CancelTarget("BTC", 77, None), order())], MARKETS))
    with pytest.raises(InvariantBroken):
        actions.modify([(CancelTarget("BTC", None, None), order())], MARKETS)


def test_cancels_go_by_client_ids_where_all_have_one_else_by_venue_ids() -> None:
    both, venues_only, ours_only = (
        CancelTarget("BTC", 5, CLOID),
        CancelTarget("ETH", 6, None),
        CancelTarget("ETH", None, CLOID),
    )
    assert texts(actions.cancel([both, ours_only], MARKETS)) == (
        f'{{"type":"cancelByCloid","cancels":[{{"asset":3,"cloid":"{CLOID}"}},{{"asset":4,"cloid":"{CLOID}"}}]}}'
    )
    assert texts(actions.cancel([both, venues_only], MARKETS)) == (
        '{"type":"cancel","cancels":[{"a":3,"o":5},{"a":4,"o":6}]}'
    )
    for impossible in ([venues_only, ours_only], []):
        with pytest.raises(InvariantBroken):
            actions.cancel(impossible, MARKETS)


def test_account_actions() -> None:
    assert texts(actions.update_leverage("ETH", Leverage(MarginMode.ISOLATED, 7), MARKETS)) == (
        '{"type":"updateLeverage","asset":4,"isCross":false,"leverage":7}'
    )
    assert texts(actions.update_isolated_margin("ETH", Decimal("-1.50"), MARKETS)) == (
        '{"type":"updateIsolatedMargin","asset":4,"isBuy":true,"ntli":-1500000}'
    )
    with pytest.raises(InvariantBroken):
        actions.update_isolated_margin("ETH", Decimal("0.0000001"), MARKETS)
    assert texts(actions.schedule_cancel(None)) == '{"type":"scheduleCancel"}'
    assert texts(actions.schedule_cancel(5)) == '{"type":"scheduleCancel","time":5}'


def test_a_coin_that_is_not_listed_can_be_in_no_action() -> None:
    with pytest.raises(InvariantBroken, match="GONE"):
        actions.place([order(coin="GONE")], Grouping.NONE, MARKETS)
