"""A verified action on its way to its handler, and the two plain ways it can end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hlmaster.core.errors import HlError
from hlmaster.exchange.simulator.delegation import SubAccount
from hlmaster.exchange.simulator.house import House

MICRO = Decimal(1_000_000)
DEFAULT = {"type": "default"}


class Refused(HlError):
    """Shape A: ``{"status": "err", "response": text}``."""

    code = "SIM-020"


@dataclass(frozen=True, slots=True)
class Request:
    """A verified action. ``account`` is acted for, ``master`` owns it (they differ for a sub-account)."""

    action: Mapping[str, Any]
    account: str
    master: str
    nonce: int
    now_ms: int


Handler = Callable[[House, Request], Any]


def done(problem: str | None) -> Any:
    if problem is not None:
        raise Refused(problem)
    return DEFAULT


def own_sub_account(house: House, request: Request, address: str) -> SubAccount:
    sub = house.delegations.sub_accounts.get(address.lower())
    if sub is None or sub.master != request.master:
        raise Refused(f"Sub-account {address} is not registered to {request.master}")
    return sub
