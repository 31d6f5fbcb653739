"""What came under a resting pointer by itself is not clicked for a moment."""

from __future__ import annotations

from hlmaster.ui.jumps import JUMP_SECONDS, JumpGuard


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_another_thing_under_a_resting_pointer_is_a_jump_for_a_moment() -> None:
    time = Time()
    guard = JumpGuard(time)
    guard.hover("a")
    seen = []
    for under, now in (("a", 0.0), ("b", 0.0), ("b", JUMP_SECONDS / 2), ("b", JUMP_SECONDS)):
        time.now = now
        guard.settle(under)
        seen.append(guard.has_jumped)
    assert seen == [False, True, True, False]


def test_where_the_pointer_goes_nothing_has_jumped() -> None:
    guard = JumpGuard(Time())
    guard.hover("a")
    guard.settle("b")
    guard.hover("b")
    assert guard.has_jumped, "a pointer that trembles on the same thing has not chosen it"
    guard.hover("c")
    assert not guard.has_jumped


def test_what_comes_where_nothing_was_known_is_no_jump() -> None:
    guard = JumpGuard(Time())
    guard.settle("a")
    guard.hover(None)
    guard.settle("b")
    assert not guard.has_jumped
