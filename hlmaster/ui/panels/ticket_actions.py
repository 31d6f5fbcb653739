"""What the ticket can do by name, and by a single letter while no field has the keys."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt

from hlmaster.core.model import Side
from hlmaster.ui.actions import Action
from hlmaster.ui.dock import PanelDock
from hlmaster.ui.forms.ui_ticket_panel import Ui_TicketPanel
from hlmaster.ui.panel import Panel
from hlmaster.ui.panels.ticket_chips import COUNT

GROUP = "Order ticket"
MOST_READY = 3


def letters(ui: Ui_TicketPanel) -> dict[Qt.Key, Callable[[], object]]:
    kinds = {Qt.Key.Key_M: "market", Qt.Key.Key_L: "limit", Qt.Key.Key_O: "stop", Qt.Key.Key_T: "take profit"}
    sides = {Qt.Key.Key_B: Side.BUY, Qt.Key.Key_S: Side.SELL}
    return {
        **{key: partial(ui.kind.choose, kind) for key, kind in kinds.items()},
        **{key: partial(ui.side.choose, side) for key, side in sides.items()},
        Qt.Key.Key_R: ui.reduce_only.toggle,
        Qt.Key.Key_P: partial(toggle_post_only, ui),
        Qt.Key.Key_K: partial(toggle_bracket, ui),
    }


def toggle_post_only(ui: Ui_TicketPanel) -> None:
    if ui.post_only.isEnabled():
        ui.post_only.toggle()


def toggle_bracket(ui: Ui_TicketPanel) -> None:
    """The first ready bracket, or none."""
    if ui.bracket.wants_target():
        ui.bracket.attach_stop.setChecked(False)
        ui.bracket.attach_target.setChecked(False)
    else:
        ui.bracket.take_ready(0)


def show(panel: Panel, ui: Ui_TicketPanel) -> None:
    """In front, with the keys where letters choose and Enter goes on to what is wanting."""
    dock = panel.parentWidget()
    while dock is not None and not isinstance(dock, PanelDock):
        dock = dock.parentWidget()
    if dock is not None:
        dock.show()
        dock.come_forward()
    ui.side.button(ui.side.value).setFocus(Qt.FocusReason.ShortcutFocusReason)


def register(panel: Panel, ui: Ui_TicketPanel, clear: Callable[[], object], leverage: Callable[[], object]) -> None:
    """``clear`` empties the form, ``leverage`` opens what chooses it."""

    def add(name: str, title: str, run: Callable[[], object], keys: str = "", hint: str = "") -> None:
        panel.context.actions.add(Action(f"ticket.{name}", title, GROUP, run, keys, hint=hint), panel)

    add("focus", "Go to the order ticket", partial(show, panel, ui), "Ctrl+T")
    for side in Side:
        add(f"side_{side}", f"Ticket: {side}", partial(ui.side.choose, side))
    for kind in ("market", "limit", "stop", "take profit"):
        add(kind.replace(" ", "_"), f"Ticket: {kind} order", partial(ui.kind.choose, kind))
    add("reduce_only", "Ticket: reduce-only on or off", ui.reduce_only.toggle)
    add("post_only", "Ticket: post-only on or off", partial(toggle_post_only, ui), hint="Of a limit order.")
    add("bracket", "Ticket: the first ready bracket, or none", partial(toggle_bracket, ui))
    for number in range(MOST_READY):
        add(f"bracket_{number + 1}", f"Ticket: ready bracket {number + 1}", partial(ui.bracket.take_ready, number))
    for number in range(COUNT):
        take, edit = partial(ui.chips.take, number), partial(ui.chips.edit, number)
        add(f"size_preset_{number + 1}", f"Ticket: size preset {number + 1}", take, f"Ctrl+{number + 1}")
        add(f"edit_preset_{number + 1}", f"Ticket: change size preset {number + 1}", edit)
    for share in ui.chips.share:
        add(f"share_{share}", f"Ticket: {share} % of what is possible", partial(ui.chips.shared.emit, share))
    add("leverage", "Ticket: leverage and margin mode", leverage)
    add("clear", "Ticket: empty it", clear)
