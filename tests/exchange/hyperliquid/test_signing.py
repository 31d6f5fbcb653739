from __future__ import annotations

import copy
import json
import pickle
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hlmaster.core.errors import SigningError
from hlmaster.exchange.hyperliquid import signing
from hlmaster.exchange.hyperliquid.signing import Network, Signature, Signer

VECTORS = Path(__file__).resolve().parents[4] / "shared" / "hyperliquid" / "signing_vectors.json"
KEY = "0x0123456789012345678901234567890123456789012345678901234567890123"
ADDRESS = "0x14791697260e4c9a71f18484c9f997b308e59325"


@pytest.fixture(scope="module")
def vectors() -> list[dict[str, Any]]:
    if not VECTORS.is_file():
        pytest.skip("The signing vectors are not part of this checkout.")
    found: list[dict[str, Any]] = json.loads(VECTORS.read_text(encoding="utf-8"))["vectors"]
    return [vector for vector in found if vector["kind"] == "l1"]


def test_the_second_reckoning_reaches_every_published_digest(vectors: list[dict[str, Any]]) -> None:
    for vector in vectors:
        facts = (vector["action"], vector["nonce"], vector["expires_after"])
        vault = vector["vault_address"]
        assert "0x" + signing.connection_id(*facts, vault).hex() == vector["connection_id"], vector["id"]
        for network in Network:
            published = vector[network.name.lower()]
            digest = signing.digest(*facts, network, vault)
            assert "0x" + digest.hex() == published["signing_digest"], vector["id"]
            signature = Signature(**published["signature"])
            assert signing.recover(digest, signature) == vector["signer"].lower(), vector["id"]


def test_signatures_equal_the_published_ones(vectors: list[dict[str, Any]]) -> None:
    for vector in vectors:
        if vector["vault_address"] is not None:
            continue
        signer = Signer(vector["private_key"])
        for network in Network:
            signature = signer.sign(vector["action"], vector["nonce"], vector["expires_after"], network)
            wanted = vector[network.name.lower()]["signature"]
            assert (int(signature.r, 16), int(signature.s, 16)) == (int(wanted["r"], 16), int(wanted["s"], 16))
            assert signature.v == wanted["v"]


@given(
    asset=st.integers(0, 300_000),
    nonce=st.integers(1_600_000_000_000, 2_000_000_000_000),
    expires=st.none() | st.integers(1_600_000_000_000, 2_000_000_000_000),
    price=st.decimals("0.000001", "1000000", places=6),
    network=st.sampled_from(Network),
)
@settings(max_examples=100)
def test_any_action_signs_for_our_address_on_its_network_only(
    asset: int, nonce: int, expires: int | None, price: Decimal, network: Network
) -> None:
    action = {"type": "order", "orders": [{"a": asset, "p": str(price), "r": False}], "grouping": "na"}
    signature = Signer(KEY).sign(action, nonce, expires, network)
    other = Network.TESTNET if network is Network.MAINNET else Network.MAINNET
    assert signing.recover(signing.digest(action, nonce, expires, network), signature) == ADDRESS
    assert signing.recover(signing.digest(action, nonce, expires, other), signature) != ADDRESS


def test_a_signature_that_does_not_prove_our_address_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    signer = Signer(KEY)
    signer.address = "0x" + "00" * 20
    with pytest.raises(SigningError, match="nothing was sent"):
        signer.sign({"type": "noop"}, 1, None, Network.TESTNET)


@pytest.mark.parametrize("key", ["", "0x", "12", "zz" * 32, "00" * 32, "ff" * 32, KEY + "00"])
def test_a_bad_key_is_an_error_that_does_not_repeat_it(key: str) -> None:
    with pytest.raises(SigningError) as caught:
        Signer(key)
    assert not key[2:] or key[2:] not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_signer_gives_its_key_to_nobody() -> None:
    signer = Signer(KEY)
    secret = KEY[2:]
    assert signer.address == ADDRESS
    for text in (repr(signer), str(signer), f"{signer}"):
        assert secret not in text
    for leak in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            leak(signer)
    with pytest.raises(SigningError):
        signer.export_key()


def test_a_generated_wallet_can_be_stored_and_made_again() -> None:
    signer = Signer.generate()
    assert signer.worthless
    again = Signer(signer.export_key(), worthless=True)
    assert again.address == signer.address != Signer.generate().address
