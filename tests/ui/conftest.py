"""What tests of the window share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication


@pytest.fixture
def plain_again(qapp: QApplication) -> Iterator[QApplication]:
    """The application; whatever look the test puts on goes with it."""
    before, palette = qapp.styleSheet(), qapp.palette()
    yield qapp
    qapp.setStyleSheet(before)
    qapp.setPalette(palette)
