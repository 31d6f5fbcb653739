from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.errors import InvariantBroken, UnrecognisedReply
from hlmaster.core.model import Instrument, Leverage, MarginMode, MarginTier, Side
from hlmaster.core.orders import CancelTarget, Grouping, Order, ReplyKind, TimeInForce, Trigger, TriggerKind
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
    action = actions.modify(CancelTarget("BTC", 77, CLOID), order(), MARKETS)
    assert texts(action).startswith('{"type":"batchModify","modifies":[{"oid":"' + CLOID + '","order":{"a":3,')
    assert '"oid":77,' in texts(actions.modify(CancelTarget("BTC", 77, None), order(), MARKETS))
    with pytest.raises(InvariantBroken):
        actions.modify(CancelTarget("BTC", None, None), order(), MARKETS)


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


def answer(*statuses: object, kind: str = "order") -> bytes:
    return json.dumps({"status": "ok", "response": {"type": kind, "data": {"statuses": list(statuses)}}}).encode()


RESTING = {"resting": {"oid": 5, "cloid": CLOID}}
FILLED = {"filled": {"oid": 6, "totalSz": "0.01", "avgPx": "97000.5"}}


def test_every_known_status_is_understood() -> None:
    replies = actions.read_reply(
        answer(RESTING, FILLED, "waitingForFill", "waitingForTrigger", "success", {"error": "Something new. asset=3"}),
        6,
    )
    kinds = [reply.kind.value for reply in replies]
    assert kinds == ["resting", "filled", "waiting", "waiting", "done", "rejected"]
    assert replies[0].order_id == 5
    assert (replies[1].filled_size, replies[1].average_price) == (Decimal("0.01"), Decimal("97000.5"))
    assert replies[5].text == "Something new. asset=3"


@pytest.mark.parametrize(
    "status",
    [
        None,
        3,
        [],
        {},
        "queued",
        {"resting": {}},
        {"resting": {"oid": "5"}},
        {"filled": {"oid": 6}},
        {"filled": {"oid": 6, "totalSz": "x", "avgPx": "1"}},
        {"filled": {"oid": 6, "totalSz": "NaN", "avgPx": "1"}},
        {"error": 5},
    ],
)
def test_an_unknown_status_is_never_a_failure(status: object) -> None:
    reply = actions.read_reply(answer(RESTING, status), 2)[1]
    assert reply.kind is ReplyKind.UNRECOGNISED


def test_one_error_for_a_batch_stands_for_every_item() -> None:
    replies = actions.read_reply(answer({"error": "Order has zero size."}), 3)
    assert [reply.kind for reply in replies] == [ReplyKind.REJECTED] * 3


def test_an_item_without_an_answer_is_unrecognised() -> None:
    replies = actions.read_reply(answer(RESTING, FILLED), 3)
    assert [reply.kind.value for reply in replies] == ["resting", "filled", "unrecognised"]
    assert len(actions.read_reply(answer(RESTING, FILLED), 1)) == 1


def test_a_refusal_of_the_whole_request_is_told_to_every_item() -> None:
    raw = b'{"status":"err","response":"User or API Wallet 0x12 does not exist."}'
    replies = actions.read_reply(raw, 2)
    assert [reply.kind for reply in replies] == [ReplyKind.REJECTED] * 2
    assert "approve the API wallet" in replies[0].text
    assert "0x12" in replies[0].text


def test_actions_without_statuses_are_done() -> None:
    raw = b'{"status":"ok","response":{"type":"default"}}'
    assert actions.read_reply(raw, 1)[0].kind is ReplyKind.DONE


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b"<html>",
        b'{"status":"ok"}',
        b'{"status":"maybe","response":"x"}',
        b'{"status":"err","response":{"a":1}}',
        b'{"status":"ok","response":{"type":"order"}}',
        b'{"status":"ok","response":{"type":"order","data":{}}}',
        b'{"status":"ok","response":{"type":"order","data":{"statuses":[]}}}',
        b'{"status":"ok","response":{"type":"order","data":[1]}}',
    ],
)
def test_an_answer_of_unknown_form_is_an_error_of_its_own(raw: bytes) -> None:
    with pytest.raises(UnrecognisedReply):
        actions.read_reply(raw, 1)


WORDS = ["status", "response", "type", "data", "statuses", "error", "resting", "filled", "oid"]
NONSENSE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["ok", "err", *WORDS]),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(WORDS), inner),
)


@given(NONSENSE, st.integers(1, 4))
def test_no_answer_whatever_is_taken_for_a_success_it_does_not_state(payload: object, items: int) -> None:
    try:
        replies = actions.read_reply(json.dumps(payload).encode(), items)
    except UnrecognisedReply:
        return
    assert len(replies) == items
    if any(reply.kind in (ReplyKind.RESTING, ReplyKind.FILLED) for reply in replies):
        assert '"oid"' in json.dumps(payload)


def test_texts_are_explained_by_their_beginning() -> None:
    assert "minimum of 10 USD" in actions.explain("Order must have minimum value of $10. asset=3")
    assert actions.explain("A text of next year") == ""
    prefixes = [prefix for prefix, _ in actions.EXPLANATIONS]
    assert len(set(prefixes)) == len(prefixes)
    for later, prefix in enumerate(prefixes):
        assert not any(prefix.startswith(earlier) for earlier in prefixes[:later]), f"{prefix!r} is never reached"


def test_a_duplicate_nonce_is_told_apart() -> None:
    assert actions.is_duplicate_nonce(b'{"status":"err","response":"Invalid nonce: duplicate nonce 17"}')
    assert not actions.is_duplicate_nonce(b'{"status":"err","response":"Action already expired"}')
    assert not actions.is_duplicate_nonce(b'{"status":"ok","response":{"type":"default"}}')
    assert not actions.is_duplicate_nonce(b"nonsense")
