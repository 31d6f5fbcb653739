"""An address as people paste it: every slip has its own sentence, and a key among them is never repeated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.errors import AccessRefused
from hlmaster.exchange.hyperliquid.address import checksummed, read_address, tail

# The examples of EIP-55
KNOWN = (
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
)
addresses = st.text("0123456789abcdef", min_size=40, max_size=40).filter(lambda digits: digits.strip("0"))


@pytest.mark.parametrize("known", KNOWN)
def test_the_standards_examples(known: str) -> None:
    assert checksummed(known.lower()) == known
    assert read_address(f"  {known}\n") == known.lower()


@given(addresses)
def test_one_case_has_no_checksum_and_mixed_case_has_the_right_one(digits: str) -> None:
    address = "0x" + digits
    assert read_address(digits) == read_address(address.upper()) == read_address(checksummed(address)) == address


@given(addresses, st.integers(0, 39))
def test_one_letter_in_the_wrong_case_is_noticed(digits: str, place: int) -> None:
    right = checksummed("0x" + digits)[2:]
    wrong = right[:place] + right[place].swapcase() + right[place + 1 :]
    if wrong == right or wrong in (right.lower(), right.upper()):
        return
    with pytest.raises(AccessRefused, match="checksum"):
        read_address("0x" + wrong)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "missing"),
        ("0x", "0 digits"),
        ("0x" + "a" * 39, "39 digits"),
        ("0x" + "a" * 41, "41 digits"),
        ("0x" + "a" * 39 + "O", "'O'"),
        ("0x" + "a" * 20 + " " + "a" * 20, "' '"),
        ("vitalik.eth", "no hexadecimal digit"),
        ("0x" + "0" * 40, "zero address"),
        (KNOWN[0].replace("5aA", "5AA"), "checksum"),
    ],
)
def test_each_slip_is_named(text: str, words: str) -> None:
    with pytest.raises(AccessRefused, match=words):
        read_address(text)


@pytest.mark.parametrize(
    "secret",
    ["0x" + "5a" * 32, "5A" * 32, "legal winner thank year wave sausage worth useful legal winner thank yellow"],
)
def test_a_key_or_phrase_is_recognised_and_not_repeated(secret: str) -> None:
    with pytest.raises(AccessRefused, match="private key or a recovery phrase") as caught:
        read_address(secret)
    assert secret[:8] not in str(caught.value)


def test_the_tail_is_what_people_compare() -> None:
    assert tail(KNOWN[0].lower()) == "eaed"
