"""Redaction: no key survives, every address and client order id does."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.redaction import MASK, is_secret, redact

hexadecimal = "0123456789abcdefABCDEF"
keys = st.text(hexadecimal, min_size=64, max_size=64)
prefixes = st.sampled_from(["", "0x"])
prose = st.text(st.characters(codec="utf-8"), max_size=80)
spaces = st.sampled_from([" ", "\n", "'", '"', ",", "(", "=", ": "])


@given(prose, prefixes, keys, prose)
def test_no_key_survives_wherever_it_stands(before: str, prefix: str, key: str, after: str) -> None:
    clean = redact(before + prefix + key + after)
    assert key not in clean
    assert MASK in clean
    assert not is_secret(clean.replace(MASK, ""))


@given(st.sampled_from([40, 32]), st.data(), spaces, spaces)
def test_addresses_and_client_order_ids_survive(digits: int, data: st.DataObject, left: str, right: str) -> None:
    name = "0x" + data.draw(st.text(hexadecimal, min_size=digits, max_size=digits))
    text = f"order{left}{name}{right}filled"
    assert redact(text) == text


@pytest.mark.parametrize(
    "secret",
    [
        "sk-" + "proj-a1B2c3D4e5F6g7H8",
        "sk_live_abcdefghijklmnop",
        "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "github_pat_11ABCDEFG0abcdefghijklmnop",
        "xoxb-123456789012-abcdefghij",
        "AKIAIOSFODNN7EXAMPLE",
        "AIzaSyA-abcdefghijklmnopqrstuvwxyz01234",
        "123456789:AAHfiqksKZ8WmR2zSjiQ7_v4TMAKdiHm9T0",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
        "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIO\n-----END EC PRIVATE KEY-----",
    ],
)
def test_known_token_shapes_are_removed(secret: str) -> None:
    assert secret not in redact(f"failed with {secret} at once")


def test_a_password_in_an_address_is_removed_and_the_host_stays() -> None:
    assert redact("postgresql://me:hunter2@db.local/x") == f"postgresql://{MASK}@db.local/x"


def test_a_bearer_token_is_removed() -> None:
    assert "abcdefghijklmnop1234" not in redact("Authorization: Bearer abcdefghijklmnop1234")


@given(prose, keys, st.sampled_from(["", "0x", "0X", "key=", "KEY: ", "'", '"', "\\x", "(", "<"]))
def test_no_part_of_a_key_is_left_either(before: str, key: str, prefix: str) -> None:
    clean = redact(f"{before} {prefix}{key}")
    assert not any(key[start : start + 16] in clean[len(before) :] for start in range(len(key) - 16))


@pytest.mark.parametrize("case", [str.lower, str.upper, lambda key: "0x" + key, lambda key: f"[{key}, {key}]"])
def test_a_key_in_any_dress_is_removed(case) -> None:  # type: ignore[no-untyped-def]
    text = case("5aB4" * 16)
    assert MASK in redact(f"error with {text}!")
    assert "5ab45ab4" not in redact(f"error with {text}!").lower()


def test_ten_thousand_log_lines_give_no_key_away() -> None:
    chance = random.Random(20_261_120)
    words = [
        "order",
        "0x" + "ab" * 20,
        "fill",
        "Signer(0x" + "cd" * 20 + ")",
        "12.5",
        "\n",
        "\t",
        '{"key":"',
        '"}',
        "=",
        ",",
    ]
    for _ in range(10_000):
        key = f"{chance.getrandbits(256):064x}"
        key = chance.choice((key, key.upper(), "0x" + key))
        parts = [*(chance.choice(words) for _ in range(chance.randrange(8))), key]
        chance.shuffle(parts)
        clean = redact(chance.choice(("", " ")).join(parts) if chance.random() < 0.5 else " ".join(parts))
        bare = key.removeprefix("0x")
        assert bare not in clean
        assert bare[8:56] not in clean
