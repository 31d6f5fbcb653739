"""Why a strategy has no signal about a coin: the gates from its data to its word, the first red one with its cure."""

from __future__ import annotations

from collections.abc import Sequence

from hlmaster.core.signals import Gate
from hlmaster.strategies.actor import REPAIR, Actor, failure
from hlmaster.strategies.roster import Entry, Roster
from hlmaster.strategies.watch import Rows, Watch


def gates_of(
    actor: Actor, coin: str, roster: Roster, rows: Rows, stale: str | None, watchlist: Sequence[str]
) -> tuple[Gate, ...]:
    """In order. Raises whatever the strategy does when it explains itself."""
    entry = roster.entry(actor.name)
    watch = actor.watches.get(coin)
    return (
        Gate("feed fresh", stale is None, stale or "Every stream of it is fresh.", "" if stale is None else _LINK),
        _history(actor, coin, rows, watch),
        _works(actor),
        _checked(actor, entry),
        _armed(entry),
        _coin(entry, coin, watchlist),
        _signal(watch),
    )


_LINK = "It comes by itself when the connection does; see the status bar."


def _history(actor: Actor, coin: str, rows: Rows, watch: Watch | None) -> Gate:
    if watch is None or actor.mind is None:
        return Gate("history loaded", None, "It is loaded once the strategy runs on this coin.")
    known, needed = rows.progress(coin, actor.mind.needs)
    cure = "" if known >= needed else f"Rows of {actor.mind.needs.grid} are still missing; they come by themselves."
    return Gate("history loaded", known >= needed, f"{min(known, needed)} of {needed} rows", cure)


def _works(actor: Actor) -> Gate:
    if actor.broken:
        return Gate("strategy works", False, actor.broken, REPAIR)
    return Gate("strategy works", True, "It runs without error.")


def _checked(actor: Actor, entry: Entry) -> Gate:
    failed = failure(actor.checks)
    if failed:
        return Gate("checks passed", False, failed, "Correct its code, and run its checks again.")
    if not actor.checks:
        text = "They are running." if entry.armed else "They run when it is armed."
        return Gate("checks passed", None, text)
    return Gate("checks passed", True, "It looks at nothing that it could not know.")


def _armed(entry: Entry) -> Gate:
    return Gate(
        "armed", entry.armed, "It is armed." if entry.armed else "It is disarmed.", "" if entry.armed else "Arm it."
    )


def _coin(entry: Entry, coin: str, watchlist: Sequence[str]) -> Gate:
    if coin in entry.off:
        return Gate("coin chosen", False, f"It is switched off for {coin}.", f"Switch it on for {coin}.")
    if coin in entry.coins_of(watchlist):
        return Gate("coin chosen", True, f"{coin} is one of its coins.")
    where = "the watchlist" if isinstance(entry.coins, str) else ", ".join(entry.coins) or "no coin"
    return Gate("coin chosen", False, f"It runs on {where}.", f"Add {coin} to it.")


def _signal(watch: Watch | None) -> Gate:
    if watch is None or watch.answer is None:
        return Gate("signal", None, "It has not seen a whole row yet.")
    word = watch.word()
    if word is not None and word.direction.sign:
        return Gate("signal", True, f"{word.direction.upper()}: {word.reason}")
    reason = word.reason if word is not None else "it gave no reason"
    return Gate("signal", False, f"NEUTRAL because {reason}", "It speaks when its conditions come together.")
