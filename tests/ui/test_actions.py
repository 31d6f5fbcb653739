"""The list of everything that can be done by name."""

from functools import partial

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject

from hlmaster.ui.actions import Action, Actions


@pytest.fixture
def actions(qapp: QCoreApplication) -> Actions:
    return Actions()


def test_an_action_runs_by_its_key(actions: Actions) -> None:
    ran: list[str] = []
    owner = QObject()
    actions.add(Action("chart.fit", "Fit the chart", "Chart", lambda: ran.append("fit")), owner)
    assert actions.run("chart.fit")
    assert ran == ["fit"]
    assert not actions.run("chart.melt")


def test_what_is_not_possible_does_not_run(actions: Actions) -> None:
    ran: list[str] = []
    owner = QObject()
    actions.add(Action("a", "A", "Test", lambda: ran.append("a"), is_possible=lambda: False), owner)
    assert not actions.run("a")
    assert ran == []


def test_no_two_actions_share_a_key(actions: Actions) -> None:
    owner = QObject()
    actions.add(Action("a", "A", "Test", list), owner)
    with pytest.raises(ValueError, match="two actions with the key a"):
        actions.add(Action("a", "B", "Test", list), owner)


def test_actions_end_with_their_owner(actions: Actions, qapp: QCoreApplication) -> None:
    changes: list[int] = []
    actions.changed.connect(lambda: changes.append(len(actions.all())))
    owner = QObject()
    actions.add(Action("a", "A", "Test", list), owner)
    owner.deleteLater()
    QCoreApplication.sendPostedEvents(owner, QEvent.Type.DeferredDelete)
    assert changes == [1, 0]
    assert actions.get("a") is None


def test_of_two_of_a_kind_the_one_used_last_is_meant(actions: Actions, qapp: QCoreApplication) -> None:
    ran: list[str] = []
    first, second = QObject(), QObject()
    inside = QObject(second)
    for name, owner in (("first", first), ("second", inside)):
        actions.add(Action("chart.fit", "Fit", "Chart", partial(ran.append, name)), owner)
    actions.run("chart.fit")
    actions.prefer(second)
    actions.run("chart.fit")
    assert len(actions.all()) == 1
    second.deleteLater()
    QCoreApplication.sendPostedEvents(second, QEvent.Type.DeferredDelete)
    actions.run("chart.fit")
    assert ran == ["first", "second", "first"]
