"""How ``hlmaster doctor`` tells what it found. 0: sound; 1: something failed."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path

from hlmaster.core.secret import Secret
from hlmaster.desk.connect_command import lines
from hlmaster.desk.doctor import Diagnosis, Request, diagnose
from hlmaster.storage.vault.entries import Keeper

SOUND, UNSOUND = 0, 1


def doctor(arguments: argparse.Namespace, data: Path, ask: Callable[[Keeper], Secret | None]) -> int:
    """Raises HlError."""
    asked = Request(data, arguments.network, arguments.session, arguments.exchange, arguments.trade, ask)
    found = asyncio.run(diagnose(asked))
    told = [json.dumps(found.record())] if arguments.json else report(found)
    sys.stdout.write("\n".join(told) + "\n")
    return SOUND if found.is_sound else UNSOUND


def report(found: Diagnosis) -> list[str]:
    shown = [f"{found.network} at {found.url}", *lines(found.checks)]
    if found.trials:
        shown += ["", "How the exchange treats orders (--trade asks it, with real orders on the test network):"]
    for answer in found.trials:
        shown.append(f"{answer.number:>3}. {answer.question}  [{answer.verdict}]")
        shown.append(f"     believed: {answer.believed}")
        if answer.observed:
            shown.append(f"     observed: {answer.observed}")
    if found.trials and found.rehearsal:
        shown.append("An embedded exchange answers as we believe the real one does; only the real testnet proves it.")
    return shown
