"""The shared libraries that Qt loads from the system (Linux only; its wheels bring the rest), and programs of tests."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping

from installer.trouble import SetupError, explain

# soname -> the Debian and Ubuntu package that holds it
OFFSCREEN = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libX11.so.6": "libx11-6",
    "libxkbcommon.so.0": "libxkbcommon0",
}
XCB = {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb.so.1": "libxcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-glx.so.0": "libxcb-glx0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
WAYLAND = {
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
}
# program -> its package: the tests run a real keyring on a message bus of their own
KEYRING = {"dbus-daemon": "dbus", "gnome-keyring-daemon": "gnome-keyring"}


def wanted(environ: Mapping[str, str], platform: str = sys.platform) -> dict[str, str]:
    """The libraries Qt loads with this environment: a screen asks for more than drawing off screen does."""
    if not platform.startswith("linux"):
        return {}
    libraries = dict(OFFSCREEN)
    if environ.get("QT_QPA_PLATFORM") != "offscreen":
        libraries |= XCB if environ.get("DISPLAY") else {}
        libraries |= WAYLAND if environ.get("WAYLAND_DISPLAY") else {}
    return libraries


def missing(libraries: Mapping[str, str], load: Callable[[str], object] = ctypes.CDLL) -> list[str]:
    """The sonames the dynamic loader does not find (all of them found: 20 ms)."""
    absent = []
    for soname in libraries:
        try:
            load(soname)
        except OSError:
            absent.append(soname)
    return absent


def apt_commands(packages: list[str], prefix: list[str]) -> list[list[str]]:
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]
    return [[*apt, "update"], [*apt, "install", "--no-install-recommends", *packages]]


def offer_programs(say: Callable[[str], None], platform: str = sys.platform) -> None:
    """Install the programs that some tests run, where that is possible; those tests say so where it is not."""
    packages = sorted(package for program, package in KEYRING.items() if not shutil.which(program))
    if not packages or not platform.startswith("linux"):
        return
    prefix = privilege() if shutil.which("apt-get") else None
    if prefix is None:
        say(f"The tests of the system keyring are left out: they need {' '.join(packages)} (Debian's names).")
        return
    say(f"Installing the system packages that the tests need: {' '.join(packages)}")
    for command in apt_commands(packages, prefix):
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def privilege() -> list[str] | None:
    """What to put before a command to run it as root without a question; None where that is not allowed."""
    if os.geteuid() == 0:
        return []
    sudo = ["sudo", "-n"]
    if shutil.which("sudo") and subprocess.run([*sudo, "true"], capture_output=True, check=False).returncode == 0:
        return sudo
    return None


def provide(libraries: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Install what is missing, or say in one sentence how to. Raises SetupError."""
    absent = missing(libraries)
    if not absent:
        return
    packages = sorted({libraries[soname] for soname in absent})
    if not shutil.which("apt-get"):
        raise SetupError(
            f"Qt needs shared libraries that this system does not have: {', '.join(absent)}. Install them with the "
            f"system's package manager (Debian calls them {' '.join(packages)}) and run the same command again."
        )
    prefix = privilege()
    if prefix is None:
        rights = "sudo " if shutil.which("sudo") else ""
        raise SetupError(
            "Qt needs system packages that are not installed, and only an administrator may install them. "
            f"{'Run' if rights else 'As root, run'}\n"
            f"    {rights}apt-get install --no-install-recommends {' '.join(packages)}\n"
            "and then the same command again."
        )
    say(f"Installing the system packages that Qt needs: {' '.join(packages)}")
    for command in apt_commands(packages, prefix):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode:
            raise SetupError(explain(done.stdout, f"installing {' '.join(packages)} with apt-get"))
    still = missing(libraries)
    if still:
        raise SetupError(
            f"The packages {' '.join(packages)} are installed, but these libraries are still not found: "
            f"{', '.join(still)}. Find the packages that hold them and install those."
        )
