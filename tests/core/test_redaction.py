"""Redaction: no key survives, every address and client order id does."""

from __future__ import annotations

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
