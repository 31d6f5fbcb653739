"""The registry: names are unique, listing is sorted, what fails to load is known and leaves nothing behind."""

from __future__ import annotations

import pytest

from hlmaster.core.registry import Registry


def filled() -> Registry[type]:
    registry: Registry[type] = Registry("indicator")
    registry.register("sma")(int)
    registry.register("ema")(str)
    return registry


def test_entries_are_listed_by_name_and_found() -> None:
    registry = filled()
    assert registry.names() == list(registry) == ["ema", "sma"]
    assert registry.entries() == [int, str]
    assert registry["sma"] is int
    assert "sma" in registry
    assert len(registry) == 2


def test_a_second_entry_of_a_name_is_an_error() -> None:
    with pytest.raises(ValueError, match="two indicator entries are called 'sma'"):
        filled().register("sma")(float)


def test_an_empty_name_is_an_error() -> None:
    with pytest.raises(ValueError, match="needs a name"):
        filled().register("")(float)


def test_an_unknown_name_says_what_is_known() -> None:
    with pytest.raises(KeyError, match="no indicator called 'wma'; known: ema, sma"):
        filled()["wma"]


def test_what_fails_to_load_is_broken_and_leaves_nothing_behind(caplog: pytest.LogCaptureFixture) -> None:
    registry = filled()

    def load() -> None:
        registry.register("half")(float)
        raise ImportError("no such module")

    assert not registry.load("mine.py", load)
    assert registry.names() == ["ema", "sma"]
    assert [(b.name, b.error) for b in registry.broken()] == [("mine.py", "ImportError: no such module")]
    assert "failed to load" in caplog.text


def test_what_loads_later_is_no_longer_broken() -> None:
    registry = filled()
    registry.load("mine.py", lambda: 1 / 0)
    assert registry.load("mine.py", lambda: registry.register("wma")(float))
    assert registry.broken() == []
    assert "wma" in registry
