from __future__ import annotations

from pathlib import Path

import pytest

from hlmaster.core.errors import ConfigError
from hlmaster.insight.sentiment.coins import Aliases, ticker_of

WATCHED = ("BTC", "ETH", "SOL", "LINK", "NEAR", "kPEPE", "NOT", "HYPE", "W")


@pytest.fixture(scope="module")
def aliases() -> Aliases:
    return Aliases.load()


@pytest.mark.parametrize(
    ("text", "coins"),
    [
        ("Bitcoin and ether rise", ("BTC", "ETH")),
        ("btc/eth ratio", ("BTC", "ETH")),
        ("Bitcoin's price", ("BTC",)),
        ("Bitcoin Cash forks", ()),
        ("Ethereum Classic hacked", ()),
        ("Ethereum   rises, Ethereum Classic falls", ("ETH",)),
        ("SOL leads", ("SOL",)),
        ("The sol of Peru", ()),
        ("$sol and #link", ("LINK", "SOL")),
        ("a link to the near future", ()),
        ("Link and Near in a title", ()),
        ("LINK breaks out", ("LINK",)),
        ("LINK AND SOL ARE SHOUTED", ()),
        ("BITCOIN IS SHOUTED", ("BTC",)),
        ("Prices are NOT rising", ()),
        ("Prices of $NOT are rising", ("NOT",)),
        ("PEPE doubles", ("kPEPE",)),
        ("pepecoin doubles", ("kPEPE",)),
        ("Hyperliquid grows, with much hype", ("HYPE",)),
        ("bitcoinist.com and unbitcoin", ()),
        ("$W is listed", ("W",)),
        ("W is a letter", ()),
        ("", ()),
    ],
)
def test_a_coin_is_found_by_what_means_nothing_else(aliases: Aliases, text: str, coins: tuple[str, ...]) -> None:
    assert aliases.named(text, WATCHED) == coins


def test_another_watchlist_is_another_answer(aliases: Aliases) -> None:
    assert aliases.named("Bitcoin Cash and Bitcoin", ["BCH"]) == ("BCH",)
    assert aliases.named("Bitcoin Cash and Bitcoin", ["BTC"]) == ("BTC",)
    assert aliases.named("Bitcoin Cash and Bitcoin", []) == ()


def test_a_coin_nobody_has_names_for_goes_by_its_ticker(aliases: Aliases) -> None:
    assert aliases.named("FARTCOIN and $zzz9 rise", ["FARTCOIN", "ZZZ9"]) == ("FARTCOIN", "ZZZ9")


def test_no_name_belongs_to_two_coins(aliases: Aliases) -> None:
    names = [name for of in aliases._names.values() for name in of]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(("coin", "ticker"), [("kPEPE", "PEPE"), ("BTC", "BTC"), ("k", "k"), ("kas", "kas")])
def test_a_thousand_of_a_coin_goes_by_its_name(coin: str, ticker: str) -> None:
    assert ticker_of(coin) == ticker


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "coins.toml"
    file.write_text("words = 3")
    with pytest.raises(ConfigError, match=r"coins\.toml"):
        Aliases.load(file)
