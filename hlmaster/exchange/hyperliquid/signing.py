"""Signatures of trading actions, through the venue's own functions, each checked against a second reckoning.

An encoding slip does not fail at the venue: it recovers a random address and complains about that one. So before
anything is sent, the digest is computed again from scratch (msgpack, keccak, EIP-712) and the signer recovered from it.
The venue's functions take over half a second to import; they load at the first signature, or by ``load_libraries``.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, NoReturn

import msgspec
from coincurve import PrivateKey, PublicKey
from Crypto.Hash import keccak

from hlmaster.core.errors import SigningError

Action = dict[str, Any]
KEY_BYTES = 32


class Network(StrEnum):
    """The byte that keeps a signature for one network from being valid on the other. Never inferred from a URL."""

    MAINNET = "a"
    TESTNET = "b"


@dataclass(frozen=True, slots=True)
class Signature:
    """``r`` and ``s`` as hex integers (leading zeros may be missing), ``v`` 27 or 28."""

    r: str
    s: str
    v: int


class Signer:
    """Holds one private key. Neither its text, its copy nor its pickle gives the key away.

    ``worthless``: a generated demo key, which may be stored and must never be used off this computer.
    """

    __slots__ = ("_account", "_key", "address", "worthless")

    def __init__(self, key: str, *, worthless: bool = False) -> None:
        """``key``: 64 hex digits, with or without 0x. Raises SigningError, which does not repeat them."""
        try:
            raw = bytes.fromhex(key.strip().removeprefix("0x"))
            point = PrivateKey(raw).public_key if len(raw) == KEY_BYTES else None
        except ValueError:
            point = None
        if point is None:
            raise SigningError(
                "The private key is not a valid key of 64 hexadecimal digits.", "Paste the API wallet's key again."
            ) from None
        self._key = raw
        self._account: Any = None
        self.address = _address(point)
        self.worthless = worthless

    @classmethod
    def generate(cls) -> Signer:
        """A new demo wallet."""
        return cls(secrets.token_hex(32), worthless=True)

    def export_key(self) -> str:
        """The key as hex, for the demo session's database. Raises SigningError for any key that may own something."""
        if not self.worthless:
            raise SigningError("Only a generated demo key may be exported.", "Keep real keys in the operating system.")
        return "0x" + self._key.hex()

    def sign(self, action: Action, nonce: int, expires_ms: int | None, network: Network) -> Signature:
        """Sign an action of the order family. Raises SigningError when the signature does not prove our address."""
        signing = load_libraries()
        if self._account is None:
            from eth_account import Account

            self._account = Account.from_key(self._key)
        answer = signing.sign_l1_action(self._account, action, None, nonce, expires_ms, network is Network.MAINNET)
        signature = Signature(answer["r"], answer["s"], answer["v"])
        recovered = recover(digest(action, nonce, expires_ms, network), signature)
        if recovered != self.address:
            raise SigningError(
                f"The signature recovers to {recovered} instead of {self.address}; nothing was sent.",
                "The action's encoding is at fault: report this together with the log.",
            )
        return signature

    def __repr__(self) -> str:
        return f"Signer({self.address})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a signer cannot be copied or pickled")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        self.__reduce__()


def load_libraries() -> Any:
    """Import the venue's signing functions: about 0.6 s once; safe to call in a worker thread at the start."""
    from hyperliquid.utils import signing

    return signing


# --- the second reckoning ---


def _keccak(data: bytes) -> bytes:
    hashed: bytes = keccak.new(digest_bits=256, data=data).digest()
    return hashed


def _address(point: PublicKey) -> str:
    return "0x" + _keccak(point.format(compressed=False)[1:])[-20:].hex()


def _keccak_text(text: str) -> bytes:
    return _keccak(text.encode())


@cache
def _domain_separator() -> bytes:
    """EIP-712 domain: name Exchange, version 1, chain 1337, zero contract."""
    fields = _keccak_text("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
    packed = fields + _keccak_text("Exchange") + _keccak_text("1") + (1337).to_bytes(32, "big") + bytes(32)
    return _keccak(packed)


def connection_id(action: Action, nonce: int, expires_ms: int | None, vault: str | None = None) -> bytes:
    """Hash of msgpack (keys in order), nonce, vault marker, expiry. No vault is a zero byte, no expiry is nothing."""
    data = msgspec.msgpack.encode(action) + nonce.to_bytes(8, "big")
    data += b"\x00" if vault is None else b"\x01" + bytes.fromhex(vault.removeprefix("0x"))
    if expires_ms is not None:
        data += b"\x00" + expires_ms.to_bytes(8, "big")
    return _keccak(data)


def digest(action: Action, nonce: int, expires_ms: int | None, network: Network, vault: str | None = None) -> bytes:
    """What is signed: EIP-712 of the phantom agent that stands for the action."""
    agent_type = _keccak_text("Agent(string source,bytes32 connectionId)")
    agent = _keccak(agent_type + _keccak_text(network.value) + connection_id(action, nonce, expires_ms, vault))
    return _keccak(b"\x19\x01" + _domain_separator() + agent)


def recover(message: bytes, signature: Signature) -> str:
    """The address, lower case, that signed a 32-byte digest."""
    raw = int(signature.r, 16).to_bytes(32, "big") + int(signature.s, 16).to_bytes(32, "big")
    return _address(PublicKey.from_signature_and_message(raw + bytes([signature.v - 27]), message, hasher=None))
