"""Everything the hands have, put together for one window: key map, shortcuts, palette, arming, panic, their dialog."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from hlmaster.core.events import Severity
from hlmaster.ui.context import Context
from hlmaster.ui.hands import trading_actions
from hlmaster.ui.hands.desk_actions import DeskActions, WindowVerbs
from hlmaster.ui.hands.dialog_help import DialogHelp
from hlmaster.ui.hands.disarming import Disarming
from hlmaster.ui.hands.entries import Entries
from hlmaster.ui.hands.key_file import NAME
from hlmaster.ui.hands.keymap import KeyMap
from hlmaster.ui.hands.shortcuts import ARM, Shortcuts
from hlmaster.ui.sounds import Sounds
from hlmaster.ui.statusbar import StatusBar
from hlmaster.ui.topbar import TopBar

if TYPE_CHECKING:
    from hlmaster.ui.hands.palette import Palette


class Hands(QObject):
    """``shortcuts.serve`` takes each further window of this desk; ``entries.sources`` takes more for the palette."""

    def __init__(
        self, context: Context, window: QWidget, top: TopBar, verbs: WindowVerbs, sounds: Sounds, folder: Path
    ) -> None:
        """``folder`` holds the key map, the same for every session."""
        super().__init__(window)
        self._context, self._window = context, window
        self._bars: tuple[TopBar | StatusBar, ...] = (top, *window.findChildren(StatusBar))
        self.actions = DeskActions(context, verbs, sounds, self.open_palette, self.open_keys, window)
        trading_actions.register(context, self.actions)
        self.keymap = KeyMap(context.actions, folder / NAME, self)
        self.shortcuts = Shortcuts(context, self.keymap, self)
        self.entries = Entries(context, self.keymap, self.shortcuts, verbs.settings, verbs.show_strategy, verbs.pages)
        self._palette: Palette | None = None
        self.disarming = Disarming(context, window)
        self.dialog_help = DialogHelp(self.keymap, self)
        self.dialog_help.wanted.connect(context.help_wanted)
        self.shortcuts.renewed.connect(self._show_keys)
        self.shortcuts.serve(window)

    def tell_problems(self) -> None:
        """What the file of keys said wrong, once the window can show it."""
        for sentence in self.keymap.problems:
            self._context.notify(Severity.WARNING, sentence, "KEY-001", "Open Keyboard in the menu to set them anew.")

    @property
    def palette(self) -> Palette:
        """Made when it is first wanted, and again when it went with the window that it was over."""
        if self._palette is None or not isValid(self._palette):
            from hlmaster.ui.hands.palette import Palette

            self._palette = Palette(self._context, self.entries, self._window)
        return self._palette

    def open_palette(self) -> None:
        """Over the window that has the keys."""
        active = QApplication.activeWindow()
        window = active if active is not None and self.shortcuts.serves(active) else self._window
        self.palette.open(window)

    def open_keys(self) -> None:
        from hlmaster.ui.dialogs.keys import KeysDialog

        dialog = KeysDialog(self._context.actions, self.keymap, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _show_keys(self) -> None:
        for bar in self._bars:
            bar.show_keys(self.keymap.shown)
        self.disarming.arm_key = self.keymap.shown(ARM)
