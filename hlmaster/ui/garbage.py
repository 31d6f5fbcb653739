"""Cyclic garbage is collected on the window's own thread, between frames, and nowhere else.

Python collects on whichever thread happens to allocate. A Qt object that is freed on the thread of the recorder or of
a library being loaded takes the whole process with it.
"""

import gc

from PySide6.QtCore import QObject, QTimer

from hlmaster.ui.large_blocks import give_back

LOOK_MS = 200
SETTLED_MS = 10_000
YOUNGEST = 0


class GarbageCollector(QObject):
    """Does what Python's own collector does, by the same thresholds, from a timer. There is one, as long as Qt runs."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()
        # What the start has made stays for good: looking through a million such objects again and again costs frames.
        QTimer.singleShot(SETTLED_MS, self, gc.freeze)

    def look(self) -> None:
        """Collect the oldest generation that is due; what is free after the older ones goes back to the system."""
        counts = zip(gc.get_count(), gc.get_threshold(), strict=True)
        due = [generation for generation, (count, threshold) in enumerate(counts) if count > threshold]
        if due:
            gc.collect(due[-1])
            if due[-1] > YOUNGEST:
                give_back()
