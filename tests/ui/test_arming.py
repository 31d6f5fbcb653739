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


def test_a_refusal_names_the_key_of_the_users_map(qapp: QCoreApplication) -> None:
    arming = Arming()
    assert arming.refusal == "Trading gestures are locked. Arm them with the switch in the top bar."
    arming.keys = "F4"
    assert arming.refusal == "Trading gestures are locked. Arm them with F4 or the switch in the top bar."
