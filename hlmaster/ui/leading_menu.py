"""Who leads a position, as menu entries: take it over, hand it back, veto its strategy, give the coin to another."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QMenu

from hlmaster.core.events import Severity
from hlmaster.desk.desk import Desk
from hlmaster.desk.outcome import Outcome
from hlmaster.trading.ownership import YOU, Swap
from hlmaster.ui.context import Context

VETOES = ((15 * 60, "15 minutes"), (3600, "1 hour"), (24 * 3600, "1 day"))
SWAPS = (
    (Swap.HAND_OVER, "hand the position over"),
    (Swap.KEEP, "leave the position to its stops"),
    (Swap.CLOSE, "close the position first"),
)


def leading_sentence(desk: Desk, coin: str) -> str:
    tenure = desk.proposing.ownership.of(coin)
    if tenure is None:
        return "Yours: no strategy touches it."
    if tenure.owner == YOU:
        former = desk.title(tenure.former)
        return f"You took it over{f' from {former}' if tenure.former else ''}; its stops stay, no strategy closes it."
    if not tenure.owner:
        return "Nobody leads it; it is left to its stops."
    return f"{desk.title(tenure.owner)} leads it: its opposite signal closes it."


def add_leading(menu: QMenu, context: Context, coin: str) -> None:
    """What can be done about this position now, and nothing else."""
    desk = context.desk
    proposing, tenure = desk.proposing, desk.proposing.ownership.of(coin)
    menu.addSeparator()

    def act(text: str, verb: partial[Outcome], where: QMenu = menu) -> None:
        where.addAction(text, lambda: _say(context, verb()))

    if tenure is not None and tenure.owner != YOU:
        act("Take over: no strategy closes it", partial(proposing.take_over, coin))
    if tenure is not None and tenure.owner == YOU and tenure.former:
        act(f"Hand back to {desk.title(tenure.former)}", partial(proposing.hand_back, coin))
    source = "" if tenure is None else tenure.owner if tenure.is_led else tenure.former
    if source:
        vetoes = menu.addMenu(f"No new idea of {desk.title(source)} on {coin} for")
        for seconds, text in VETOES:
            act(text, partial(proposing.veto, source, coin, seconds), vetoes)
    others = [card for card in desk.engine.cards() if card.armed and card.name != source]
    if others:
        swaps = menu.addMenu(f"Give {coin} to")
        for card in others:
            ways = swaps.addMenu(card.title)
            for how, text in SWAPS:
                act(f"… and {text}", partial(proposing.swap, coin, card.name, how), ways)
    given = proposing.ownership.assigned(coin)
    if given is not None:
        act(f"Take {coin} back from {desk.title(given)} alone", partial(proposing.free, coin))


def _say(context: Context, outcome: Outcome) -> None:
    context.notify(Severity.INFO if outcome.ok else Severity.WARNING, outcome.sentence)
