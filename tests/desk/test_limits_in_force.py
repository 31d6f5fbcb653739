"""Stricter at once, looser after a night, whatever way the wish came and however often the program ended in between."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from hlmaster.core.clock import DAY_MS, HOUR_MS, ManualClock
from hlmaster.desk.kept import Kept
from hlmaster.desk.limits_in_force import LimitsInForce
from hlmaster.settings import Settings
from hlmaster.trading.risk.loosening import tomorrow
from tests.trading.scenes import NOW, D

POSITIONS = "risk.max_open_positions"


def settings(**risk: Any) -> Settings:
    return Settings.model_validate({"risk": risk})


@dataclass
class Session:
    """A session whose program may end and begin again; ``wanted`` is what the settings say."""

    folder: Path
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    wanted: Settings = field(default_factory=Settings)
    has_traded: bool = True

    def __post_init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        kept = Kept(self.folder / "limits.json")
        self.limits = LimitsInForce(self.clock, lambda: self.wanted, kept, lambda: not self.has_traded)

    async def restart(self) -> None:
        await self.limits.stop()
        self.begin()

    def want(self, **risk: Any) -> None:
        self.wanted = settings(**risk)

    @property
    def positions(self) -> int:
        return self.limits.risk.max_open_positions


@pytest.fixture
async def session(tmp_path: Path) -> AsyncIterator[Session]:
    made = Session(tmp_path)
    yield made
    await made.limits.stop()


async def test_stricter_holds_at_once_and_over_a_restart(session: Session) -> None:
    session.want(max_open_positions=1)
    assert session.positions == 1
    await session.restart()
    assert session.positions == 1


@pytest.mark.parametrize("restarts", [False, True])
async def test_looser_waits_for_midnight_and_says_so(session: Session, restarts: bool) -> None:
    session.want(max_open_positions=1)
    session.limits.look()
    session.want(max_open_positions=3)
    if restarts:
        await session.restart()
    (waiting,) = session.limits.waiting()
    assert (waiting.key, waiting.in_force, waiting.wanted, waiting.due_ms) == (POSITIONS, 1, 3, tomorrow(NOW))
    assert "until then 1" in session.limits.notes(session.wanted)[POSITIONS]
    session.clock.advance(waiting.due_ms - NOW - 1)
    session.limits.look()
    assert session.positions == 1
    session.clock.advance(1)
    session.limits.look()
    assert (session.positions, session.limits.waiting()) == (3, ())


async def test_what_waits_can_be_taken_back(session: Session) -> None:
    session.want(max_open_positions=1)
    session.limits.look()
    session.want(max_open_positions=3)
    session.limits.look()
    session.wanted = session.limits.undo(POSITIONS)
    assert (session.wanted.risk.max_open_positions, session.limits.waiting()) == (1, ())


async def test_a_session_that_has_not_traded_sets_everything_freely(session: Session) -> None:
    session.has_traded = False
    session.want(max_open_positions=9)
    assert session.positions == 9
    assert session.limits.notes(settings(max_open_positions=10)) == {}


async def test_a_wish_made_while_the_program_was_off_waits_a_night_of_its_own(session: Session) -> None:
    """A small step is asked for in the evening, and a large one is written into the file the next morning."""
    session.want(max_open_positions=1)
    session.limits.look()
    session.want(max_open_positions=2)
    session.limits.look()
    await session.limits.stop()
    session.clock.advance(DAY_MS)
    session.want(max_open_positions=50)
    session.begin()
    assert session.positions == 2
    assert [one.wanted for one in session.limits.waiting()] == [50]


async def test_a_memory_from_before_the_wishes_were_kept_is_understood(session: Session) -> None:
    session.want(max_open_positions=1)
    session.limits.look()
    session.want(max_open_positions=3)
    session.limits.look()
    await session.limits.stop()
    file = session.folder / "limits.json"
    document = json.loads(file.read_bytes())
    del document["asked"]
    file.write_text(json.dumps(document))
    session.clock.advance(DAY_MS)
    session.begin()
    assert session.positions == 1, "nobody knows any more what was slept on"
    session.clock.advance(DAY_MS)
    session.limits.look()
    assert session.positions == 3


@pytest.mark.parametrize(
    "content", [b"", b"{", b'{"in_force": 1, "due": {}}', b'{"in_force": {"risk": {"max_leverage": "x"}}}']
)
async def test_damage_loosens_nothing_beyond_the_defaults(session: Session, content: bytes) -> None:
    await session.limits.stop()
    (session.folder / "limits.json").write_bytes(content)
    default = Settings().risk
    session.want(max_open_positions=default.max_open_positions + 1, max_leverage=D(1))
    session.begin()
    assert session.positions == default.max_open_positions
    assert session.limits.risk.max_leverage == 1
    session.clock.advance(DAY_MS)
    session.limits.look()
    assert session.positions == default.max_open_positions + 1


async def test_other_settings_of_these_sections_are_never_held_back(session: Session) -> None:
    session.want(max_open_positions=1, slippage_cap_percent=D(1))
    session.limits.look()
    session.want(max_open_positions=4, slippage_cap_percent=D(5))
    assert (session.positions, session.limits.risk.slippage_cap_percent) == (1, D(5))


@pytest.mark.parametrize("seed", range(12))
async def test_in_any_life_nothing_is_looser_than_was_slept_on(tmp_path: Path, seed: int) -> None:
    """Wishes, hours, restarts and days off, at random: what holds was wanted on an earlier day, or is stricter."""
    dice = random.Random(seed)
    session = Session(tmp_path)
    seen: list[tuple[int, int]] = [(0, session.positions)]
    for _ in range(60):
        before, day = session.positions, session.clock.now_ms() // DAY_MS
        deed = dice.choice(["want", "want", "wait", "wait", "restart", "off"])
        if deed == "want":
            session.want(max_open_positions=dice.randint(1, 20))
        elif deed == "wait":
            session.clock.advance(dice.randint(0, 30) * HOUR_MS)
        else:
            await session.limits.stop()
            if deed == "off":
                session.clock.advance(dice.randint(0, 60) * HOUR_MS)
                session.want(max_open_positions=dice.randint(1, 20))
            session.begin()
        session.limits.look()
        now, wanted = session.clock.now_ms() // DAY_MS, session.wanted.risk.max_open_positions
        slept_on = max(value for asked, value in seen if asked < now)
        assert session.positions <= max(before, slept_on)
        if wanted <= session.positions:
            assert session.positions == wanted, "stricter holds at once"
        if now > day and deed == "wait":
            assert session.positions == wanted, "a night has passed since it was asked for"
        seen.append((now, wanted))
    await session.limits.stop()
