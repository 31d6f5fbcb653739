"""``hlmaster kill`` and ``hlmaster resume``: what they ask, and how they tell what became of it."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from dataclasses import replace
from pathlib import Path

from hlmaster.core.errors import ConfigError
from hlmaster.desk.deadman import key_handed_over, watch
from hlmaster.desk.kill import Killed, lift, throw
from hlmaster.desk.rescue import Ask, Place
from hlmaster.settings import chosen_mode

FLAT, DECLINED, NOT_FLAT = 0, 1, 2


def kill(arguments: argparse.Namespace, data: Path, ask: Ask) -> int:
    """0 when the exchange says flat, 2 when not, 1 when the question was declined. Raises HlError."""
    place = _place(arguments, data)
    whose = f"the {place.mode} session {place.session!r}"
    if not _confirmed(arguments, f"Cancel every order and close every position of {whose}, and halt it."):
        return DECLINED
    done = asyncio.run(throw(place, arguments.seconds, _say, ask))
    for complaint in done.complaints:
        _say(complaint)
    sys.stdout.write((json.dumps({"by": done.by, **done.report}) if arguments.json else _told(done)) + "\n")
    return FLAT if done.is_flat else NOT_FLAT


def resume(arguments: argparse.Namespace, data: Path, ask: Ask) -> int:
    place = _place(arguments, data)
    if not _confirmed(arguments, f"Allow new orders of the {place.mode} session {place.session!r} again."):
        return DECLINED
    sys.stdout.write("The halt is lifted.\n" if asyncio.run(lift(place)) else "There was no halt.\n")
    return FLAT


def watchdog(arguments: argparse.Namespace, data: Path, ask: Ask) -> int:
    """Until the desk releases it, or it has acted for a desk that is gone. Raises ConfigError."""
    place = _place(arguments, data)
    key = key_handed_over() if arguments.key_stdin else None
    try:
        asyncio.run(watch(replace(place, key=key), arguments.action, arguments.patience, _say))
    finally:
        if key is not None:
            key.forget()
    return FLAT


def _place(arguments: argparse.Namespace, data: Path) -> Place:
    return Place(data, chosen_mode(arguments.mode), arguments.session, getattr(arguments, "exchange", None))


def _confirmed(arguments: argparse.Namespace, what: str) -> bool:
    """Raises ConfigError where nobody can be asked and --yes was not said."""
    if arguments.yes:
        return True
    if not sys.stdin.isatty():
        raise ConfigError(what, "Add --yes to mean it.")
    sys.stderr.write(f"{what} Type yes: ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() == "yes"


def _say(sentence: str) -> None:
    sys.stderr.write(f"hlmaster: {sentence}\n")
    sys.stderr.flush()


def _told(done: Killed) -> str:
    report = done.report
    lines = [report.get("sentence") or report.get("error") or "Nothing is known.", f"  by         {done.by}"]
    if report.get("proof"):
        lines.append(f"  proof      the exchange's statement of {report['proof']}")
    for name in ("cancelled", "closed", "remaining", "problems"):
        lines += [f"  {name:<10} {text}" for text in report.get(name, ())]
    return "\n".join(map(str, lines))
