"""The switch that hides money and sizes, where everybody who looks at the window sees how it stands."""

from __future__ import annotations

from PySide6.QtWidgets import QPushButton

from hlmaster.ui.actions import Action
from hlmaster.ui.context import Context


class PrivacySwitch(QPushButton):
    """In the strip at the bottom; the setting ``general.privacy`` remembers it."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self.setObjectName("privacy")
        self.setProperty("role", "strip")
        self.setCheckable(True)
        self.setToolTip("Hide money and sizes in every panel, notice and picture; prices and percentages stay.")
        self.clicked.connect(self.toggle)
        context.settings_changed.connect(self._show_state)
        context.actions.add(
            Action("view.privacy", "Hide or show money and sizes", "View", self.toggle, hint="Privacy mode"), self
        )
        self._show_state()

    def toggle(self) -> None:
        self._context.setting_wanted.emit("general.privacy", not self._is_on)
        self._show_state()

    @property
    def _is_on(self) -> bool:
        return self._context.desk.settings.general.privacy

    def _show_state(self) -> None:
        self.setChecked(self._is_on)
        self.setText("•••• hidden" if self._is_on else "$ shown")
        self.setAccessibleName("Money and sizes are hidden" if self._is_on else "Money and sizes are shown")
