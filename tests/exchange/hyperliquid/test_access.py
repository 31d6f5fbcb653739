"""Roles, approvals and account modes as the venue tells them, recorded and in every form the protocol names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hlmaster.core.errors import UnrecognisedReply
from hlmaster.exchange.hyperliquid.access import AccessQueries, Grant, Role, Standing

FIXTURES = Path(__file__).resolve().parents[4] / "shared" / "hyperliquid" / "fixtures"
ACCOUNT, AGENT = "0x" + "ab" * 20, "0x" + "cd" * 20


class Told:
    """Answers by kind of query."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers

    async def info(self, kind: str, **fields: object) -> bytes:
        return msgspec.json.encode(self.answers[kind])


def queries(**answers: Any) -> AccessQueries:
    return AccessQueries(Told(**answers))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("answer", "standing"),
    [
        ({"role": "user"}, Standing(Role.USER)),
        ({"role": "missing"}, Standing(Role.MISSING)),
        ({"role": "vault"}, Standing(Role.VAULT)),
        ({"role": "agent", "data": {"user": ACCOUNT.upper().replace("X", "x")}}, Standing(Role.AGENT, ACCOUNT)),
        ({"role": "subAccount", "data": {"master": ACCOUNT}}, Standing(Role.SUB_ACCOUNT, ACCOUNT)),
    ],
)
async def test_every_role(answer: Any, standing: Standing) -> None:
    assert await queries(userRole=answer).standing(AGENT) == standing


@pytest.mark.parametrize("answer", [{"role": "emperor"}, {}, [], None, "agent"])
async def test_a_role_nobody_knows_is_no_role(answer: Any) -> None:
    with pytest.raises(UnrecognisedReply):
        await queries(userRole=answer).standing(AGENT)


async def test_a_named_approval_has_its_end() -> None:
    told = queries(extraAgents=[{"address": AGENT.upper().replace("X", "x"), "name": "desk", "validUntil": 5}])
    assert await told.grant(ACCOUNT, AGENT) == Grant(AGENT, "desk", 5)


async def test_the_unnamed_one_is_told_by_the_overview() -> None:
    overview = {"agentAddress": AGENT, "agentValidUntil": 7, "serverTime": 1}
    assert await queries(extraAgents=[], webData2=overview).grant(ACCOUNT, AGENT) == Grant(AGENT, "", 7)
    overview = {"agentAddress": None, "agentValidUntil": None}
    assert await queries(extraAgents=[], webData2=overview).grant(ACCOUNT, AGENT) is None


@pytest.mark.parametrize("name", ["userRole", "extraAgents"])
async def test_recorded_answers_are_read(name: str) -> None:
    file = FIXTURES / f"{name}.json"
    if not file.exists():
        pytest.skip(f"the recording {name}.json is not here")
    for case in json.loads(file.read_text(encoding="utf-8"))["cases"]:
        answer = case["response"]
        if name == "userRole":
            assert (await queries(userRole=answer).standing(AGENT)).role == answer["role"]
        else:
            first = answer[0]
            granted = await queries(extraAgents=answer).grant(ACCOUNT, first["address"])
            assert granted == Grant(first["address"], first["name"], first["validUntil"])
