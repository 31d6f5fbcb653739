"""Pictures of every dialog, popup and notice: ``python -m tests.ui.gallery_dialogs OUT [--only NAME …] [--theme …]``.

For eyes: ``OUT/THEME/NAME.png``; what cannot be read, is cut off or does not fit is told on the way.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from PySide6.QtWidgets import QApplication, QDialog, QMenu, QWidget
from shiboken6 import isValid

from hlmaster.core.logs import LogRing
from hlmaster.settings import Settings
from hlmaster.storage.sessions import Sessions
from hlmaster.ui import qt, theme
from hlmaster.ui.dialogs.settings import SettingsDialog
from hlmaster.ui.form_builder import section_title
from hlmaster.ui.loop import Loop
from hlmaster.ui.palettes import SCHEMES
from hlmaster.ui.window import Window
from tests.desk.advising.keys import MemoryVault
from tests.ui import gallery
from tests.ui.desks import trading
from tests.ui.every_dialog import EVERYTHING, OVER_WINDOW, Stand, _settings
from tests.ui.readable import complaints

SIZE = (1280, 800)
PAUSE = 0.12


@contextlib.asynccontextmanager
async def stage(state: gallery.State) -> AsyncIterator[Stand]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with gallery.advice(state) as advising:
            general = {"on_leaving": "ask"}
            settings = Settings.model_validate({"general": general, "protection": {"stop": "off"}, **advising})
            session = folder / "sessions" / "demo"
            session.mkdir(parents=True)
            async with trading("ETH", settings=settings, folder=session, counsel=MemoryVault()) as scene:
                file, sessions = folder / "settings.toml", Sessions(folder, scene.clock)
                window = Window(scene.desk, file, Settings.load(file)[1], LogRing(), sessions)
                window.open(SIZE)
                try:
                    await gallery.prepared(state, scene, window)
                    yield Stand(scene, window)
                finally:
                    await window.shut()


async def put_away(stand: Stand, before: set[QWidget]) -> None:
    stand.window.hands.palette.go()
    for button in stand.window._top.panic.ways.buttons.values():
        button.progress.stop()
        button.rest()
    stand.window._top.panic.ways.go()
    for side in list(stand.window.stage.sides):
        side.close()
    for top in QApplication.topLevelWidgets():
        if top not in before and isValid(top) and top.isVisible() and isinstance(top, QDialog | QMenu):
            top.close()
    popup = QApplication.activePopupWidget()
    if popup is not None:
        popup.close()
    stand.window._help.hide()
    await asyncio.sleep(0.03)


async def photograph(out: Path, names: list[str], themes: list[str]) -> None:
    keeper = QWidget()
    keeper.show()
    state = gallery.STATES["busy"]
    async with stage(state) as stand:
        window = stand.window
        every = dict(EVERYTHING)
        dialog = SettingsDialog(window.context, Path("unused"), window._origins)
        for section in dialog.form.sections:
            every[f"settings_{section_title(section).lower().replace(' ', '_')}"] = _settings(section)
        dialog.deleteLater()
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        for name in themes:
            look = theme.theme(name)
            theme.apply(application, look)
            window.context.set_theme(look)
            (out / name).mkdir(parents=True, exist_ok=True)
            for key in names or every:
                before = set(QApplication.topLevelWidgets())
                shown = await every[key](stand)
                await asyncio.sleep(PAUSE if key not in OVER_WINDOW else 2 * PAUSE)
                picture = shown if shown is not None else window
                picture.grab().save(str(out / name / f"{key}.png"))
                if shown is not None:
                    for complaint in complaints(shown):
                        sys.stdout.write(f"{name} {key}: {complaint}\n")
                await put_away(stand, before)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--theme", nargs="*", choices=SCHEMES, default=["dark"])
    arguments = parser.parse_args()
    application = qt.application(sys.argv[:1])
    with asyncio.Runner(loop_factory=lambda: Loop(application)) as runner:
        runner.run(photograph(arguments.out, arguments.only, arguments.theme))


if __name__ == "__main__":
    main()
