"""The checks an account and its API wallet pass before anything is traded with them. Each says what to do if not.

Judging is pure: venue's answers in, checks out. ``examine`` asks the venue and judges.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from hlmaster.core.clock import DAY_MS, HOUR_MS, Clock
from hlmaster.core.errors import SigningError, VenueError
from hlmaster.core.model import Mode
from hlmaster.exchange.hyperliquid.access import CLASSIC, Grant, Role, Standing
from hlmaster.exchange.hyperliquid.signing import Network, Signer, digest, load_libraries, recover

WARN_MS = 14 * DAY_MS
NO_ENTRIES_MS = DAY_MS
MODE_WORDS = {
    "unifiedAccount": "a unified account",
    "portfolioMargin": "a portfolio-margin account",
    "dexAbstraction": "an account with the old dex abstraction",
    "default": "on the exchange's default, which may pool perpetuals and spot",
}


class Outcome(StrEnum):
    PASSED = "passed"
    WARNING = "warning"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """Could not be asked; asking again may tell."""


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    title: str
    outcome: Outcome
    sentence: str
    cure: str = ""


@dataclass(frozen=True, slots=True)
class Entrance:
    """All checks of one look. ``valid_until_ms``: when the API wallet's approval ends, None when unknown."""

    checks: tuple[Check, ...]
    valid_until_ms: int | None = None

    @property
    def admitted(self) -> bool:
        return bool(self.checks) and all(c.outcome in (Outcome.PASSED, Outcome.WARNING) for c in self.checks)

    @property
    def troubles(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if check.outcome in (Outcome.FAILED, Outcome.UNKNOWN))


class Asker(Protocol):
    """``exchange.hyperliquid.access.AccessQueries``."""

    async def standing(self, address: str) -> Standing: ...

    async def grant(self, account: str, agent: str) -> Grant | None: ...

    async def account_mode(self, account: str) -> str: ...


async def examine(mode: Mode, account: str, signer: Signer, asker: Asker, clock: Clock, network: Network) -> Entrance:
    """Never raises VenueError: what could not be asked is a check that is unknown, and admits nobody."""
    await asyncio.to_thread(load_libraries)
    signed = judge_signature(signer, network, clock.now_ms())
    try:
        checks = [judge_account(account, await asker.standing(account), mode)]
        agent = judge_agent(account, signer.address, await asker.standing(signer.address), mode)
        checks += [agent, signed]
        valid_until = None
        if agent.outcome is Outcome.PASSED:
            grant = await asker.grant(account, signer.address)
            valid_until = None if grant is None else grant.valid_until_ms
            checks.append(judge_expiry(grant, clock.now_ms()))
        if checks[0].outcome is Outcome.PASSED:
            checks.append(judge_account_mode(await asker.account_mode(account)))
    except VenueError as error:
        return Entrance((Check("venue", "Exchange", Outcome.UNKNOWN, error.sentence, error.cure), signed))
    return Entrance(tuple(checks), valid_until)


def judge_account(account: str, standing: Standing, mode: Mode) -> Check:
    """The address whose money is traded must be an account of its own."""
    title = "Account"
    short = f"{account[:6]}…{account[-4:]}"
    match standing.role:
        case Role.USER:
            return Check("account", title, Outcome.PASSED, f"{short} is an account of its own.")
        case Role.AGENT:
            whose = f"{standing.master[:6]}…{standing.master[-4:]}"
            sentence = f"{short} is an API wallet of {whose}; it holds no money and would look empty."
            cure = f"Enter the account's own address, {standing.master}."
        case Role.VAULT:
            sentence, cure = f"{short} is a vault.", "Enter the address of an account of your own."
        case Role.SUB_ACCOUNT:
            sentence = f"{short} is a sub-account of {standing.master[:6]}…{standing.master[-4:]}."
            cure = "This program trades main accounts only. Enter the main account's address."
        case Role.MISSING:
            where = "the testnet" if mode is Mode.TESTNET else "Hyperliquid"
            other = "mainnet" if mode is Mode.TESTNET else "testnet"
            sentence = f"{short} is not known at {where}: nothing was ever deposited there."
            cure = f"Deposit there first, or check that it is not your {other} address."
    return Check("account", title, Outcome.FAILED, sentence, cure)


