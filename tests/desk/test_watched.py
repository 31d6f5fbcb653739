"""Which coins are subscribed: those of the list, those that are held, and those that somebody looks at."""

from __future__ import annotations

from dataclasses import replace

from hlmaster.desk.watched import MOST_LOOKED_AT, Watched
from hlmaster.settings import Settings
from tests.desk.desks import BTC, running, scene

ONLY_ETH = Settings.model_validate({"market": {"watchlist": ["ETH"]}})


async def test_a_coin_of_no_list_has_data_while_it_is_looked_at() -> None:
    async with running(scene(settings=ONLY_ETH)) as made:
        watched: Watched = made.desk.watched
        watched.look_at("BTC")
        watched.look_at("BTC")
        watched.look_at("NOSUCH")
        assert made.market.watched == ["ETH", "BTC"]
        watched.watch(["BTC"])
        assert made.market.watched == ["ETH", "BTC"], "what becomes one of the list keeps its stream"


async def test_the_one_that_was_looked_at_longest_ago_is_let_go() -> None:
    async with running(scene(settings=ONLY_ETH)) as made:
        watched = made.desk.watched
        names = [f"C{number}" for number in range(MOST_LOOKED_AT + 1)]
        made.market.listed.update({name: replace(BTC, coin=name) for name in names})
        for name in names[:-1]:
            watched.look_at(name)
        watched.look_at("C0")
        watched.look_at(names[-1])
        assert "C1" not in made.market.watched
        assert {"ETH", "C0", names[-1]} <= set(made.market.watched)
        assert len(made.market.watched) == MOST_LOOKED_AT + 1


async def test_a_coin_taken_off_the_list_goes_when_others_are_looked_at_instead() -> None:
    async with running(scene(settings=ONLY_ETH)) as made:
        watched = made.desk.watched
        names = [f"C{number}" for number in range(MOST_LOOKED_AT + 1)]
        made.market.listed.update({name: replace(BTC, coin=name) for name in names})
        watched.watch(["C1"])
        watched.take_list(["C0", "C1"])
        watched.take_list(["C1"])
        watched.take_list([])
        assert {"ETH", "C0", "C1"} <= set(made.market.watched), "nobody looked at anything else yet"
        for name in names[2:]:
            watched.look_at(name)
        assert not {"ETH"} & set(made.market.watched)
        watched.look_at("BTC")
        assert "C0" not in made.market.watched
        assert "C1" in made.market.watched, "it is held, or a strategy runs on it"
        assert len(made.market.watched) == len(set(made.market.watched))
