"""The keyed model behind every table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hlmaster.ui.table import Cell, Column, TableModel


@dataclass(frozen=True)
class Pet:
    name: str
    age: int | None
    note: str = ""


COLUMNS: list[Column[Pet]] = [
    Column("name", "Name", 80, lambda p: p.name, lambda p: Cell(p.name)),
    Column("age", "Age", 60, lambda p: p.age, lambda p: Cell(str(p.age)), edit=lambda p: str(p.age)),
]


@pytest.fixture
def model(qapp: QApplication) -> Iterator[TableModel[Pet]]:
    made: TableModel[Pet] = TableModel(COLUMNS, lambda pet: pet.name)
    tester = QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal)
    yield made
    del tester


def names(model: TableModel[Pet]) -> list[str]:
    return list(map(str, model.keys()))


def fill(model: TableModel[Pet], *pets: Pet) -> None:
    model.put(*pets)
    model.flush()


def test_a_row_with_the_same_key_replaces_the_old_one(model: TableModel[Pet]) -> None:
    fill(model, Pet("Rex", 3), Pet("Tom", 7))
    fill(model, Pet("Rex", 4))
    assert model.rows() == [Pet("Rex", 4), Pet("Tom", 7)]


def test_only_the_cells_that_read_differently_are_repainted(model: TableModel[Pet]) -> None:
    fill(model, Pet("Rex", 3), Pet("Tom", 7))
    for row in range(2):
        for column in range(2):
            model.cell(row, column)
    changed: list[tuple[int, int]] = []
    model.dataChanged.connect(lambda a, b: changed.append((a.row(), a.column())))
    fill(model, Pet("Rex", 3), Pet("Tom", 8, "a note no column shows"))
    assert changed == [(1, 1)]


def test_it_sorts_numbers_as_numbers_and_the_unknown_last_either_way(model: TableModel[Pet]) -> None:
    fill(model, Pet("a", 10), Pet("b", 9), Pet("c", None), Pet("d", 100))
    model.sort(1)
    assert names(model) == ["b", "a", "d", "c"]
    model.sort(1, Qt.SortOrder.DescendingOrder)
    assert names(model) == ["d", "a", "b", "c"]


def test_of_equals_descending_shows_the_latest_to_come_first_and_stays_so(model: TableModel[Pet]) -> None:
    model.sort(1, Qt.SortOrder.DescendingOrder)
    fill(model, Pet("a", 1), Pet("b", 1))
    fill(model, Pet("c", 1))
    fill(model, Pet("a", 1, "changed"))
    assert names(model) == ["c", "b", "a"]


def test_what_is_held_by_index_follows_its_row_through_sorting(model: TableModel[Pet]) -> None:
    fill(model, Pet("a", 1), Pet("b", 2), Pet("c", 3))
    held = QPersistentModelIndex(model.index(0, 1))
    model.sort(1, Qt.SortOrder.DescendingOrder)
    assert held.row() == 2
    assert held.column() == 1


def test_nothing_moves_while_it_is_still_and_everything_settles_after(model: TableModel[Pet]) -> None:
    model.sort(1)
    fill(model, Pet("a", 1), Pet("b", 2), Pet("c", 3))
    model.set_still(True)
    model.drop("a")
    fill(model, Pet("c", 0), Pet("d", -1))
    assert names(model) == ["a", "b", "c", "d"]
    assert model.is_gone(0)
    assert model.get("a") is None
    assert [pet.name for pet in model.rows()] == ["b", "c", "d"]
    model.set_still(False)
    assert names(model) == ["d", "c", "b"]


def test_a_row_that_comes_back_while_it_is_still_is_alive_again(model: TableModel[Pet]) -> None:
    fill(model, Pet("a", 1))
    model.set_still(True)
    model.drop("a")
    model.flush()
    fill(model, Pet("a", 2))
    assert model.get("a") == Pet("a", 2)


def test_news_within_a_beat_are_taken_together(qtbot: QtBot) -> None:
    asked: list[int] = []

    def source() -> list[Pet]:
        asked.append(1)
        return [Pet("a", len(asked))]

    model: TableModel[Pet] = TableModel(COLUMNS, lambda pet: pet.name, source)
    for _ in range(50):
        model.touch()
    assert len(asked) == 1, "the first news is shown at once"
    qtbot.waitUntil(lambda: len(asked) == 2)
    assert model.rows() == [Pet("a", 2)]


def test_a_source_that_no_longer_gives_a_row_takes_it_away(qapp: QApplication) -> None:
    rows = [Pet("a", 1), Pet("b", 2)]
    model: TableModel[Pet] = TableModel(COLUMNS, lambda pet: pet.name, lambda: rows)
    model.flush()
    del rows[0]
    model.touch()
    model.flush()
    assert names(model) == ["b"]


def test_csv_writes_values_not_what_is_drawn(model: TableModel[Pet]) -> None:
    fill(model, Pet("Rex, the dog", 3), Pet("Tom", None))
    assert model.csv() == 'name,age\n"Rex, the dog",3\nTom,\n'


def test_only_columns_that_can_be_edited_say_so(model: TableModel[Pet]) -> None:
    fill(model, Pet("a", 1))
    assert not model.flags(model.index(0, 0)) & Qt.ItemFlag.ItemIsEditable
    assert model.flags(model.index(0, 1)) & Qt.ItemFlag.ItemIsEditable
    assert model.editable(model.index(0, 1)) == "1"


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from("abcdef"), st.one_of(st.none(), st.integers(0, 5))),
        st.tuples(st.just("drop"), st.sampled_from("abcdef"), st.none()),
        st.tuples(st.just("sort"), st.booleans(), st.none()),
        st.tuples(st.just("still"), st.booleans(), st.none()),
    ),
    max_size=30,
)


@given(STEPS)
def test_after_any_changes_it_shows_exactly_what_it_was_told(steps: list[tuple[str, str | bool, int | None]]) -> None:
    QApplication.instance() or QApplication([])
    model: TableModel[Pet] = TableModel(COLUMNS, lambda pet: pet.name)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    told: dict[str, Pet] = {}
    for verb, what, age in steps:
        if verb == "put":
            told[str(what)] = Pet(str(what), age)
            model.put(told[str(what)])
        elif verb == "drop":
            told.pop(str(what), None)
            model.drop(what)
        elif verb == "sort":
            model.sort(1, Qt.SortOrder.DescendingOrder if what else Qt.SortOrder.AscendingOrder)
        else:
            model.set_still(bool(what))
        model.flush()
        assert {pet.name: pet for pet in model.rows()} == told
    model.set_still(False)
    assert model.rowCount() == len(told)
    ages = [pet.age for pet in model.rows() if pet.age is not None]
    if model.sort_column == 1:
        assert ages == sorted(ages, reverse=model.descending)
    del tester
