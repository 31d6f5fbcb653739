"""People read titles, never the names that files and tables have."""

from __future__ import annotations

import pytest

from hlmaster.core.signals import Direction
from hlmaster.trading.ownership import Ownership, Swap, Tenure
from hlmaster.trading.titles import Titles, as_written

NAMES = {"momentum_scalper": "Momentum Scalper", "oracle_update": "Oracle Update"}
TITLES = Titles(lambda name: NAMES.get(name, name))
NOW = 1_000_000


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ("momentum_scalper", "Momentum Scalper"),
        ("group trend", "Group trend"),
        ("manual", "manual"),
        ("you", "you"),
        ("", ""),
    ],
)
def test_a_source_reads_as_a_person_calls_it(source: str, title: str) -> None:
    assert TITLES(source) == title
    assert as_written(source) == source


def test_no_sentence_of_ownership_says_a_name() -> None:
    ownership = Ownership(TITLES)
    told = []

    def ask(source: str = "oracle_update", direction: Direction = Direction.LONG) -> None:
        told.append(ownership.why_not(source, "ETH", direction, NOW, has_position=True))

    ownership.veto("oracle_update", "ETH", NOW + 60_000)
    ask()
    ownership.veto("oracle_update", "ETH", 0)
    ownership.assign("ETH", "momentum_scalper")
    ask()
    ownership.assign("ETH", None)
    ownership.claim(Tenure("ETH", "momentum_scalper", Direction.LONG, NOW, None))
    ask()
    ask("momentum_scalper")
    ask("momentum_scalper", Direction.SHORT)
    ownership.swap("ETH", "oracle_update", Swap.KEEP, NOW)
    ownership.assign("ETH", None)
    ask()
    assert told == [
        "You vetoed Oracle Update on ETH for another 1 min.",
        "ETH was given to Momentum Scalper; swap it to Oracle Update first.",
        "Momentum Scalper holds ETH; Oracle Update waits until it is closed.",
        "Momentum Scalper is long on ETH already; a position is not added to.",
        "Momentum Scalper is long on ETH; that is closed first.",
        "The ETH position is left to its stops; Oracle Update waits until it is closed.",
    ]
