"""Answers to actions: a success only in its exact form, a failure only where it is stated, all else is in doubt."""

from __future__ import annotations

import copy
import json
import random
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hlmaster.core.errors import UnrecognisedReply
from hlmaster.core.model import Side
from hlmaster.core.orders import ActionItem, ActionKind, Order, OrderReply, Prepared, ReplyKind
from hlmaster.exchange.hyperliquid import replies

NAMES = tuple(f"0x{number:032x}" for number in range(1, 7))
SUCCESSES = (ReplyKind.RESTING, ReplyKind.FILLED, ReplyKind.WAITING, ReplyKind.DONE)


def sent(items: int = 1, kind: ActionKind = ActionKind.ORDER) -> Prepared:
    """An action about ``items`` orders of one coin each."""
    orders = [Order("BTC", Side.BUY, Decimal(1), Decimal(97_000), client_order_id=name) for name in NAMES[:items]]
    about = tuple(ActionItem(one.client_order_id, order=one) for one in orders)
    return Prepared(kind, b"", "hash", 1, 2, about)


def read(payload: object, items: int = 1, kind: ActionKind = ActionKind.ORDER) -> tuple[OrderReply, ...]:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return replies.read_reply(raw, sent(items, kind))


def answer(*statuses: object, kind: str = "order") -> dict[str, Any]:
    return {"status": "ok", "response": {"type": kind, "data": {"statuses": list(statuses)}}}


RESTING = {"resting": {"oid": 5, "cloid": NAMES[0]}}
FILLED = {"filled": {"oid": 6, "totalSz": "0.01", "avgPx": "97000.5"}}


def test_every_known_status_is_understood() -> None:
    found = read(answer(RESTING, FILLED, "waitingForFill", "waitingForTrigger", {"error": "Something new. asset=3"}), 5)
    assert [reply.kind.value for reply in found] == ["resting", "filled", "waiting", "waiting", "rejected"]
    assert found[0].order_id == 5
    assert (found[1].filled_size, found[1].average_price) == (Decimal("0.01"), Decimal("97000.5"))
    assert found[4].text == "Something new. asset=3"
    cancelled = read(answer("success", {"error": "Order was never placed."}, kind="cancel"), 2, ActionKind.CANCEL)
    assert [reply.kind for reply in cancelled] == [ReplyKind.DONE, ReplyKind.REJECTED]


@pytest.mark.parametrize(
    "status",
    [
        None,
        3,
        [],
        {},
        "queued",
        "success",
        {"resting": {}},
        {"resting": {"oid": "5"}},
        {"resting": {"oid": True}},
        {"resting": {"oid": -1}},
        {"resting": {"oid": 5, "cloid": NAMES[5]}},
        {"resting": {"oid": 5}, "error": "both"},
        {"filled": {"oid": 6}},
        {"filled": {"oid": 6, "totalSz": "x", "avgPx": "1"}},
        {"filled": {"oid": 6, "totalSz": "NaN", "avgPx": "1"}},
        {"filled": {"oid": 6, "totalSz": "-1", "avgPx": "1"}},
        {"filled": {"oid": 6, "totalSz": "1.5", "avgPx": "1"}},
        {"filled": {"oid": 6, "totalSz": "0.5", "avgPx": "0"}},
        {"error": 5},
    ],
)
def test_an_unknown_status_is_neither_success_nor_failure(status: object) -> None:
    assert read(answer(RESTING, status), 2)[1].kind is ReplyKind.UNRECOGNISED


@pytest.mark.parametrize("status", [RESTING, FILLED, "waitingForFill"])
def test_a_cancel_is_not_answered_like_an_order(status: object) -> None:
    assert read(answer(status, kind="cancel"), 1, ActionKind.CANCEL)[0].kind is ReplyKind.UNRECOGNISED


def test_one_error_in_known_words_stands_for_a_whole_batch() -> None:
    assert [reply.kind for reply in read(answer({"error": "Order has zero size."}), 3)] == [ReplyKind.REJECTED] * 3
    unknown = [reply.kind for reply in read(answer({"error": "What next year says."}), 3)]
    assert unknown == [ReplyKind.REJECTED, ReplyKind.UNRECOGNISED, ReplyKind.UNRECOGNISED]


def test_an_item_without_an_answer_is_unrecognised_and_an_answer_too_many_spoils_all() -> None:
    assert [reply.kind.value for reply in read(answer(RESTING, FILLED), 3)] == ["resting", "filled", "unrecognised"]
    with pytest.raises(UnrecognisedReply, match="2 answers to 1 items"):
        read(answer(RESTING, FILLED), 1)


def test_a_refusal_of_the_whole_request_is_told_to_every_item() -> None:
    found = read({"status": "err", "response": "User or API Wallet 0x12 does not exist."}, 2)
    assert [reply.kind for reply in found] == [ReplyKind.REJECTED] * 2
    assert "approve the API wallet" in found[0].text
    assert "0x12" in found[0].text


