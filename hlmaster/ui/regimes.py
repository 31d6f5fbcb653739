"""The regimes of markets in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hlmaster.core.signals import Regime

MOST_NAMED = 8
UNKNOWN = "The regime of a coin is told once a strategy runs on it and a day of its candles is known."


def regimes_now(regime: Callable[[str], Regime | None], coins: Sequence[str]) -> str:
    """``Now: range on BTC, ETH; trend on SOL``; of coins whose regime is not known nothing is said."""
    known = [(found, coin) for coin in coins if (found := regime(coin)) is not None]
    said = []
    for one in Regime:
        names = [coin for found, coin in known if found is one]
        more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
        said += [f"{one} on {', '.join(names[:MOST_NAMED])}{more}"] if names else []
    return f"Now: {'; '.join(said)}." if said else UNKNOWN


def regimes_of(chosen: Sequence[str], regime: Callable[[str], Regime | None], coins: Sequence[str]) -> str:
    """In which regimes a strategy opens, and where its coins are now."""
    opens = f"Opens in {' and '.join(chosen)} only." if chosen else "Opens in every regime."
    return f"{opens} {regimes_now(regime, coins)}" if coins else opens
