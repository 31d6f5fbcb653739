"""Signer recovery: against recorded vectors and against the official client's own signing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import eth_account
import pytest
from hyperliquid.utils import signing

from hlmaster.exchange.simulator import schema, signatures
from hlmaster.exchange.simulator.signatures import Signature, read_signature, recover

VECTORS = Path(__file__).resolve().parents[4] / "shared" / "hyperliquid" / "signing_vectors.json"
KEY = "0x0123456789012345678901234567890123456789012345678901234567890123"
WALLET = eth_account.Account.from_key(KEY)
SIGNER = WALLET.address.lower()
NOW = 1_760_000_000_000
ORDER = {"a": 1, "b": True, "p": "100", "s": "0.02", "r": False, "t": {"limit": {"tif": "Gtc"}}}


def vectors(kind: str) -> list[dict[str, Any]]:
    if not VECTORS.exists():
        pytest.skip("the recorded signing vectors are not beside this checkout")
    found: list[dict[str, Any]] = json.loads(VECTORS.read_text())["vectors"]
    return [vector for vector in found if vector["kind"] == kind]


def test_recorded_l1_vectors_recover_to_their_signer() -> None:
    for vector in vectors("l1"):
        connection = signatures.connection_id(
            vector["action"], vector["nonce"], vector["vault_address"], vector["expires_after"]
        )
        assert "0x" + connection.hex() == vector["connection_id"], vector["id"]
        for network in ("mainnet", "testnet"):
            expected = vector[network]
            digest = signatures.l1_digest(connection, expected["source"])
            assert "0x" + digest.hex() == expected["signing_digest"], vector["id"]
            signature = read_signature(expected["signature"])
            assert signature is not None
            assert recover(digest, signature) == vector["signer"]


def test_recorded_user_signed_vectors_recover_to_their_signer() -> None:
    names = {"HyperliquidTransaction:" + form.name: kind for kind, form in schema.USER_SIGNED_ACTIONS.items()}
    for vector in vectors("user_signed"):
        action = {"signatureChainId": "0x66eee"} | vector["message"] | {"type": names[vector["primary_type"]]}
        digest = signatures.user_signed_digest(schema.rebuild_user_signed(action))
        assert "0x" + digest.hex() == vector["signing_digest"]
        signature = read_signature(vector["signature"])
        assert signature is not None
        assert recover(digest, signature) == vector["signer"]


def l1_signer(action: dict[str, Any], sent: dict[str, Any], vault: str | None, expires: int | None) -> str | None:
    """Who the venue takes for the signer when ``action`` was hashed and ``sent`` was posted."""
    signature = read_signature(signing.sign_l1_action(WALLET, action, vault, NOW, expires, False))
    assert signature is not None
    rebuilt = schema.rebuild_l1(json.loads(json.dumps(sent)))
    return recover(signatures.l1_digest(signatures.connection_id(rebuilt, NOW, vault, expires), "b"), signature)


L1_SAMPLES: list[dict[str, Any]] = [
    {"type": "order", "orders": [ORDER], "grouping": "na"},
    {"type": "order", "orders": [ORDER | {"c": "0x" + "0f" * 16}], "grouping": "normalTpsl"},
    {"type": "order", "orders": [ORDER], "grouping": "na", "builder": {"b": "0x" + "ab" * 20, "f": 10}},
    {
        "type": "order",
        "orders": [ORDER | {"t": {"trigger": {"isMarket": True, "triggerPx": "90", "tpsl": "sl"}}}],
        "grouping": "positionTpsl",
    },
    {"type": "cancel", "cancels": [{"a": 1, "o": 500_000_000_001}]},
    {"type": "cancelByCloid", "cancels": [{"asset": 1, "cloid": "0x" + "00" * 16}]},
    {"type": "scheduleCancel"},
    {"type": "scheduleCancel", "time": NOW + 9000},
    {"type": "modify", "oid": 7, "order": ORDER},
    {"type": "batchModify", "modifies": [{"oid": "0x" + "01" * 16, "order": ORDER}], "a": True},
    {"type": "updateLeverage", "asset": 1, "isCross": True, "leverage": 5},
    {"type": "updateIsolatedMargin", "asset": 1, "isBuy": True, "ntli": -1_000_000},
    {
        "type": "twapOrder",
        "twap": {"a": 1, "b": True, "s": "1", "r": False, "m": 5, "t": True},
        "details": {"t": None, "s": None},
    },
    {"type": "setReferrer", "code": "FRIEND"},
    {"type": "noop"},
]


@pytest.mark.parametrize("action", L1_SAMPLES, ids=lambda action: str(action["type"]))
@pytest.mark.parametrize(("vault", "expires"), [(None, None), ("0x" + "12" * 20, None), (None, NOW + 5)])
def test_the_official_clients_actions_recover_to_its_wallet(
    action: dict[str, Any], vault: str | None, expires: int | None
) -> None:
    assert l1_signer(action, action, vault, expires) == SIGNER


def test_the_clients_own_key_order_does_not_matter_but_what_it_hashed_does() -> None:
    action = L1_SAMPLES[0]
    shuffled = {"grouping": "na", "orders": [dict(reversed(ORDER.items()))], "type": "order"}
    assert l1_signer(action, shuffled, None, None) == SIGNER
    assert l1_signer(shuffled, shuffled, None, None) != SIGNER


@pytest.mark.parametrize("change", [{"p": "100.0"}, {"s": "0.020"}, {"c": "0x" + "AB" * 16}, {"c": None}], ids=str)
def test_numbers_and_ids_that_are_not_in_their_own_form_recover_to_a_stranger(change: dict[str, Any]) -> None:
    action = {"type": "order", "orders": [ORDER | change], "grouping": "na"}
    assert l1_signer(action, action, None, None) != SIGNER


def test_user_signed_actions_of_the_official_client_recover_to_its_wallet() -> None:
    send: dict[str, Any] = {"destination": "0x" + "Ab" * 20, "amount": "12.5", "time": NOW, "type": "usdSend"}
    agent: dict[str, Any] = {"type": "approveAgent", "agentAddress": WALLET.address, "agentName": "", "nonce": NOW}
    builder: dict[str, Any] = {
        "type": "approveBuilderFee",
        "maxFeeRate": "0.05%",
        "builder": "0x" + "cd" * 20,
        "nonce": NOW,
    }
    transfer: dict[str, Any] = {"type": "usdClassTransfer", "amount": "1", "toPerp": True, "nonce": NOW}
    signed = (
        (send, signing.sign_usd_transfer_action),
        (agent, signing.sign_agent),
        (builder, signing.sign_approve_builder_fee),
        (transfer, signing.sign_usd_class_transfer_action),
    )
    for action, sign in signed:
        signature = read_signature(sign(WALLET, action, True))
        assert signature is not None
        if action.get("agentName") == "":
            del action["agentName"]
        assert recover(signatures.user_signed_digest(schema.rebuild_user_signed(action)), signature) == SIGNER


@pytest.mark.parametrize(
    "broken",
    [None, {}, {"r": "0x1", "s": "0x1"}, {"r": "zz", "s": "0x1", "v": 27}, {"r": "0x0", "s": "0x1", "v": 27},
     {"r": "0x1", "s": "0x1", "v": 5}, {"r": 1, "s": 2, "v": 27}],
)  # fmt: skip
def test_what_is_no_signature_is_told_apart(broken: Any) -> None:
    assert read_signature(broken) is None


def test_a_point_off_the_curve_recovers_to_nobody() -> None:
    assert recover(bytes(32), Signature(5, 1, 27)) is None


@pytest.mark.parametrize(
    "action",
    [
        {"type": "nonsense"},
        {},
        {"type": "order", "orders": [], "grouping": "odd"},
        {"type": "order", "orders": [ORDER | {"a": -1}], "grouping": "na"},
        {"type": "order", "orders": [ORDER | {"p": "1e999999999999"}], "grouping": "na"},
        {"type": "order", "orders": [ORDER | {"p": "NaN"}], "grouping": "na"},
        {"type": "order", "orders": [ORDER | {"b": 1}], "grouping": "na"},
        {"type": "cancelByCloid", "cancels": [{"a": 1, "c": "0x" + "00" * 16}]},
        {"type": "updateLeverage", "asset": 1, "isCross": True},
    ],
)
def test_an_action_of_another_form_is_malformed(action: dict[str, Any]) -> None:
    with pytest.raises(schema.Malformed):
        schema.rebuild_l1(action)
