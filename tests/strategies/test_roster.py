"""The roster: what it was told it knows after a restart, and a damaged file is told of, never believed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from hlmaster.core.errors import ConfigError
from hlmaster.core.proposals import Policy
from hlmaster.strategies.known import BuiltIn
from hlmaster.strategies.roster import Entry, Roster
from tests.strategies.troupe import Twist, TwistParams

KNOWN = BuiltIn(Twist)


def read(tmp_path: Path, text: str) -> Roster:
    (tmp_path / "s.toml").write_text(text)
    roster = Roster(tmp_path / "s.toml")
    roster.load()
    return roster


def test_without_a_file_nothing_is_armed_and_everything_asks(tmp_path: Path) -> None:
    roster = Roster(tmp_path / "none.toml")
    roster.load()
    assert (roster.entry("twist"), roster.overall, roster.notices) == (Entry(), Policy.ASK, [])


async def test_what_was_chosen_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    roster = Roster(file)
    roster.set_overall(Policy.AUTO)
    roster.change("twist", armed=True, coins=("BTC", "k:PEPE"), policy=Policy.AUTO, role="voter:a", code="12")
    roster.set_params(KNOWN, TwistParams(above=7.5))
    roster.change("other", off=("ETH",), params={"empty": None, "list": ["a"], "flag": True})
    await roster.stop()
    again = Roster(file)
    again.load()
    assert again.notices == []
    assert again.overall is Policy.AUTO
    assert again.entry("twist") == roster.entry("twist")
    assert again.entry("other") == roster.entry("other")
    assert again.params(KNOWN) == (TwistParams(above=7.5), ())


def test_a_strategy_that_is_not_here_keeps_its_line(tmp_path: Path) -> None:
    roster = read(tmp_path, '[gone]\narmed = true\ncoins = ["BTC"]\n\n[gone.params]\nspeed = 3\n')
    roster.change("twist", armed=True)
    (tmp_path / "t.toml").write_text(roster.text())
    again = Roster(tmp_path / "t.toml")
    again.load()
    assert again.entry("gone") == Entry(armed=True, coins=("BTC",), params={"speed": 3})


def test_parameters_out_of_range_are_at_their_default_with_a_notice(tmp_path: Path) -> None:
    roster = read(tmp_path, "[twist]\n[twist.params]\nabove = -5\nlookback = 7\nspeed = 1\n")
    params, told = roster.params(KNOWN)
    assert params == TwistParams(lookback=7)
    assert len(told) == 2
    assert "above = -5" in " ".join(told)
    assert "speed" in " ".join(told)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[twist]\narmed = true\ncoins = "everything"\n', "no list of coins"),
        ("[twist]\narmed = true\ncoins = [1]\n", "no list of coins"),
        ('[twist]\narmed = true\nrole = "boss"\n', "is no role"),
        ("twist = 5\n", "no setting of the roster"),
        ("[twist]\nparams = 5\n", "cannot be understood"),
        (f'[twist]\n[twist.params]\nname = "{"ab" * 32}"\n', "secret"),
    ],
)
def test_what_is_wrong_in_the_file_is_told_and_arms_nothing(tmp_path: Path, text: str, words: str) -> None:
    roster = read(tmp_path, text)
    assert words in " ".join(roster.notices)
    assert not roster.entry("twist").armed
    assert "ab" * 32 not in " ".join(roster.notices)


def test_a_policy_that_is_none_lets_nothing_through(tmp_path: Path) -> None:
    roster = read(tmp_path, 'policy = "always"\n[twist]\npolicy = "auto"\n')
    assert roster.policy("twist") is Policy.OBSERVE
    assert "policy = 'always'" in roster.notices[0]


def test_a_damaged_file_is_kept_and_nothing_is_armed(tmp_path: Path) -> None:
    roster = read(tmp_path, "[twist\narmed = true")
    assert "no strategy is armed" in roster.notices[0]
    assert (tmp_path / "s.damaged.toml").read_text() == "[twist\narmed = true"
    assert not roster.entry("twist").armed


@pytest.mark.parametrize(
    "changes",
    [{"role": "voter:"}, {"coins": "all"}, {"coins": ("A B",)}, {"off": ("",)}, {"params": {"a": {"b": 1}}}],
)
def test_what_cannot_be_is_refused_and_changes_nothing(changes: dict[str, object]) -> None:
    roster = Roster()
    with pytest.raises(ConfigError):
        roster.change("twist", **changes)
    assert roster.entry("twist") == Entry()


@pytest.mark.parametrize("own", list(Policy))
@pytest.mark.parametrize("overall", list(Policy))
def test_the_overall_policy_caps_each(own: Policy, overall: Policy) -> None:
    roster = Roster()
    roster.change("twist", policy=own)
    roster.set_overall(overall)
    order = list(Policy)
    assert order.index(roster.policy("twist")) == min(order.index(own), order.index(overall))


async def test_a_disk_that_refuses_is_told_once_a_change(tmp_path: Path) -> None:
    told: list[str] = []
    roster = Roster(tmp_path / "nowhere" / "s.toml", told.append)
    roster.change("twist", armed=True)
    await roster.stop()
    assert len(told) == 1
    assert "cannot be written" in told[0]
    assert roster.entry("twist").armed


async def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    roster = Roster(tmp_path / "s.toml")
    roster.change("twist", armed=True)
    await roster.stop()
    if sys.platform != "win32":
        assert os.stat(tmp_path / "s.toml").st_mode & 0o077 == 0  # noqa: PTH116  the mode is the subject
