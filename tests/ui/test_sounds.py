"""Sounds: one at a time, the graver one first, the bell at last; the player is a child that is ended."""

from __future__ import annotations

import runpy
import sys
import wave
from array import array
from collections.abc import Sequence
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hlmaster.core.resources import resource
from hlmaster.settings import Settings
from hlmaster.ui.sounds import QUIET_SECONDS, Command, Sound, Sounds, players, soften
from tests.ui.desks import TradingScene, trading, until

LARGEST = 16_384


@pytest.fixture
def bells(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    rung: list[bool] = []
    monkeypatch.setattr(QApplication, "beep", lambda: rung.append(True))
    return rung


def player(code: str) -> Command:
    """A child that does this with the sound's file, which is its last argument."""
    return (sys.executable, "-c", f"import os, sys, time; {code}")


def notes(file: Path) -> Command:
    return player(f"open({str(file)!r}, 'a').write(os.path.basename(sys.argv[-1]) + ' ')")


HANGS = player("time.sleep(60)")
FAILS = player("sys.exit(1)")
MISSING = ("no-such-player",)


def made(scene: TradingScene, commands: Sequence[Command]) -> Sounds:
    return Sounds(scene.context, scene.context, commands)


async def test_the_systems_player_is_given_our_file(qtbot: QtBot, tmp_path: Path, bells: list[bool]) -> None:
    async with trading(start=False) as scene:
        sounds = made(scene, [notes(tmp_path / "heard")])
        sounds.play(Sound.FILL)
        assert sounds.is_playing
        await until(lambda: not sounds.is_playing)
        assert (tmp_path / "heard").read_text() == "fill-70.wav "
        assert bells == []


async def test_a_player_that_fails_gives_way_to_the_next_and_at_last_to_the_bell(
    qtbot: QtBot, tmp_path: Path, bells: list[bool]
) -> None:
    async with trading(start=False) as scene:
        sounds = made(scene, [MISSING, FAILS, notes(tmp_path / "heard")])
        sounds.play(Sound.CARD)
        await until((tmp_path / "heard").exists)
        mute = made(scene, [FAILS, MISSING])
        mute.play(Sound.CARD)
        await until(lambda: bells)
        mute.play(Sound.STOP)
        assert bells == [True, True], "what failed is not asked again"


async def test_a_graver_sound_ends_a_lesser_one_and_no_other(qtbot: QtBot, bells: list[bool]) -> None:
    async with trading(start=False) as scene:
        sounds = made(scene, [HANGS])
        sounds.play(Sound.STOP)
        first = sounds._process
        assert first is not None
        sounds.play(Sound.FILL)
        assert sounds._process is first
        sounds.play(Sound.BREAKER)
        assert sounds._process is not first
        sounds.stop()
        assert not sounds.is_playing


async def test_a_player_that_hangs_is_ended_and_not_asked_again(qtbot: QtBot, bells: list[bool]) -> None:
    async with trading(start=False) as scene:
        sounds = made(scene, [HANGS])
        sounds.play(Sound.STOP)
        sounds._patience.setInterval(1)
        sounds._patience.start()
        await until(lambda: not sounds.is_playing)
        sounds.play(Sound.BREAKER)
        assert bells == [True]


async def test_the_same_sound_is_not_repeated_at_once(
    qtbot: QtBot, bells: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with trading(start=False) as scene:
        now = [100.0]
        monkeypatch.setattr(scene.clock, "monotonic", lambda: now[0])
        sounds = made(scene, [])
        for _ in range(3):
            sounds.play(Sound.FILL)
        assert bells == [True]
        now[0] += QUIET_SECONDS
        sounds.play(Sound.FILL)
        assert bells == [True, True]


@pytest.mark.parametrize("sound", list(Sound))
async def test_each_has_a_switch(qtbot: QtBot, bells: list[bool], sound: Sound) -> None:
    settings = Settings.model_validate({"sounds": {str(sound): False}})
    async with trading(settings=settings, start=False) as scene:
        sounds = made(scene, [])
        for one in Sound:
            sounds.play(one)
        assert len(bells) == len(Sound) - 1


async def test_what_is_muted_is_heard_only_on_trial(qtbot: QtBot, bells: list[bool]) -> None:
    async with trading(settings=Settings.model_validate({"sounds": {"muted": True}}), start=False) as scene:
        sounds = made(scene, [])
        for one in Sound:
            sounds.play(one)
        assert bells == []
        sounds.try_out(Sound.FILL)
        assert bells == [True]


@pytest.mark.parametrize("percent", [5, 50, 99])
def test_a_volume_is_a_share_of_every_sample(tmp_path: Path, percent: int) -> None:
    original, made = resource("sounds", "stop.wav"), tmp_path / "made.wav"
    soften(original, made, percent)
    with wave.open(str(original)) as before, wave.open(str(made)) as after:
        assert before.getparams() == after.getparams()
        loud, soft = (max(map(abs, array("h", file.readframes(file.getnframes())))) for file in (before, after))
    assert abs(soft - loud * percent / 100) <= 1


async def test_a_player_does_not_see_our_environment(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HLM_SECRET", "1")
    async with trading(start=False) as scene:
        file = tmp_path / "names"
        sounds = made(scene, [player(f"open({str(file)!r}, 'w').write(' '.join(os.environ))")])
        sounds.play(Sound.CARD)
        await until(lambda: not sounds.is_playing)
        assert "PATH" in file.read_text().split()
        assert "HLM_SECRET" not in file.read_text().split()


def test_a_window_that_nobody_sees_has_no_player(qtbot: QtBot) -> None:
    assert players() == ()


@pytest.mark.parametrize("sound", list(Sound))
def test_each_file_is_small_and_is_what_its_notes_say(sound: Sound) -> None:
    file = resource("sounds", f"{sound}.wav")
    assert file.stat().st_size < LARGEST
    script = runpy.run_path(str(resource("sounds", "compose.py")))
    assert set(script["NOTES"]) == {str(one) for one in Sound}
    with wave.open(str(file)) as kept:
        assert kept.getframerate() == script["RATE"]
        heard = array("h", kept.readframes(kept.getnframes()))
    meant = script["samples"](script["NOTES"][sound])
    assert len(heard) == len(meant)
    assert max(abs(one - other) for one, other in zip(heard, meant, strict=True)) <= 1
