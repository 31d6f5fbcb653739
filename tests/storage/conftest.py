"""A store of its own for every test that asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hlmaster.storage.recorder import Recorder
from tests.storage.facts import DEMO


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    recorder = Recorder(DEMO, f"sqlite:///{tmp_path / 'desk.sqlite'}")
    recorder.start()
    yield recorder
    recorder.close()
