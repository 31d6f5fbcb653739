"""A policy that makes no sense is refused with a sentence; one that does keeps its meaning over a file."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hlmaster.core.errors import ConfigError
from hlmaster.settings import Settings
from hlmaster.trading.protection.policy import TIERS, Policy, Protection, StopKind, settled

D = Decimal


def test_every_position_has_a_stop_unless_somebody_says_otherwise() -> None:
    assert Protection().stop is StopKind.PERCENT
    assert settled(Protection()).words == "2 % stop"


def test_the_tiers_are_the_whole_position() -> None:
    assert sum(share for _, share in TIERS) == 100


@pytest.mark.parametrize(
    ("ladder", "words"),
    [
        ("2:50,1:50", "must rise"),
        ("1:50,1:20", "must rise"),
        ("1:60,2:50", "more than the whole position"),
        ("1:0", "takes no profit"),
        ("0:10", "takes no profit"),
        ("half", "written gain:share"),
    ],
)
def test_an_impossible_ladder_is_refused_in_words(ladder: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Settings.load(cli=[f"protection.take_profits={ladder}"])


def test_a_ladder_is_read_from_the_command_line() -> None:
    settings, _ = Settings.load(cli=["protection.take_profits=1.5:50, 3:25"])
    assert settled(settings.protection).ladder == ((D("1.5"), D(50)), (D(3), D(25)))


def test_a_price_takes_the_place_of_every_distance() -> None:
    policy = settled(Protection(stop=StopKind.TIERED), D(2900))
    assert (policy.needs_atr, policy.is_tiered, policy.is_off, policy.words) == (False, False, False, "stop")
    assert not Policy(stop=StopKind.OFF, stop_price=D(1)).is_off


def test_a_choice_survives_its_document() -> None:
    policy = Policy(stop=StopKind.CHANDELIER, trailing=True, take_profits=("1:50",), break_even_percent=D("0.7"))
    assert Policy.model_validate(policy.model_dump(mode="json")) == policy


def test_stops_named_by_several_prices_stand_in_for_any_distance() -> None:
    policy = Policy(stop=StopKind.TIERED, stop_tiers=("2990:33", "2985.5:33", "2980:34"))
    assert policy.tiers == ((D(2990), D(33)), (D("2985.5"), D(33)), (D(2980), D(34)))
    assert (policy.needs_atr, policy.is_tiered, policy.is_off, policy.words) == (False, False, False, "stop tiers")
    assert not Policy(stop=StopKind.OFF, stop_tiers=("2990:100",)).is_off
    one = Policy(stop_price=D(2970), stop_tiers=("2990:100",))
    assert one.tiers == ((D(2970), D(100)),), "a stop at one price is the later choice"


@pytest.mark.parametrize(
    "tiers",
    [("2990",), ("2990:50",), ("0:100",), ("2990:100", "2980:0"), ("3:30", "1:30", "2:40"), ("2990:60", "2980:60")],
)
def test_stop_tiers_that_cover_no_whole_position_in_order_are_refused(tiers: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="stop"):
        Policy(stop_tiers=tiers)