def judge_agent(account: str, agent: str, standing: Standing, mode: Mode) -> Check:
    """The key must be an API wallet's, approved by this account; a main wallet's key can withdraw and is refused."""
    title, new = "API wallet", "Create an API wallet on the exchange's API page and paste that key instead."
    short = f"{agent[:6]}…{agent[-4:]}"
    if agent == account or standing.role is Role.USER:
        owner = "this account's own main key" if agent == account else "the main key of another account"
        return Check(
            "agent", title, Outcome.FAILED, f"This is {owner}: it can withdraw everything, so it is refused.", new
        )
    if standing.role is Role.AGENT and standing.master == account:
        return Check("agent", title, Outcome.PASSED, f"{short} is approved for this account; it can never withdraw.")
    if standing.role is Role.AGENT:
        sentence = f"{short} is approved for another account, {standing.master[:6]}…{standing.master[-4:]}."
        return Check("agent", title, Outcome.FAILED, sentence, "Use a wallet that this account approved.")
    if standing.role is Role.MISSING:
        page = "testnet's" if mode is Mode.TESTNET else "exchange's"
        return Check(
            "agent",
            title,
            Outcome.FAILED,
            f"{short} is not approved by this account, or its approval has ended.",
            f"Approve exactly {agent} on the {page} API page, then check again. An ended one is never approved anew: "
            "create another.",
        )
    kind = "vault" if standing.role is Role.VAULT else "sub-account"
    return Check("agent", title, Outcome.FAILED, f"{short} is a {kind}, not an API wallet.", new)


def judge_expiry(grant: Grant | None, now_ms: int) -> Check:
    """Warned of 14 days ahead; in the last 24 hours no entries, while exits and stops go on."""
    title = "Approval's end"
    if grant is None or grant.valid_until_ms is None:
        return Check(
            "expiry",
            title,
            Outcome.FAILED,
            "The exchange does not tell when this API wallet's approval ends.",
            "Create a named API wallet on its API page; the end of a named one is told.",
        )
    left = grant.valid_until_ms - now_ms
    wallet = f"the API wallet {grant.name!r}" if grant.name else "the unnamed API wallet"
    if left <= 0:
        return Check("expiry", title, Outcome.FAILED, f"The approval of {wallet} has ended.", _RENEW)
    if left < NO_ENTRIES_MS:
        sentence = f"The approval of {wallet} ends in {left // HOUR_MS} hours: no new entries; exits and stops go on."
        return Check("expiry", title, Outcome.WARNING, sentence, _RENEW)
    days = left // DAY_MS
    if left < WARN_MS:
        return Check("expiry", title, Outcome.WARNING, f"The approval of {wallet} ends in {days} days.", _RENEW)
    return Check("expiry", title, Outcome.PASSED, f"The approval of {wallet} lasts {days} more days.")


_RENEW = "Create a new API wallet and connect with it; never approve an old one again."


def judge_account_mode(word: str) -> Check:
    """Margin and equity are read from the perpetuals wallet, which is right for classic accounts alone."""
    title = "Account mode"
    if word == CLASSIC:
        return Check("mode", title, Outcome.PASSED, "Classic: perpetuals and spot are apart.")
    what = MODE_WORDS.get(word, f"in a mode this program does not know ({word[:40]!r})")
    return Check(
        "mode",
        title,
        Outcome.FAILED,
        f"The account is {what}; its margin would be read wrongly.",
        "On the exchange, set the account to the classic mode (no unified or portfolio margin), then check again.",
    )


def judge_signature(signer: Signer, network: Network, now_ms: int) -> Check:
    """Signs a do-nothing action and recovers the signer, here; nothing is sent."""
    title, action = "Signature", {"type": "noop"}
    try:
        signature = signer.sign(action, now_ms, now_ms + 1, network)
    except SigningError as error:
        return Check("signature", title, Outcome.FAILED, error.sentence, error.cure)
    other = Network.MAINNET if network is Network.TESTNET else Network.TESTNET
    if recover(digest(action, now_ms, now_ms + 1, other), signature) == signer.address:
        return Check("signature", title, Outcome.FAILED, "A signature here would be valid on the other network too.")
    return Check("signature", title, Outcome.PASSED, "Signs for this network and no other; nothing was sent.")


def sentence_of(checks: Sequence[Check]) -> str:
    return " ".join(f"{check.sentence} {check.cure}".strip() for check in checks)
