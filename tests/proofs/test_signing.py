"""The venue takes us for who we are: published vectors and random actions, judged by a signature of the tests' own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.proofs.keccak import keccak256
from tests.proofs.secp256k1 import recover
from tests.proofs.signing import SigningProof
from tests.proofs.venue_signature import address, address_of, connection_id, digest, pack, user_signed_digest

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "hyperliquid" / "signing_vectors.json"


@pytest.mark.parametrize("seed", range(5))
def test_a_thousand_random_actions_of_every_kind_are_recovered_to_their_signer(seed: int) -> None:
    found = SigningProof(seed).run(1_000)
    assert found.wrong == []
    assert found.cases == 1_000
    assert len(found.kinds) >= 7


@pytest.fixture(scope="module")
def vectors() -> list[dict[str, Any]]:
    if not VECTORS.is_file():
        pytest.skip("The signing vectors are not part of this checkout.")
    found: list[dict[str, Any]] = json.loads(VECTORS.read_text(encoding="utf-8"))["vectors"]
    return found


def test_the_oracle_reaches_every_published_vector(vectors: list[dict[str, Any]]) -> None:
    for vector in vectors:
        assert address_of(vector["private_key"]) == vector["signer"].lower()
        if vector["kind"] == "user_signed":
            signed = user_signed_digest(vector["primary_type"], vector["types"], vector["message"])
            _check(signed, vector, vector)
            continue
        facts = (vector["action"], vector["nonce"], vector["vault_address"], vector["expires_after"])
        assert pack(vector["action"]).hex() == vector["msgpack_hex"]
        assert "0x" + connection_id(*facts).hex() == vector["connection_id"]
        for network, letter in (("mainnet", "a"), ("testnet", "b")):
            _check(digest(*facts, letter), vector[network], vector)


def _check(signed: bytes, published: dict[str, Any], vector: dict[str, Any]) -> None:
    signature = published["signature"]
    assert "0x" + signed.hex() == published["signing_digest"], vector["id"]
    point = recover(signed, int(signature["r"], 16), int(signature["s"], 16), signature["v"])
    assert address(point) == vector["signer"].lower(), vector["id"]


@pytest.mark.parametrize(
    ("data", "digest_hex"),
    [
        (b"", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
        (b"abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
    ],
)
def test_the_oracle_hashes_the_known_examples(data: bytes, digest_hex: str) -> None:
    assert keccak256(data).hex() == digest_hex


@pytest.mark.parametrize(("r", "s", "v"), [(0, 1, 27), (1, 0, 27), (1, 1, 26), (5, 1, 27), (1, 2**256 - 1, 27)])
def test_the_oracle_refuses_what_is_no_signature(r: int, s: int, v: int) -> None:
    with pytest.raises(ValueError, match=r"range|point"):
        recover(bytes(32), r, s, v)


@pytest.mark.parametrize(
    ("value", "packed"),
    [
        (127, "7f"),
        (128, "cc80"),
        (65_536, "ce00010000"),
        (2**32, "cf0000000100000000"),
        (-1, "ff"),
        (-33, "d0df"),
        (-129, "d1ff7f"),
        ("a" * 32, "d920" + "61" * 32),
        ([1] * 16, "dc0010" + "01" * 16),
        ({}, "80"),
        (None, "c0"),
        (True, "c3"),
    ],
)
def test_the_oracle_packs_in_the_shortest_form(value: Any, packed: str) -> None:
    assert pack(value).hex() == packed
