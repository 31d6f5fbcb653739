"""Account addresses as people paste them: read, checked by their checksum, and refused in words."""

from __future__ import annotations

import re

from Crypto.Hash import keccak

from hlmaster.core.errors import AccessRefused
from hlmaster.core.redaction import is_secret

DIGITS = 40
ZERO = "0x" + "0" * DIGITS
_WHERE = "Copy it again from the exchange's page: it begins with 0x and has 40 hexadecimal digits."


def read_address(text: str) -> str:
    """The address in lower case. Raises AccessRefused, which repeats nothing that may be a secret.

    An address in mixed case carries a checksum (EIP-55) that catches a mistyped digit; one in a single case has none.
    """
    plain = text.strip()
    if is_secret(plain):
        raise AccessRefused(
            "This is not an account address; it looks like a private key or a recovery phrase.",
            "Never paste one here. If others could see it, move your funds to a new wallet.",
        )
    digits = plain[2:] if plain[:2] in ("0x", "0X") else plain
    if not plain:
        raise AccessRefused("The account address is missing.", _WHERE)
    odd = sorted({character for character in digits if not re.fullmatch("[0-9a-fA-F]", character)})
    if odd:
        raise AccessRefused(f"The address holds {odd[0]!r}, which is no hexadecimal digit.", _WHERE)
    if len(digits) != DIGITS:
        raise AccessRefused(f"The address has {len(digits)} digits instead of {DIGITS}.", _WHERE)
    address = "0x" + digits.lower()
    if address == ZERO:
        raise AccessRefused("The zero address belongs to nobody.", _WHERE)
    if digits not in (digits.lower(), digits.upper()) and checksummed(address) != "0x" + digits:
        raise AccessRefused("The address does not match its own checksum, so a character of it is wrong.", _WHERE)
    return address


def checksummed(address: str) -> str:
    """EIP-55: a letter is a capital where the hash of the lower-case digits has a digit above 7."""
    digits = address.removeprefix("0x").lower()
    marks = keccak.new(digest_bits=256, data=digits.encode()).hexdigest()
    return "0x" + "".join(d.upper() if int(mark, 16) > 7 else d for d, mark in zip(digits, marks, strict=False))


def tail(address: str) -> str:
    """The last four digits: what is shown, and what is typed to confirm."""
    return address[-4:]
