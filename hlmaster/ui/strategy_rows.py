"""One strategy as a list shows it: its row, and what its cells say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from hlmaster.core.proposals import Policy
from hlmaster.strategies.card import Standing, StrategyCard
from hlmaster.strategies.known import BUILT_IN
from hlmaster.ui import figures
from hlmaster.ui.strategy_state import WARMING
from hlmaster.ui.table import Cell, Column
from hlmaster.ui.trial import Trial

POLICIES = {
    Policy.OBSERVE: "Observe: its ideas are recorded, never shown as cards",
    Policy.ASK: "Ask: each idea waits for your yes or no",
    Policy.AUTO: "Auto: it trades by itself, within the limits",
}
POLICY_ROLES = {Policy.OBSERVE: "muted", Policy.ASK: "", Policy.AUTO: "warning"}
STATE_ROLES = {Standing.RUNNING: "up", Standing.GETTING_READY: "accent", Standing.BROKEN: "danger"}


@dataclass(frozen=True, slots=True)
class StrategyRow:
    card: StrategyCard
    state: str
    doubt: str
    """What stands in its way though it is armed, as a sentence; empty when nothing does."""
    signals: int
    proposals: int
    net: Decimal | None
    """USD; None without a closed trade."""
    trial: Trial | None = None
    """Of its challenger, where it has one."""
    regimes: str = ""
    """In which it opens, and which there are now, as a sentence."""


def columns(actions: Callable[[StrategyRow], Cell]) -> list[Column[StrategyRow]]:
    after = "Of its closed trades, after all costs."
    return [
        Column("title", "Strategy", 176, lambda r: r.card.title, _title, words=True, hint=lambda r: r.card.about.idea),
        Column("state", "State", 150, lambda r: r.state, _state, words=True, hint=_state_hint),
        Column("policy", "Policy", 62, lambda r: str(r.card.policy), _policy, words=True, hint=_policy_hint),
        Column("role", "Role", 70, lambda r: r.card.entry.role, _role, words=True, spare=2),
        Column("coins", "Coins", 90, lambda r: len(r.card.coins), _coins, words=True, hint=_all_coins, spare=1),
        _counted("signals", "Signals", 68, lambda r: r.signals, spare=4),
        _counted("proposals", "Proposals", 84, lambda r: r.proposals, spare=5),
        Column("net", "Net", 82, lambda r: r.net, _net, right=True, tip=after),
        Column("actions", "", 146, lambda r: None, actions),
    ]


def _counted(key: str, title: str, width: int, count: Callable[[StrategyRow], int], spare: int) -> Column[StrategyRow]:
    tip = "Since midnight UTC."
    return Column(key, title, width, count, lambda r: _count(count(r)), right=True, tip=tip, spare=spare)


def _title(row: StrategyRow) -> Cell:
    card = row.card
    return Cell(card.title, "" if card.armed else "muted", badge="" if card.about.origin == BUILT_IN else "yours")


def _state(row: StrategyRow) -> Cell:
    role = STATE_ROLES.get(row.card.standing, "muted") if not row.doubt else "warning"
    return Cell(
        row.state,
        "accent" if row.state.startswith(WARMING) else role,
        badge="" if row.trial is None else "challenged",
        badge_role="accent",
    )


def _state_hint(row: StrategyRow) -> str:
    trial = "" if row.trial is None else f"Its challenger {row.trial.standing}: it {row.trial.words}."
    return " ".join(part for part in (row.card.broken, row.doubt, row.card.notice, trial) if part)


def _policy(row: StrategyRow) -> Cell:
    return Cell(str(row.card.policy), POLICY_ROLES[row.card.policy])


def _policy_hint(row: StrategyRow) -> str:
    card = row.card
    capped = "" if card.policy is card.entry.policy else f" Its own is {card.entry.policy}; the overall one caps it."
    return f"{POLICIES[card.policy]}.{capped}"


def _role(row: StrategyRow) -> Cell:
    role = row.card.entry.role
    return Cell(role.replace("voter:", "votes: "), "muted" if role == "solo" else "")


def _coins(row: StrategyRow) -> Cell:
    coins = row.card.coins
    if not coins:
        named = row.card.entry.coins
        return Cell(named if isinstance(named, str) else ", ".join(named), "faint")
    return Cell(", ".join(coins) if len(coins) < 4 else f"{len(coins)} coins")


def _all_coins(row: StrategyRow) -> str:
    return ", ".join(row.card.coins) or "It runs on no coin now."


def _count(number: int) -> Cell:
    return Cell(f"{number:,}", "" if number else "faint")


def _net(row: StrategyRow) -> Cell:
    return Cell(figures.money(row.net, signed=True), figures.tone(row.net) or "faint")
