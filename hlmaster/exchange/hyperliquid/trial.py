"""Raw signed actions, byte for byte as asked, to learn how the venue answers. For the test network's letter alone.

This is no way to trade: the desk's orders pass the risk gate and leave by ``HyperliquidTrading``. A ``Trial`` cannot be
made for the main network, and a signature for the one is worthless on the other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from hlmaster.core.errors import OutcomeUnknown, RateLimited, SigningError, VenueRefused, VenueUnreachable
from hlmaster.exchange.hyperliquid.budget import Priority
from hlmaster.exchange.hyperliquid.client import Client
from hlmaster.exchange.hyperliquid.signing import Action, Network, Signer


class Trial:
    """``reserve_nonce`` turns market milliseconds into an unused nonce."""

    def __init__(
        self,
        client: Client,
        signer: Signer,
        network: Network,
        now_ms: Callable[[], int],
        reserve_nonce: Callable[[int], int],
    ) -> None:
        """Raises SigningError for any network but the test one."""
        if network is not Network.TESTNET:
            raise SigningError("Trials are sent to the test network alone.", "Use --network testnet.")
        self._client, self._signer, self._network = client, signer, network
        self.now_ms, self._reserve = now_ms, reserve_nonce

    def nonce(self) -> int:
        return self._reserve(self.now_ms())

    def sealed(
        self, action: Action, *, nonce: int | None = None, expires_ms: int | None = None, signer: Signer | None = None
    ) -> bytes:
        """The request's bytes; without ``expires_ms`` good for a minute."""
        used = self.nonce() if nonce is None else nonce
        expires = self.now_ms() + 60_000 if expires_ms is None else expires_ms
        signature = (signer or self._signer).sign(action, used, expires, self._network)
        envelope = {
            "action": action,
            "nonce": used,
            "signature": {"r": signature.r, "s": signature.s, "v": signature.v},
            "vaultAddress": None,
            "expiresAfter": expires,
        }
        return msgspec.json.encode(envelope)

    async def post(self, body: bytes) -> Any:
        """The decoded answer; what is no JSON or never came is told as ``{"status": "unknown", "response": words}``."""
        try:
            answer = await self._client.act(body, 1, Priority.ENTRY)
        except (OutcomeUnknown, RateLimited, VenueUnreachable) as error:
            return {"status": "unknown", "response": error.sentence}
        except VenueRefused as error:
            return {"status": "err", "response": error.sentence}
        try:
            return msgspec.json.decode(answer)
        except msgspec.DecodeError:
            return {"status": "unknown", "response": answer[:120].decode("utf-8", "replace")}

    async def act(self, action: Action, **how: Any) -> Any:
        return await self.post(self.sealed(action, **how))
