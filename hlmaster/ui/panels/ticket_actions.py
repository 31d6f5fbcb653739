"""What the ticket can do by name, and by a single letter while no field has the keys."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget

from hlmaster.core.model import Side
from hlmaster.ui.actions import Action
from hlmaster.ui.panels.ticket_chips import COUNT

if TYPE_CHECKING:
    from hlmaster.ui.panels.ticket import TicketPanel

GROUP = "Order ticket"
MOST_READY = 3


def letters(panel: TicketPanel) -> dict[Qt.Key, Callable[[], object]]:
    ui = panel.ui
    kinds = {Qt.Key.Key_M: "market", Qt.Key.Key_L: "limit", Qt.Key.Key_O: "stop", Qt.Key.Key_T: "take profit"}
    sides = {Qt.Key.Key_B: Side.BUY, Qt.Key.Key_S: Side.SELL}
    return {
        **{key: partial(ui.kind.choose, kind) for key, kind in kinds.items()},
        **{key: partial(ui.side.choose, side) for key, side in sides.items()},
        Qt.Key.Key_R: ui.reduce_only.toggle,
        Qt.Key.Key_P: partial(toggle_post_only, panel),
        Qt.Key.Key_K: partial(toggle_bracket, panel),
    }


def toggle_post_only(panel: TicketPanel) -> None:
    if panel.ui.post_only.isEnabled():
        panel.ui.post_only.toggle()


def toggle_bracket(panel: TicketPanel) -> None:
    """The first ready bracket, or none."""
    bracket = panel.ui.bracket
    if bracket.wants_target():
        bracket.attach_stop.setChecked(False)
        bracket.attach_target.setChecked(False)
    else:
        bracket.take_ready(0)


def show(panel: TicketPanel) -> None:
    """In front, with the keys where letters choose and Enter goes on to what is wanting."""
    dock = panel.parentWidget()
    while dock is not None and not isinstance(dock, QDockWidget):
        dock = dock.parentWidget()
    if dock is not None:
        dock.show()
        dock.raise_()
    panel.ui.side.button(panel.form.side).setFocus(Qt.FocusReason.ShortcutFocusReason)


def register(panel: TicketPanel) -> None:
    ui = panel.ui

    def add(name: str, title: str, run: Callable[[], object], keys: str = "", hint: str = "") -> None:
        panel.context.actions.add(Action(f"ticket.{name}", title, GROUP, run, keys, hint=hint), panel)

    add("focus", "Go to the order ticket", partial(show, panel), "Ctrl+T")
    for side in Side:
        add(f"side_{side}", f"Ticket: {side}", partial(ui.side.choose, side))
    for kind in ("market", "limit", "stop", "take profit"):
        add(kind.replace(" ", "_"), f"Ticket: {kind} order", partial(ui.kind.choose, kind))
    add("reduce_only", "Ticket: reduce-only on or off", ui.reduce_only.toggle)
    add("post_only", "Ticket: post-only on or off", partial(toggle_post_only, panel), hint="Of a limit order.")
    add("bracket", "Ticket: the first ready bracket, or none", partial(toggle_bracket, panel))
    for number in range(MOST_READY):
        add(f"bracket_{number + 1}", f"Ticket: ready bracket {number + 1}", partial(ui.bracket.take_ready, number))
    for number in range(COUNT):
        take, edit = partial(ui.chips.take, number), partial(panel.edit_preset, number)
        add(f"size_preset_{number + 1}", f"Ticket: size preset {number + 1}", take, f"Ctrl+{number + 1}")
        add(f"edit_preset_{number + 1}", f"Ticket: change size preset {number + 1}", edit)
    for share in ui.chips.share:
        add(f"share_{share}", f"Ticket: {share} % of what is possible", partial(panel.take_share, share))
    add("leverage", "Ticket: leverage and margin mode", panel.leverage.toggle)
    add("clear", "Ticket: empty it", panel.form.clear)
