from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import PySide6
import pytest

from installer import libraries
from installer.libraries import OFFSCREEN, WAYLAND, XCB
from installer.trouble import SetupError

# Part of every system that runs Python, or brought by the wheel itself
ELSEWHERE = re.compile(r"lib(Qt6\w+|icu\w+|c|m|gcc_s|stdc\+\+|z|zstd|pyside6.*|shiboken6.*)\.so\.\d+")


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, OFFSCREEN),
        ({"DISPLAY": ":0"}, OFFSCREEN | XCB),
        ({"WAYLAND_DISPLAY": "wayland-0"}, OFFSCREEN | WAYLAND),
        ({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, OFFSCREEN | XCB | WAYLAND),
        ({"DISPLAY": ":0", "QT_QPA_PLATFORM": "offscreen"}, OFFSCREEN),
    ],
)
def test_a_screen_asks_for_more_libraries(environ: dict[str, str], expected: dict[str, str]) -> None:
    assert libraries.wanted(environ, "linux") == expected


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_elsewhere_qt_brings_all_it_needs(platform: str) -> None:
    assert libraries.wanted({"DISPLAY": ":0"}, platform) == {}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the table is about Linux")
def test_the_table_holds_what_the_installed_qt_asks_for() -> None:
    qt = Path(PySide6.__file__).parent / "Qt"
    offscreen = ["lib/libQt6Core.so.6", "lib/libQt6Gui.so.6", "lib/libQt6Widgets.so.6", "lib/libQt6Svg.so.6"]
    offscreen += ["lib/libQt6DBus.so.6", "plugins/platforms/libqoffscreen.so"]
    xcb = ["lib/libQt6XcbQpa.so.6", "plugins/platforms/libqxcb.so"]
    xcb += ["plugins/xcbglintegrations/libqxcb-glx-integration.so"]
    wayland = ["lib/libQt6WaylandClient.so.6", "plugins/platforms/libqwayland.so"]
    wayland += ["plugins/wayland-graphics-integration-client/libqt-plugin-wayland-egl.so"]
    assert needed_by(qt, offscreen) <= set(OFFSCREEN)
    assert needed_by(qt, xcb) <= set(OFFSCREEN | XCB)
    assert needed_by(qt, wayland) <= set(OFFSCREEN | WAYLAND)


def needed_by(qt: Path, names: list[str]) -> set[str]:
    """The sonames in the files' string tables, which name what the loader must find."""
    pattern = re.compile(rb"\0(lib[\w+.-]+\.so\.\d+)(?=\0)")
    found = {text.decode() for name in names for text in pattern.findall((qt / name).read_bytes())}
    return {soname for soname in found if not ELSEWHERE.fullmatch(soname)}


def absent(*names: str) -> Callable[[str], object]:
    def load(soname: str) -> object:
        if soname in names:
            raise OSError(f"{soname}: cannot open shared object file")
        return object()

    return load


def test_missing_names_what_the_loader_does_not_find() -> None:
    assert libraries.missing(OFFSCREEN, absent("libEGL.so.1")) == ["libEGL.so.1"]
    assert libraries.missing(OFFSCREEN, absent()) == []


@pytest.fixture
def two_missing(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """A system without libEGL and libGL; returns the commands that are run, which find and install them."""
    commands: list[list[str]] = []

    def run(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    answers = iter([["libEGL.so.1", "libGL.so.1"], []])
    monkeypatch.setattr(libraries, "missing", lambda wanted: next(answers))
    monkeypatch.setattr("subprocess.run", run)
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}")
    return commands


def test_root_installs_only_what_is_missing(two_missing: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libraries, "privilege", lambda: ["sudo", "-n"])
    said: list[str] = []
    libraries.provide(OFFSCREEN, said.append)
    update, install = two_missing
    assert update[-1] == "update"
    assert install[:2] == ["sudo", "-n"]
    assert install[-3:] == ["--no-install-recommends", "libegl1", "libgl1"]
    assert said == ["Installing the system packages that Qt needs: libegl1 libgl1"]


def test_without_the_right_the_exact_command_is_shown(
    two_missing: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(libraries, "privilege", lambda: None)
    with pytest.raises(SetupError, match=r"\n    sudo apt-get install --no-install-recommends libegl1 libgl1\n"):
        libraries.provide(OFFSCREEN, print)
    assert two_missing == []


def test_without_apt_the_libraries_are_named(two_missing: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(SetupError, match=r"libEGL\.so\.1, libGL\.so\.1.*package manager"):
        libraries.provide(OFFSCREEN, print)


def test_a_failing_apt_is_explained(two_missing: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libraries, "privilege", list)
    failed = subprocess.CompletedProcess([""], 100, "E: Could not resolve 'mirror'", "")
    monkeypatch.setattr("subprocess.run", lambda command, **options: failed)
    with pytest.raises(SetupError, match="cannot be reached, so installing libegl1 libgl1 with apt-get was stopped"):
        libraries.provide(OFFSCREEN, lambda text: None)


def test_a_machine_that_cannot_have_a_keyring_hears_which_tests_are_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[str] = []
    monkeypatch.setattr("shutil.which", lambda program: None)
    libraries.offer_programs(said.append, "linux")
    assert len(said) == 1
    assert "dbus gnome-keyring" in said[0]
    libraries.offer_programs(said.append, "darwin")
    assert len(said) == 1


def test_the_keyring_is_installed_once_where_apt_may(monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []
    present = {"apt-get", "dbus-daemon"}
    monkeypatch.setattr("shutil.which", lambda program: program if program in present else None)
    monkeypatch.setattr(libraries, "privilege", list)
    monkeypatch.setattr("subprocess.run", lambda command, **_: commands.append(command))
    libraries.offer_programs(lambda _: None, "linux")
    assert [command[-1] for command in commands] == ["update", "gnome-keyring"]
    present.add("gnome-keyring-daemon")
    libraries.offer_programs(lambda _: None, "linux")
    assert len(commands) == 2