@pytest.mark.parametrize("text", ["Internal error.", "", "Invalid nonce: duplicate nonce 17"])
def test_a_refusal_in_words_that_prove_nothing_leaves_the_outcome_open(text: str) -> None:
    with pytest.raises(UnrecognisedReply, match="prove nothing"):
        read({"status": "err", "response": text})


def test_an_action_on_the_account_is_done_and_an_order_is_never_merely_done() -> None:
    done = {"status": "ok", "response": {"type": "default"}}
    assert read(done, 1, ActionKind.LEVERAGE)[0].kind is ReplyKind.DONE
    for kind in (ActionKind.ORDER, ActionKind.MODIFY, ActionKind.CANCEL):
        with pytest.raises(UnrecognisedReply, match="type default"):
            read(done, 1, kind)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b"<html>",
        b"\xff\xfe",
        b'{"status":"ok"}',
        b'{"status":"maybe","response":"x"}',
        b'{"status":"err","response":{"a":1}}',
        b'{"status":"ok","response":{"type":"order"}}',
        b'{"status":"ok","response":{"type":"order","data":{}}}',
        b'{"status":"ok","response":{"type":"cancel","data":{"statuses":["success"]}}}',
        b'{"status":"ok","response":{"type":"order","data":{"statuses":[]}}}',
        b'{"status":"ok","response":{"type":"order","data":[1]}}',
        b'{"status":"ok","response":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    ],
)
def test_an_answer_of_unknown_form_is_an_error_of_its_own(raw: bytes) -> None:
    with pytest.raises(UnrecognisedReply):
        read(raw)


def test_texts_are_explained_by_their_beginning() -> None:
    assert "minimum of 10 USD" in replies.explain("Order must have minimum value of $10. asset=3")
    assert replies.explain("A text of next year") == ""
    prefixes = [prefix for prefix, _ in replies.EXPLANATIONS]
    assert len(set(prefixes)) == len(prefixes)
    for later, prefix in enumerate(prefixes):
        assert not any(prefix.startswith(earlier) for earlier in prefixes[:later]), f"{prefix!r} is never reached"


def test_a_used_nonce_and_an_expiry_are_told_apart() -> None:
    used, expired = "Invalid nonce: duplicate nonce 17", "Action already expired"
    for text, says in ((used, (True, False)), (expired, (False, True))):
        raw = json.dumps({"status": "err", "response": text}).encode()
        assert (replies.says_nonce_used(raw), replies.says_expired(raw)) == says
    for raw in (b'{"status":"ok","response":{"type":"default"}}', b"nonsense"):
        assert not replies.says_nonce_used(raw)
        assert not replies.says_expired(raw)


# --- mutations, judged by a grammar of the test's own ---


def stated(payload: object, items: int, kind: ActionKind) -> list[bool | None]:
    """What an answer states about each item: True success, False failure, None nothing that may be relied on."""
    nothing: list[bool | None] = [None] * items
    if not isinstance(payload, dict) or not isinstance(response := payload.get("response"), str | dict):
        return nothing
    if payload.get("status") == "err" and isinstance(response, str):
        known = any(response.startswith(prefix) for prefix, _ in replies.EXPLANATIONS)
        return [False] * items if known and "duplicate nonce" not in response else nothing
    if payload.get("status") != "ok" or not isinstance(response, dict):
        return nothing
    data = response.get("data")
    if kind is ActionKind.LEVERAGE:
        return [True] * items if response.get("type") == "default" and data is None else nothing
    if response.get("type") != ("cancel" if kind is ActionKind.CANCEL else "order"):
        return nothing
    if not isinstance(data, dict) or data.keys() != {"statuses"} or not isinstance(data["statuses"], list):
        return nothing
    told = [stated_of(one, NAMES[number], kind) for number, one in enumerate(data["statuses"][: len(NAMES)])]
    if not 0 < len(data["statuses"]) <= items:
        return nothing
    if told == [False] and any(data["statuses"][0]["error"].startswith(one) for one, _ in replies.EXPLANATIONS):
        return [False] * items
    return told + [None] * (items - len(told))


def stated_of(status: object, name: str, kind: ActionKind) -> bool | None:
    if kind is ActionKind.CANCEL and status == "success":
        return True
    if kind is ActionKind.ORDER and status in ("waitingForFill", "waitingForTrigger"):
        return True
    if not isinstance(status, dict) or len(status) != 1:
        return None
    [(word, body)] = status.items()
    if word == "error":
        return False if isinstance(body, str) else None
    if kind is not ActionKind.ORDER or word not in ("resting", "filled") or not isinstance(body, dict):
        return None
    order_id = body.get("oid")
    if type(order_id) is not int or not 0 <= order_id < 2**63 or body.get("cloid") not in (None, name):
        return None
    if word == "filled":
        try:
            size, price = (Decimal(body[field]) for field in ("totalSz", "avgPx") if isinstance(body[field], str))
        except (KeyError, ArithmeticError, ValueError):
            return None
        if not (size.is_finite() and price.is_finite() and 0 < size <= 1 and price > 0):
            return None
    return True


