"""Every recorded payload is decoded by the adapter, or is named here with the reason why it is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hlmaster.core.events import BookSnapshot
from hlmaster.core.model import Side
from hlmaster.core.orders import ActionItem, ActionKind, Order, Prepared, ReplyKind
from hlmaster.exchange.hyperliquid import account, codec, replies
from hlmaster.exchange.hyperliquid.instruments import read_meta

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "hyperliquid" / "fixtures"
USER = "0x5e9ee1089755c3435139848e47e6635505d5a13a"

Reader = Callable[[bytes], Any]
ANSWERS: dict[str, Reader] = {
    "activeAssetData": codec.ACTIVE_ASSET.read,
    "allMids": codec.MIDS.read,
    "candleSnapshot": lambda raw: codec.candle_block(codec.CANDLES.read(raw)),
    "clearinghouseState": lambda raw: account.account(codec.STATE.read(raw), USER),
    "frontendOpenOrders": lambda raw: account.open_orders(codec.ORDERS.read(raw)),
    "fundingHistory": codec.FUNDING_HISTORY.read,
    "historicalOrders": lambda raw: [account.reported_order(row) for row in codec.ORDER_HISTORY.read(raw)],
    "l2Book": lambda raw: codec.book_snapshot(codec.BOOK.read(raw)),
    "meta": read_meta,
    "metaAndAssetCtxs": codec.CONTEXTS.read,
    "openOrders": lambda raw: account.open_orders(codec.ORDERS.read(raw)),
    "orderStatus": codec.ORDER.read,
    "userFees": codec.FEES.read,
    "userFills": lambda raw: account.fills(codec.FILLS.read(raw), USER),
    "userFillsByTime": lambda raw: account.fills(codec.FILLS.read(raw), USER),
    "userFunding": codec.FUNDING.read,
    "userNonFundingLedgerUpdates": lambda raw: account.cash_moves(codec.LEDGER.read(raw), USER),
    "userRateLimit": codec.RATE_LIMIT.read,
}
ACTIONS = {
    "exchange_order": ActionKind.ORDER,
    "exchange_cancel": ActionKind.CANCEL,
    "exchange_error": ActionKind.ORDER,
    "exchange_updateLeverage": ActionKind.LEVERAGE,
}
NOT_DECODED = {
    "allPerpMetas": "only the first dex is traded",
    "delegatorHistory": "staking is not offered",
    "exchange_twapCancel": "the venue's own TWAP is not used",
    "exchange_twapOrder": "the venue's own TWAP is not used",
    "extraAgents": "API wallets are approved at the venue's site, not here",
    "maxBuilderFee": "no builder fee is ever sent",
    "perpDeployAuctionStatus": "listing markets is not offered",
    "perpDexLimits": "only the first dex is traded",
    "perpDexStatus": "only the first dex is traded",
    "perpDexs": "only the first dex is traded",
    "perpsAtOpenInterestCap": "the venue says so itself when an order meets the cap",
    "portfolio": "our own ledger draws the equity curve",
    "predictedFundings": "the context carries this venue's rate; others' are not shown",
    "referral": "referrals are not used",
    "spotClearinghouseState": "spot is not traded",
    "spotMeta": "spot is not traded",
    "spotMetaAndAssetCtxs": "spot is not traded",
    "subAccounts": "one account per session",
    "tokenDetails": "spot is not traded",
    "userRole": "the account's address is given, not guessed from a key",
    "userTwapSliceFills": "the venue's own TWAP is not used",
    "userVaultEquities": "vaults are not used",
    "vaultDetails": "vaults are not used",
}
IGNORED_FRAMES = {"ws_allDexsAssetCtxs", "ws_fastAssetCtxs", "ws_post", "ws_user"}


def cases() -> list[tuple[str, dict[str, Any]]]:
    return [
        (path.stem, case)
        for path in sorted(FOLDER.glob("*.json"))
        for case in json.loads(path.read_text(encoding="utf-8"))["cases"]
    ]


def raw(payload: object) -> bytes:
    return json.dumps(payload, separators=(",", ":")).encode()


def named(case: object) -> str:
    return case if isinstance(case, str) else str(case["id"]) if isinstance(case, dict) else ""


@pytest.fixture(scope="module")
def recorded() -> list[tuple[str, dict[str, Any]]]:
    if not FOLDER.is_dir():
        pytest.skip("The recorded payloads are not part of this checkout.")
    return cases()


def test_every_recording_is_decoded_or_named_as_not_decoded(recorded: list[tuple[str, dict[str, Any]]]) -> None:
    names = {name for name, _ in recorded}
    frames = {name for name in names if name.startswith("ws_")}
    assert names == ANSWERS.keys() | ACTIONS.keys() | NOT_DECODED.keys() | frames
    assert not ANSWERS.keys() & NOT_DECODED.keys()


def test_every_recorded_answer_decodes(recorded: list[tuple[str, dict[str, Any]]]) -> None:
    read = [(name, ANSWERS[name](raw(case["response"]))) for name, case in recorded if name in ANSWERS]
    assert {name for name, _ in read} == ANSWERS.keys()
    assert all(value is not None for _, value in read)


def test_every_recorded_frame_becomes_a_fact_or_belongs_to_an_ignored_channel(
    recorded: list[tuple[str, dict[str, Any]]],
) -> None:
    for name, case in recorded:
        if not name.startswith("ws_"):
            continue
        heard = codec.read_frame(raw(case["response"]), lambda: 7)
        ignored = isinstance(heard, codec.Ignored)
        assert ignored == (name in IGNORED_FRAMES), name
        if isinstance(heard, codec.Ignored):
            assert heard.known
        if "ack" in case:
            ack = codec.read_frame(raw(case["ack"]), lambda: 7)
            assert isinstance(ack, codec.Acknowledgement)


def test_every_recorded_answer_to_an_action_is_recognised(recorded: list[tuple[str, dict[str, Any]]]) -> None:
    for name, case in recorded:
        if name not in ACTIONS:
            continue
        answer = raw(case["response"])
        if replies.says_nonce_used(answer):
            continue
        told = case["response"]["response"]
        items = len(told["data"]["statuses"]) if isinstance(told, dict) and "data" in told else 1
        found = replies.read_reply(answer, action_answered_by(case["response"], ACTIONS[name], items))
        assert len(found) == items
        assert all(reply.kind is not ReplyKind.UNRECOGNISED for reply in found)


def action_answered_by(payload: dict[str, Any], kind: ActionKind, items: int) -> Prepared:
    """An action whose orders bear the names that the recorded answer gives them."""
    told = payload["response"]
    statuses = told["data"]["statuses"] if isinstance(told, dict) and "data" in told else [None] * items
    bodies = [next(iter(status.values())) if isinstance(status, dict) else None for status in statuses]
    names = [body.get("cloid") or "0x0" if isinstance(body, dict) else "0x0" for body in bodies]
    orders = [Order("BTC", Side.BUY, Decimal(10**6), Decimal(1), client_order_id=name) for name in names]
    return Prepared(kind, b"", "", 1, 2, tuple(ActionItem(order.client_order_id, order=order) for order in orders))


def test_a_frame_with_spaces_or_another_key_order_reads_the_same(recorded: list[tuple[str, dict[str, Any]]]) -> None:
    frame = next(case["response"] for name, case in recorded if name == "ws_l2Book")
    plain = codec.read_frame(raw(frame), lambda: 0)
    assert isinstance(plain, BookSnapshot)
    for text in (json.dumps(frame), json.dumps(dict(reversed(frame.items()))), json.dumps(frame, indent=1)):
        assert codec.read_frame(text.encode(), lambda: 0) == plain
