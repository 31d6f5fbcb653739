"""Info answers about what this exchange does not have: no vaults, staking, builder dexes, TWAPs or lending, in the form
that the real one gives to a user who has none of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hlmaster.exchange.simulator import shapes
from hlmaster.exchange.simulator.house import House
from hlmaster.exchange.simulator.market_answers import USDC
from hlmaster.exchange.simulator.questions import Question, Unanswerable
from hlmaster.exchange.simulator.schema import text

Answer = Callable[[House, Question], Any]


def _for_a_user(value: Any) -> Answer:
    """The same answer for everybody, once the address was understood."""

    def answer(_: House, question: Question) -> Any:
        question.user  # noqa: B018
        return value

    return answer


def referral(house: House, question: Question) -> Any:
    volume = shapes.usd(house.venue.volume(question.user))
    code = house.delegations.referrers.get(question.user)
    return {
        "referredBy": None if code is None else {"referrer": "0x" + "0" * 40, "code": code},
        "cumVlm": volume,
        "unclaimedRewards": "0.0",
        "claimedRewards": "0.0",
        "builderRewards": "0.0",
        "tokenToState": [],
        "referrerState": {"stage": "needToTrade", "data": {"required": "10000.0"}},
        "rewardHistory": [],
    }


def max_builder_fee(house: House, question: Question) -> Any:
    return house.delegations.builder_fee(question.user, Question({"user": question.body.get("builder")}).user)


def approved_builders(house: House, question: Question) -> Any:
    return [builder for builder, fee in house.delegations.builders.get(question.user, {}).items() if fee]


def token_details(_: House, question: Question) -> Any:
    if text(question.body.get("tokenId")) != USDC["tokenId"]:
        raise Unanswerable("there is no such token")
    return {
        "name": "USDC",
        "maxSupply": "1000000000000.0",
        "totalSupply": "1000000000.0",
        "circulatingSupply": "1000000000.0",
        "szDecimals": 8,
        "weiDecimals": 8,
        "midPx": "1.0",
        "markPx": "1.0",
        "prevDayPx": "1.0",
        "genesis": None,
        "deployer": None,
        "deployGas": None,
        "deployTime": None,
        "seededUsdc": "0.0",
        "nonCirculatingUserBalances": [],
        "futureEmissions": "0.0",
    }


def dex_limits(_: House, question: Question) -> Any:
    raise Unanswerable(f"there is no dex {text(question.body.get('dex'))!r}")


def auction_status(house: House, _: Question) -> Any:
    start = house.chronicle.opened_ms // 1000
    return {
        "startTimeSeconds": start,
        "durationSeconds": 111_600,
        "startGas": "500.0",
        "currentGas": "500.0",
        "endGas": None,
    }


STAKING_SUMMARY = {"delegated": "0.0", "undelegated": "0.0", "totalPendingWithdrawal": "0.0", "nPendingWithdrawals": 0}
SPOT_DEPLOYS = {
    "states": [],
    "gasAuction": {
        "startTimeSeconds": 0,
        "durationSeconds": 111_600,
        "startGas": "500.0",
        "currentGas": "500.0",
        "endGas": None,
    },
}

ANSWERS: Mapping[str, Answer] = {
    "referral": referral,
    "maxBuilderFee": max_builder_fee,
    "approvedBuilders": approved_builders,
    "tokenDetails": token_details,
    "perpDeployAuctionStatus": auction_status,
    "userAbstraction": lambda house, question: house.delegations.modes.get(question.user, "disabled"),
    "userDexAbstraction": _for_a_user(None),
    "userToMultiSigSigners": _for_a_user(None),
    "userVaultEquities": _for_a_user([]),
    "userTwapSliceFills": _for_a_user([]),
    "userTwapSliceFillsByTime": _for_a_user([]),
    "twapHistory": _for_a_user([]),
    "delegations": _for_a_user([]),
    "delegatorSummary": _for_a_user(STAKING_SUMMARY),
    "delegatorHistory": _for_a_user([]),
    "delegatorRewards": _for_a_user([]),
    "borrowLendUserState": _for_a_user({"tokenToState": [], "health": "healthy", "healthFactor": None}),
    "spotDeployState": _for_a_user(SPOT_DEPLOYS),
    "liquidatable": lambda *_: [],
    "vaultDetails": lambda *_: None,
    "perpDexStatus": lambda *_: {"totalNetDeposit": "0.0"},
    "perpDexLimits": dex_limits,
    "perpAnnotation": lambda *_: None,
    "perpCategories": lambda *_: [],
    "perpConciseAnnotations": lambda *_: [],
}
