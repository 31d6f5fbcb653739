"""Actions about who may act for whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hlmaster.exchange.simulator.house import House
from hlmaster.exchange.simulator.requests import DEFAULT, Handler, Refused, Request, done


def approve_agent(house: House, request: Request) -> Any:
    action = request.action
    outcome = house.delegations.approve_agent(
        request.master, action["agentAddress"].lower(), action["agentName"], request.now_ms
    )
    if isinstance(outcome, str):
        raise Refused(outcome)
    for replaced in outcome:
        house.nonces.forget(replaced)
    house.mark("delegations")
    return DEFAULT


def approve_builder_fee(house: House, request: Request) -> Any:
    builder = request.action["builder"].lower()
    problem = house.delegations.approve_builder(request.master, builder, request.action["maxFeeRate"])
    house.mark("delegations")
    return done(problem)


def set_referrer(house: House, request: Request) -> Any:
    code = request.action["code"]
    if not 1 <= len(code) <= 20 or request.master in house.delegations.referrers:
        raise Refused("Referral code not registered")
    house.delegations.referrers[request.master] = code
    house.mark("delegations")
    return DEFAULT


def create_sub_account(house: House, request: Request) -> Any:
    volume = house.venue.volume(request.master)
    outcome = house.delegations.create_sub_account(request.master, request.action["name"], volume)
    if isinstance(outcome, str):
        raise Refused(outcome)
    house.mark("delegations")
    return {"type": "createSubAccount", "data": outcome.address}


HANDLERS: Mapping[str, Handler] = {
    "approveAgent": approve_agent,
    "approveBuilderFee": approve_builder_fee,
    "setReferrer": set_referrer,
    "createSubAccount": create_sub_account,
}