SEEDS: list[tuple[ActionKind, int, dict[str, Any]]] = [
    (ActionKind.ORDER, 1, answer(RESTING)),
    (ActionKind.ORDER, 1, answer(FILLED)),
    (ActionKind.ORDER, 3, answer(RESTING, {"error": "Insufficient margin to place order. asset=1"}, "waitingForFill")),
    (ActionKind.ORDER, 3, answer({"error": "Order has zero size."})),
    (ActionKind.CANCEL, 2, answer("success", {"error": "Order was never placed"}, kind="cancel")),
    (ActionKind.LEVERAGE, 1, {"status": "ok", "response": {"type": "default"}}),
    (ActionKind.ORDER, 2, {"status": "err", "response": "Invalid nonce: duplicate nonce 17"}),
    (ActionKind.ORDER, 2, {"status": "err", "response": "Action already expired"}),
]
VALUES: list[Any] = [None, True, 0, -1, 5, 2**70, 1.5, "", "ok", "err", "order", "cancel", "default", "success"]
VALUES += [
    "error",
    "NaN",
    "waitingForFill",
    "0.01",
    "1e9",
    "resting",
    "filled",
    [],
    {},
    RESTING,
    FILLED,
    {"error": "x"},
    [RESTING],
]
KEYS = [
    "status",
    "response",
    "type",
    "data",
    "statuses",
    "error",
    "resting",
    "filled",
    "oid",
    "cloid",
    "totalSz",
    "avgPx",
]


def places(node: Any) -> list[tuple[Any, Any]]:
    """Every container with every key or index in it."""
    found = []
    for key in list(node) if isinstance(node, dict) else range(len(node)):
        found.append((node, key))
        if isinstance(node[key], dict | list):
            found += places(node[key])
    return found


def mutated(payload: dict[str, Any], dice: random.Random) -> Any:
    changed = copy.deepcopy(payload)
    for _ in range(dice.choice((1, 1, 2, 3))):
        node, key = dice.choice(places(changed) or [({"": 0}, "")])
        match dice.randrange(4):
            case 0:
                node[key] = copy.deepcopy(dice.choice(VALUES))
            case 1:
                del node[key]
            case 2 if isinstance(node, dict):
                node[dice.choice(KEYS)] = node.pop(key)
            case _:
                if isinstance(node, list):
                    node.append(copy.deepcopy(dice.choice((node[key], *VALUES))))
                else:
                    node[dice.choice(KEYS)] = copy.deepcopy(dice.choice(VALUES))
    return changed


def believed(raw: bytes, items: int, kind: ActionKind) -> list[bool | None]:
    try:
        found = replies.read_reply(raw, sent(items, kind))
    except UnrecognisedReply:
        return [None] * items
    kinds = [reply.kind for reply in found]
    return [True if kind in SUCCESSES else False if kind is ReplyKind.REJECTED else None for kind in kinds]


def test_fifty_thousand_mutations_are_believed_exactly_as_far_as_they_go() -> None:
    dice = random.Random(6)
    verdicts = {True: 0, False: 0, None: 0}
    for _ in range(50_000):
        kind, items, seed = dice.choice(SEEDS)
        payload = mutated(seed, dice)
        wanted = stated(payload, items, kind)
        assert believed(json.dumps(payload).encode(), items, kind) == wanted, payload
        for verdict in wanted:
            verdicts[verdict] += 1
    assert min(verdicts.values()) > 5_000


def test_an_answer_with_bytes_that_are_no_text_is_not_understood_wherever_they_stand() -> None:
    kind, items, payload = SEEDS[2]
    whole = json.dumps(payload).encode()
    for place in range(len(whole)):
        raw = whole[:place] + b"\x80" + whole[place + 1 :]
        assert believed(raw, items, kind) == [None] * items, raw


@settings(max_examples=1_000)
@given(st.sampled_from(SEEDS), st.data())
def test_damaged_bytes_never_become_a_success_of_another_kind(
    seed: tuple[ActionKind, int, dict[str, Any]], data: st.DataObject
) -> None:
    kind, items, payload = seed
    raw = bytearray(json.dumps(payload).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(raw[: data.draw(st.integers(0, len(raw)))])
    try:
        decoded = json.loads(cut)
    except (ValueError, RecursionError):
        decoded = None
    assert [one for one in believed(cut, items, kind) if one is not None] == [
        one for one in stated(decoded, items, kind) if one is not None
    ]
