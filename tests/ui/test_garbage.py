from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QObject

from hlmaster.ui import garbage
from hlmaster.ui.garbage import GarbageCollector


class Knot:
    """Garbage that only a collection frees."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def collector(qapp: Any) -> Iterator[GarbageCollector]:
    owner, automatic = QObject(), gc.isenabled()
    yield GarbageCollector(owner)
    if automatic:
        gc.enable()


def test_threads_that_allocate_collect_nothing(collector: GarbageCollector) -> None:
    knot = weakref.ref(Knot())
    made: list[list[int]] = []
    thread = threading.Thread(target=lambda: made.extend([number] for number in range(100_000)))
    thread.start()
    thread.join()
    assert knot() is not None
    collector.look()
    assert knot() is None


def test_nothing_is_collected_before_its_time(collector: GarbageCollector) -> None:
    gc.collect()
    knot = weakref.ref(Knot())
    collector.look()
    assert knot() is not None


def test_older_generations_have_their_turn_and_give_back(
    collector: GarbageCollector, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    given: list[int] = []
    monkeypatch.setattr(gc, "collect", asked.append)
    monkeypatch.setattr(garbage, "give_back", lambda: given.append(asked[-1]))
    for counts in ((701, 0, 0), (701, 11, 0), (701, 11, 11), (0, 0, 0)):
        monkeypatch.setattr(gc, "get_count", lambda counts=counts: counts)
        collector.look()
    assert asked == [0, 1, 2]
    assert given == [1, 2]
