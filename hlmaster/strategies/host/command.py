"""``hlmaster strategies``: what there is, and whether a file would pass."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from hlmaster.core.errors import ConfigError
from hlmaster.strategies.actor import failure
from hlmaster.strategies.answer import StrategyBroken
from hlmaster.strategies.host.folder import Folder
from hlmaster.strategies.host.lineup import CHECK_SECONDS, LOAD_SECONDS, said
from hlmaster.strategies.host.messages import Check, Checked, Description, Load, Loaded, Source
from hlmaster.strategies.host.process import HostLost, HostProcess
from hlmaster.strategies.known import BUILT_IN, card_of

FAILED = 1


async def listed(command: Sequence[str], folder: Path) -> tuple[list[str], int]:
    """Lines to print, and the exit status: 1 when something is broken."""
    from hlmaster.strategies.catalogue import STRATEGIES

    cards = [card_of(kind, BUILT_IN) for kind in STRATEGIES.entries()]
    broken = [f"{entry.name}: {entry.error}" for entry in STRATEGIES.broken()]
    sources, unreadable = Folder(folder).read()
    broken += [f"{entry.name}: {entry.error}" for entry in unreadable]
    for origin, source in sources.items():
        try:
            cards += [one.card for one in await _loaded(command, source)]
        except (StrategyBroken, HostLost) as error:
            broken.append(str(error) if str(error).startswith(origin) else f"{origin}: {error}")
    wide = max((len(card.name) for card in cards), default=0)
    lines = [f"{card.name:<{wide}}  {card.origin}: {card.idea}" for card in sorted(cards, key=lambda card: card.name)]
    return [*lines, *(f"broken  {line}" for line in broken)], FAILED if broken else 0


async def checked(command: Sequence[str], file: Path) -> tuple[list[str], int]:
    """Each strategy of the file with its default parameters; the exit status is 1 unless all pass."""
    try:
        source = Source(file.name, str(file), await asyncio.to_thread(file.read_bytes))
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}.", "Name a Python file with a strategy.") from error
    lines, status = [], 0
    process = await HostProcess.begin(command)
    try:
        for one in said(await process.ask(Load(source), LOAD_SECONDS), Loaded).strategies:
            checks = said(await process.ask(Check(one.card.name, {}), CHECK_SECONDS), Checked).checks
            lines.append(f"{one.card.title} ({one.card.name}): {one.card.idea}")
            lines += [f"  {'passed' if check.passed else 'FAILED'}  {check.name}: {check.text}" for check in checks]
            status = FAILED if failure(checks) else status
    except (StrategyBroken, HostLost) as error:
        lines.append(f"broken  {error}")
        status = FAILED
    finally:
        await process.end()
    return lines, status


async def _loaded(command: Sequence[str], source: Source) -> tuple[Description, ...]:
    process = await HostProcess.begin(command)
    try:
        return said(await process.ask(Load(source), LOAD_SECONDS), Loaded).strategies
    finally:
        await process.end()
