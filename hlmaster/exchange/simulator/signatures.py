"""Who signed this: EIP-712 hashes of both signature families and recovery of the signer's address.

L1 actions: ``connection_id = keccak(msgpack(action) + nonce + vault flag + expiry)``, wrapped in an ``Agent`` message
whose source is "a" on mainnet and "b" on testnet. User-signed actions: their own fields, as
``HyperliquidTransaction:<Name>``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec
from coincurve import PublicKey
from Crypto.Hash import keccak as _keccak

from hlmaster.exchange.simulator.schema import USER_SIGNED_ACTIONS, Malformed

WORD = 32
CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
L1_CHAIN_ID = 1337


def keccak(data: bytes) -> bytes:
    digest: bytes = _keccak.new(digest_bits=256, data=data).digest()
    return digest


@dataclass(frozen=True, slots=True)
class Signature:
    r: int
    s: int
    v: int


def read_signature(value: Any) -> Signature | None:
    """r and s are hexadecimal integers (leading zeros may be gone), v is 27 or 28; None when they are not."""
    try:
        r, s, v = (value[name] if name == "v" else int(value[name], 16) for name in "rsv")
        return Signature(r, s, v) if v in (27, 28) and 0 < r < CURVE_ORDER and 0 < s < CURVE_ORDER else None
    except (KeyError, TypeError, ValueError):
        return None


def recover(digest: bytes, signature: Signature) -> str | None:
    """The signing address, lower case; None where no key can have made this signature."""
    compact = signature.r.to_bytes(WORD, "big") + signature.s.to_bytes(WORD, "big") + bytes([signature.v - 27])
    try:
        key = PublicKey.from_signature_and_message(compact, digest, hasher=None)
    except Exception as error:
        # The library raises a bare Exception for a point off the curve
        if type(error) not in (Exception, ValueError):
            raise
        return None
    return "0x" + keccak(key.format(compressed=False)[1:])[-20:].hex()


def connection_id(action: Mapping[str, Any], nonce: int, vault: str | None, expires_after: int | None) -> bytes:
    """No vault is one zero byte; no expiry is nothing at all."""
    data = msgspec.msgpack.encode(action) + nonce.to_bytes(8, "big")
    data += b"\x00" if vault is None else b"\x01" + bytes.fromhex(vault[2:])
    if expires_after is not None:
        data += b"\x00" + expires_after.to_bytes(8, "big")
    return keccak(data)


def l1_digest(connection: bytes, source: str) -> bytes:
    message = keccak(_type_hash("Agent(string source,bytes32 connectionId)") + keccak(source.encode()) + connection)
    return keccak(b"\x19\x01" + _domain("Exchange", L1_CHAIN_ID) + message)


def user_signed_digest(action: Mapping[str, Any]) -> bytes:
    """``action`` as rebuilt by ``schema.rebuild_user_signed``. Raises Malformed for a chain id that is none."""
    form = USER_SIGNED_ACTIONS[action["type"]]
    fields = (("hyperliquidChain", "string"), *form.fields)
    declared = ",".join(f"{kind} {name}" for name, kind in fields)
    words = b"".join(_word(kind, action[name]) for name, kind in fields)
    message = keccak(_type_hash(f"HyperliquidTransaction:{form.name}({declared})") + words)
    try:
        chain_id = int(action["signatureChainId"], 16)
        domain = _domain("HyperliquidSignTransaction", chain_id)
    except (ValueError, OverflowError) as error:
        raise Malformed(f"signatureChainId {action['signatureChainId']!r} is not a chain id") from error
    return keccak(b"\x19\x01" + domain + message)


def _word(kind: str, value: Any) -> bytes:
    match kind:
        case "string":
            return keccak(str(value).encode())
        case "address":
            return bytes.fromhex(value[2:]).rjust(WORD, b"\x00")
        case _:
            return int(value).to_bytes(WORD, "big")


@cache
def _type_hash(declaration: str) -> bytes:
    return keccak(declaration.encode())


_DOMAIN = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"


def _domain(name: str, chain_id: int) -> bytes:
    no_contract = bytes(WORD)
    return keccak(
        _type_hash(_DOMAIN) + keccak(name.encode()) + keccak(b"1") + chain_id.to_bytes(WORD, "big") + no_contract
    )
