"""How values are written in replies and frames: decimal text with at least one decimal, JSON without spaces."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

ZERO_HASH = "0x" + "0" * 64
encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder().decode


def dec(value: Decimal | int) -> str:
    """Decimal text with at least one decimal and no exponent.

    >>> dec(Decimal("1")), dec(Decimal("0.0200")), dec(Decimal("1E+3")), dec(Decimal("-0"))
    ('1.0', '0.02', '1000.0', '0.0')
    """
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    if "." not in text:
        return "0.0" if text == "-0" else text + ".0"
    text = text.rstrip("0")
    text = text + "0" if text.endswith(".") else text
    return "0.0" if text == "-0.0" else text


def float_text(value: float) -> str:
    """The shortest decimal text of a non-negative float, without an exponent.

    >>> float_text(12.0), float_text(0.3), float_text(1e-05)
    ('12.0', '0.3', '0.00001')
    """
    text = repr(value)
    return text if "e" not in text else dec(Decimal(text))


def optional_dec(value: Decimal | None) -> str | None:
    return None if value is None else dec(value)


def frame_payload(channel: str, data: Any) -> bytes:
    return encode({"channel": channel, "data": data})
