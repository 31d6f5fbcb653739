"""The switch before every gesture that trades."""

from PySide6.QtCore import QCoreApplication

from hlmaster.ui.arming import Arming


def test_off_at_first_and_told_of_once(qapp: QCoreApplication) -> None:
    arming = Arming()
    told: list[bool] = []
    arming.changed.connect(told.append)
    assert not arming.is_on
    arming.set(True)
    arming.set(True)
    arming.set(False)
    assert told == [True, False]
