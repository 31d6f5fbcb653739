"""Which coins a text speaks of."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from hlmaster.core.errors import ConfigError
from hlmaster.core.resources import resource
from hlmaster.insight.sentiment.source import brief

_SHORTEST = 3
"""Letters of a ticker that counts without a dollar sign."""


class _File(msgspec.Struct, frozen=True):
    words: list[str]
    names: dict[str, list[str]]


class Aliases:
    """Names and tickers by coin.

    A name counts in any case ("bitcoin", "btc"). Every coin's ticker counts in capitals, unless the whole text is in
    capitals or the ticker is a word of the language (``words``); behind ``$`` or ``#`` it counts always, in any case.
    Hyperliquid's ``kPEPE`` is a thousand PEPE and goes by its name.
    """

    def __init__(self, names: Mapping[str, Iterable[str]], words: Iterable[str]) -> None:
        self._names = {coin: [name.lower() for name in of] for coin, of in names.items()}
        self._words = frozenset(words)
        self._made: tuple[tuple[str, ...], re.Pattern[str], dict[str, str]] | None = None

    @classmethod
    def load(cls, file: Path | None = None) -> Aliases:
        """Raises ConfigError naming the file where it cannot be used."""
        file = file or resource("lexicon", "coins.toml")
        try:
            told = msgspec.convert(tomllib.loads(file.read_text("utf-8")), _File)
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"The coins' names in {file} cannot be used: {brief(error)}.", "Install the program anew."
            ) from error
        return cls(told.names, told.words)

    @property
    def tickers(self) -> tuple[str, ...]:
        """Of the coins that have names."""
        return tuple(self._names)

    def named(self, text: str, coins: Iterable[str]) -> tuple[str, ...]:
        """Those of ``coins`` that ``text`` names, sorted."""
        pattern, owners = self._pattern(tuple(coins))
        shouted = text.upper() == text
        found = set()
        for match in pattern.finditer(text):
            mark, word = match.groups()
            ticker = owners.get(f"${word.upper()}") if mark else None
            if ticker is None and not shouted and word not in self._words and len(word) >= _SHORTEST:
                ticker = owners.get(f"${word}")
            name = owners.get(" ".join(word.lower().split()))
            found |= {coin for coin in (ticker, name) if coin}
        return tuple(sorted(found))

    def _pattern(self, coins: tuple[str, ...]) -> tuple[re.Pattern[str], dict[str, str]]:
        """Kept for the coins that were asked last: a watchlist seldom changes."""
        if self._made is None or self._made[0] != coins:
            watched = {ticker_of(coin): coin for coin in coins}
            owners = {f"${ticker}": coin for ticker, coin in watched.items()}
            # Names of coins that nobody watches too: "bitcoin cash" is no bitcoin
            owners |= {name: watched.get(ticker, "") for ticker, names in self._names.items() for name in names}
            told = sorted((key.removeprefix("$") for key in owners), key=len, reverse=True)
            words = "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in told) or r"\Z\A"
            self._made = coins, re.compile(rf"(?<![\w$#])([$#]?)({words})(?!\w)", re.IGNORECASE), owners
        return self._made[1], self._made[2]


def ticker_of(coin: str) -> str:
    """``kPEPE`` → ``PEPE``."""
    return coin[1:] if len(coin) > 1 and coin[0] == "k" and coin[1:].isupper() else coin
