"""The ways to ask why: the dossier behind a decision, and the gates between a strategy and a trade.

Dialogs are imported when they are asked for; panels that offer them cost the window's start nothing.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QWidget

from hlmaster.ui.context import Context
from hlmaster.ui.decisions import Said


def why(context: Context, key: str, parent: QWidget) -> None:
    """Of a proposal, a trade or an order, by its id."""
    from hlmaster.ui.dialogs.dossier import DossierDialog

    DossierDialog(context, key, context.desk.records.dossier, parent=parent).show()


def why_said(context: Context, said: Said, parent: QWidget) -> None:
    """Of a signal: its proposal's dossier, or what keeps it from becoming one."""
    if said.became is not None:
        why(context, said.became.proposal_id, parent)
    else:
        why_nothing(context, said.signal.strategy, said.signal.coin, parent)


def why_nothing(context: Context, strategy: str, coin: str, parent: QWidget) -> None:
    from hlmaster.ui.dialogs.why_nothing import WhyNothingDialog

    show(WhyNothingDialog(context, strategy, coin, parent))


def show(dialog: QDialog) -> None:
    """Open it beside the window, which goes on; it is gone once it is closed."""
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()
