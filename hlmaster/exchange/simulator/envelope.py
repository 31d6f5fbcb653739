"""``POST /exchange``: an envelope verified (form, signer, rights, nonce, expiry, budget), then carried out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hlmaster.exchange.simulator import schema
from hlmaster.exchange.simulator.actions import batch_size, is_cancel, perform
from hlmaster.exchange.simulator.house import House
from hlmaster.exchange.simulator.requests import Refused, Request
from hlmaster.exchange.simulator.schema import USER_SIGNED_ACTIONS

EXPIRED_COST = 5


def execute(house: House, body: Any) -> dict[str, Any]:
    """The whole JSON answer, refusals included. Raises Malformed (422)."""
    envelope = ENVELOPE(body)
    action = body["action"]
    kind = action.get("type")
    try:
        if kind == "multiSig":
            raise Refused("Multi-sig is not offered by the embedded exchange.")
        request, signer = _verified(house, envelope, action, user_signed=kind in USER_SIGNED_ACTIONS)
        _admit(house, envelope, request, signer)
        response = perform(house, request)
    except Refused as refusal:
        house.settle()
        return {"status": "err", "response": refusal.sentence}
    house.settle()
    return {"status": "ok", "response": response}


ENVELOPE = schema.Record(
    schema.need("action", schema.Record()),
    schema.need("nonce", schema.unsigned),
    schema.need("signature", schema.as_sent),
    schema.may("vaultAddress", schema.address),
    schema.may("expiresAfter", schema.unsigned),
)


def _verified(
    house: House, envelope: Mapping[str, Any], action: Mapping[str, Any], *, user_signed: bool
) -> tuple[Request, str]:
    """Who signed, and for which account; the request and the signer."""
    from hlmaster.exchange.simulator.signatures import read_signature, recover, user_signed_digest

    signature = read_signature(envelope["signature"])
    now, nonce = house.now(), envelope["nonce"]
    if user_signed:
        rebuilt = schema.rebuild_user_signed(action)
        stamp = rebuilt[USER_SIGNED_ACTIONS[rebuilt["type"]].stamp]
        signer = None if signature is None else recover(user_signed_digest(rebuilt), signature)
        if signer is None:
            raise Refused("Unable to recover signer.")
        if stamp != nonce:
            raise Refused(f"Nonce mismatch: action has {stamp}, envelope has {nonce}")
        if envelope.get("expiresAfter") is not None:
            raise Refused("expiresAfter is not supported for user signed actions")
        house.welcome(signer)
        if not house.venue.knows(signer) or signer in house.delegations.agents:
            raise Refused(f"Must deposit before performing actions. User: {signer}")
        return Request(rebuilt, signer, signer, nonce, now), signer
    rebuilt = schema.rebuild_l1(action)
    candidates = [] if signature is None else _l1_signers(house, envelope, rebuilt, signature)
    if not candidates:
        raise Refused("Unable to recover signer.")
    signer = _known_signer(house, candidates, spelled_as_rebuilt=_spelled_alike(action, rebuilt))
    agent = house.delegations.agent(signer, now)
    master = agent.master if agent else signer
    account = _acting_for(house, master, envelope.get("vaultAddress"))
    return Request(rebuilt, account, master, nonce, now), signer


def _l1_signers(house: House, envelope: Mapping[str, Any], action: Mapping[str, Any], signature: Any) -> list[str]:
    from hlmaster.exchange.simulator.signatures import connection_id, l1_digest, recover

    connection = connection_id(action, envelope["nonce"], envelope.get("vaultAddress"), envelope.get("expiresAfter"))
    signers = (recover(l1_digest(connection, source), signature) for source in house.letters)
    return [signer for signer in signers if signer is not None]


def _known_signer(house: House, candidates: list[str], *, spelled_as_rebuilt: bool) -> str:
    """The candidate that is an account or a living agent.

    An unknown one is welcomed (the faucet) only if the client's own spelling is the one that was hashed; else the
    signature is over other bytes, and the address it recovers to is nobody's.
    """
    now = house.now()
    for candidate in candidates:
        if house.delegations.agent(candidate, now) or (
            house.venue.knows(candidate) and candidate not in house.delegations.agents
        ):
            return candidate
    stranger = candidates[0]
    if spelled_as_rebuilt:
        house.welcome(stranger)
    if not house.venue.knows(stranger) or stranger in house.delegations.agents:
        raise Refused(f"User or API Wallet {stranger} does not exist.")
    return stranger


def _spelled_alike(sent: Any, rebuilt: Any) -> bool:
    """Same keys in the same order, same values in the same text."""
    if isinstance(rebuilt, dict):
        return (
            isinstance(sent, dict)
            and list(sent) == list(rebuilt)
            and all(_spelled_alike(sent[name], value) for name, value in rebuilt.items())
        )
    if isinstance(rebuilt, list):
        return len(sent) == len(rebuilt) and all(map(_spelled_alike, sent, rebuilt))
    return bool(sent == rebuilt)


def _acting_for(house: House, master: str, vault: str | None) -> str:
    if vault is None or vault == master:
        return master
    sub = house.delegations.sub_accounts.get(vault)
    if sub is None:
        raise Refused(f"Vault not registered: {vault}")
    if sub.master != master:
        raise Refused(f"Sub-account {vault} is not registered to {master}")
    return vault


def _admit(house: House, envelope: Mapping[str, Any], request: Request, signer: str) -> None:
    """Nonce, expiry and address budget. A correctly signed action consumes its nonce even if it is then refused."""
    problem = house.nonces.refusal(signer, request.nonce, request.now_ms)
    if problem is not None:
        raise Refused(problem)
    house.nonces.consume(signer, request.nonce)
    house.mark("nonces")
    expires = envelope.get("expiresAfter")
    expired = expires is not None and request.now_ms > expires
    count = EXPIRED_COST if expired else batch_size(request.action)
    volume = house.venue.volume(request.account)
    problem = house.address_budget.refusal(request.account, volume, count, is_cancel=is_cancel(request.action))
    house.mark("budgets")
    if expired:
        raise Refused("Action already expired")
    if problem is not None:
        raise Refused(problem)
