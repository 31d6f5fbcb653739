"""What the venue does with a signed action: pack it, hash it, recover the signer. Built from its description alone.

The bytes that were sent are the only input: the action is read from their JSON, each key in its place.
"""

from __future__ import annotations

import json
from typing import Any

from tests.proofs.keccak import keccak256
from tests.proofs.secp256k1 import public_key, recover

DOMAIN = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
AGENT = b"Agent(string source,bytes32 connectionId)"
CHAIN = 1337


def pack(value: Any) -> bytes:
    """MessagePack, always in the shortest form."""
    match value:
        case None:
            return b"\xc0"
        case bool():
            return b"\xc3" if value else b"\xc2"
        case int():
            return _whole(value)
        case str():
            raw = value.encode()
            return _head(len(raw), (0xA0, 31), (0xD9, 1), (0xDA, 2), (0xDB, 4)) + raw
        case list():
            return _head(len(value), (0x90, 15), (0xDC, 2), (0xDD, 4)) + b"".join(map(pack, value))
        case dict():
            pairs = b"".join(pack(key) + pack(item) for key, item in value.items())
            return _head(len(value), (0x80, 15), (0xDE, 2), (0xDF, 4)) + pairs
    raise TypeError(f"an action cannot hold {value!r}")


def _head(length: int, fixed: tuple[int, int], *forms: tuple[int, int]) -> bytes:
    mark, most = fixed
    if length <= most:
        return bytes([mark | length])
    for code, size in forms:
        if length < 1 << 8 * size:
            return bytes([code]) + length.to_bytes(size, "big")
    raise ValueError(length)


def _whole(value: int) -> bytes:
    if -32 <= value < 128:
        return value.to_bytes(1, "big", signed=True)
    if value >= 0:
        size = next(size for size in (1, 2, 4, 8) if value < 1 << 8 * size)
        return bytes([0xCC + size.bit_length() - 1]) + value.to_bytes(size, "big")
    size = next(size for size in (1, 2, 4, 8) if value >= -1 << 8 * size - 1)
    return bytes([0xD0 + size.bit_length() - 1]) + value.to_bytes(size, "big", signed=True)


def connection_id(action: Any, nonce: int, vault: str | None, expires: int | None) -> bytes:
    data = pack(action) + nonce.to_bytes(8, "big")
    data += b"\x00" if vault is None else b"\x01" + bytes.fromhex(vault[2:])
    return keccak256(data if expires is None else data + b"\x00" + expires.to_bytes(8, "big"))


def _domain(name: bytes, chain: int) -> bytes:
    fields = [keccak256(DOMAIN), keccak256(name), keccak256(b"1"), chain.to_bytes(32, "big"), bytes(32)]
    return keccak256(b"".join(fields))


DOMAIN_HASH, AGENT_HASH = _domain(b"Exchange", CHAIN), keccak256(AGENT)
SOURCES = {letter: keccak256(letter.encode()) for letter in "ab"}
"""``a`` on mainnet, ``b`` on testnet."""


def digest(action: Any, nonce: int, vault: str | None, expires: int | None, letter: str) -> bytes:
    agent = keccak256(AGENT_HASH + SOURCES[letter] + connection_id(action, nonce, vault, expires))
    return keccak256(b"\x19\x01" + DOMAIN_HASH + agent)


def user_signed_digest(kind: str, fields: list[dict[str, str]], message: dict[str, Any]) -> bytes:
    """What is signed for a transfer or withdrawal: the message itself, under the chain that it names."""
    declared = ",".join(f"{field['type']} {field['name']}" for field in fields)
    words = [keccak256(f"{kind}({declared})".encode())]
    for field in fields:
        value = message[field["name"]]
        text = field["type"] == "string"
        words.append(keccak256(value.encode()) if text else int(value).to_bytes(32, "big"))
    domain = _domain(b"HyperliquidSignTransaction", int(message["signatureChainId"], 16))
    return keccak256(b"\x19\x01" + domain + keccak256(b"".join(words)))


def address(point: bytes) -> str:
    return "0x" + keccak256(point)[12:].hex()


def address_of(private: str) -> str:
    return address(public_key(int(private, 16)))


def signer_of(body: bytes, letter: str) -> str:
    """The address that the venue believes sent these bytes."""
    envelope = json.loads(body)
    signature = envelope["signature"]
    r, s, v = int(signature["r"], 16), int(signature["s"], 16), signature["v"]
    vault, expires = envelope.get("vaultAddress"), envelope.get("expiresAfter")
    return address(recover(digest(envelope["action"], envelope["nonce"], vault, expires, letter), r, s, v))
