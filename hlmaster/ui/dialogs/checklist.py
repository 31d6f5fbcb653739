"""The trader's own checklist before an entry by hand: every sentence is ticked, or nothing is sent."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from hlmaster.ui.dialogs.confirm import Confirm, answered


class Checklist(Confirm):
    """Beside the window, not in its way; yes is there once all is ticked."""

    HELP = "risk_limits"

    def __init__(self, parent: QWidget | None, what: str, sentences: Sequence[str]) -> None:
        super().__init__(parent, "Your checklist", f"{what}: tick what is so.", "Go on")
        self.boxes = [QCheckBox(sentence) for sentence in sentences]
        column = QVBoxLayout()
        for box in self.boxes:
            box.toggled.connect(self._show_yes)
            column.addWidget(box)
        self.middle.addLayout(column)
        self._show_yes()
        if self.boxes:
            self.boxes[0].setFocus()

    def _show_yes(self) -> None:
        self.yes.setEnabled(all(box.isChecked() for box in self.boxes))


async def all_ticked(parent: QWidget | None, what: str, sentences: Sequence[str]) -> bool:
    """At once True where there are no sentences."""
    if not sentences:
        return True
    dialog = Checklist(parent, what, sentences)
    dialog.show()
    return await answered(dialog)
