from __future__ import annotations

from decimal import Decimal

from hlmaster.core.clock import DAY_MS
from hlmaster.exchange.simulator.delegation import AGENT_LIFETIME_MS, ZERO_ADDRESS, Delegations

NOW = 1_760_000_000_000
MASTER, OTHER = "0x" + "11" * 20, "0x" + "22" * 20


def address(number: int) -> str:
    return f"0x{number:040x}"


def test_a_new_unnamed_agent_replaces_the_old_one() -> None:
    rights = Delegations()
    assert rights.approve_agent(MASTER, address(1), "", NOW) == []
    assert rights.approve_agent(MASTER, address(2), "", NOW) == [address(1)]
    assert rights.agent(address(1), NOW) is None
    agent = rights.agent(address(2), NOW)
    assert agent is not None
    assert (agent.master, agent.valid_until) == (MASTER, NOW + AGENT_LIFETIME_MS)


def test_three_named_agents_are_the_limit_and_a_name_is_reusable() -> None:
    rights = Delegations()
    for number, name in enumerate(("a", "b", "c"), 1):
        assert rights.approve_agent(MASTER, address(number), name, NOW) == []
    refusal = rights.approve_agent(MASTER, address(4), "d", NOW)
    assert isinstance(refusal, str)
    assert refusal.startswith("Too many extra agents")
    assert rights.approve_agent(MASTER, address(4), "b", NOW) == [address(2)]
    assert rights.approve_agent(MASTER, ZERO_ADDRESS, "c", NOW) == [address(3)]
    assert rights.approve_agent(MASTER, address(5), "d", NOW) == []
    assert [agent.name for agent in rights.agents_of(MASTER)] == ["a", "b", "d"]


def test_an_agent_serves_one_master_until_its_time_is_over() -> None:
    rights = Delegations()
    assert rights.approve_agent(MASTER, address(1), f"desk valid_until {NOW + DAY_MS}", NOW) == []
    assert rights.approve_agent(OTHER, address(1), "", NOW) == "Extra agent already used."
    assert rights.agent(address(1), NOW + DAY_MS - 1) is not None
    assert rights.agent(address(1), NOW + DAY_MS) is None
    for until in (NOW, NOW + AGENT_LIFETIME_MS + 1):
        outcome = rights.approve_agent(MASTER, address(2), f"x valid_until {until}", NOW)
        assert outcome == "Agent valid_until already expired."


def test_sub_accounts_need_volume_and_their_master() -> None:
    rights = Delegations()
    refusal = rights.create_sub_account(MASTER, "one", Decimal(5))
    assert refusal == "Cannot create sub-accounts until enough volume traded. Required: $100000. Traded: $5.00"
    made = [rights.create_sub_account(MASTER, f"s{number}", Decimal(200_000)) for number in range(11)]
    assert [isinstance(one, str) for one in made] == [False] * 10 + [True]
    assert len({one.address for one in rights.sub_accounts_of(MASTER)}) == 10


def test_builder_fees_are_read_as_percentages() -> None:
    rights = Delegations()
    for text, problem in (
        ("0.05%", False),
        ("0.1%", False),
        ("1%", False),
        ("1.1%", True),
        ("x%", True),
        ("0.05", True),
    ):
        assert (rights.approve_builder(MASTER, OTHER, text) is not None) is problem, text
    rights.approve_builder(MASTER, OTHER, "0.05%")
    assert rights.builder_fee(MASTER, OTHER) == 50
    assert rights.builder_fee(OTHER, MASTER) == 0


def test_everything_survives_export() -> None:
    rights = Delegations()
    rights.approve_agent(MASTER, address(1), "desk", NOW)
    rights.create_sub_account(MASTER, "one", Decimal(200_000))
    rights.approve_builder(MASTER, OTHER, "0.05%")
    rights.referrers[MASTER] = "FRIEND"
    assert Delegations.restored(rights.export()) == rights
