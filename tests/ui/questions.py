"""Windows that a test meets, and the answers it gives."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget

from hlmaster.core.events import TradingState
from hlmaster.ui.dialogs.confirm import Confirm
from tests.ui.desks import TradingScene, settled, until

Kind = TypeVar("Kind", bound=QWidget)


def on_screen(kind: type[Kind]) -> Kind | None:
    return next((w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible()), None)


async def met(kind: type[Kind]) -> Kind:
    """The window of this kind, once it is there."""
    await until(lambda: on_screen(kind))
    found = on_screen(kind)
    assert found is not None
    return found


def words(widget: QWidget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel))


async def lifts_only_when_meant(scene: TradingScene, button: QPushButton) -> None:
    """The button asks first: no leaves the state of trading as it is, yes makes it active and takes the button away."""
    restrained = scene.desk.guard.state
    for answer, state in ((False, restrained), (True, TradingState.ACTIVE)):
        button.click()
        question = await met(Confirm)
        (question.yes if answer else question.no).click()
        await settled(scene)
        assert scene.desk.guard.state is state
    await until(button.isHidden)
