"""Long work on the window in short steps: one a turn of the loop, so that whatever else waits has its turn between."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QObject, QTimer, Signal


class Turns(QObject):
    """At most one work at a time. ``done``: its last step is done; not told of what was dropped."""

    done = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._steps: Iterator[object] | None = None
        self._next = QTimer(self, singleShot=True, interval=0)
        self._next.timeout.connect(self.step)

    @property
    def is_under_way(self) -> bool:
        return self._steps is not None

    def start(self, steps: Iterator[object]) -> None:
        """In place of what is under way."""
        self._steps = steps
        self._next.start()

    def drop(self) -> None:
        self._steps = None
        self._next.stop()

    def finish(self) -> None:
        """What is left, at once."""
        while self._steps is not None:
            self.step()

    def step(self) -> None:
        """The next one now."""
        steps, is_more = self._steps, False
        if steps is None:
            return
        try:
            next(steps)
            is_more = True
        except StopIteration:
            pass
        finally:
            if self._steps is steps and not is_more:
                self.drop()
                self.done.emit()
        if self._steps is steps:
            self._next.start()
