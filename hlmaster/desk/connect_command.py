"""``hlmaster connect``: the wizard's steps on a terminal, for computers without a screen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from hlmaster.core.clock import SystemClock
from hlmaster.core.errors import AccessRefused, ConfigError
from hlmaster.core.model import Mode
from hlmaster.core.secret import Secret
from hlmaster.desk.connection import record, session_for
from hlmaster.desk.connector import Connector
from hlmaster.desk.entrance import Entrance, Outcome
from hlmaster.storage.sessions import Sessions
from hlmaster.storage.vault.entries import KEYED_MODES, Keeper

SIGNS = {Outcome.PASSED: "passed ", Outcome.WARNING: "warning", Outcome.FAILED: "FAILED ", Outcome.UNKNOWN: "UNKNOWN"}


def lines(entrance: Entrance) -> list[str]:
    """Each check with its outcome, and below it what to do."""
    shown: list[str] = []
    for check in entrance.checks:
        shown.append(f"{SIGNS[check.outcome]}  {check.title}: {check.sentence}")
        if check.cure:
            shown.append(f"         {check.cure}")
    return shown


class Dialogue:
    """``say`` prints, ``ask`` reads a line, ``ask_secret`` reads one unseen."""

    def __init__(
        self, say: Callable[[str], None], ask: Callable[[str], str], ask_secret: Callable[[str], Secret]
    ) -> None:
        self.say, self.ask, self.ask_secret = say, ask, ask_secret


async def connect_account(
    data: Path,
    mode: Mode,
    account: str,
    talk: Dialogue,
    *,
    create: bool,
    keeper: Keeper,
    ready_file: Path | None = None,
    session: str | None = None,
) -> str:
    """The name of the session that trades this account from now on. Raises HlError."""
    if mode not in KEYED_MODES:
        raise ConfigError(f"The mode {mode} needs no account.", "Connect one of testnet or live.")
    connector = Connector(data, ready_file)
    connector.choose(mode)
    connector.set_account(account)
    if create:
        agent = connector.create_wallet()
        talk.say(f"A new API wallet was made. Approve exactly this address at {connector.venue.page}:\n    {agent}")
        await asyncio.to_thread(talk.ask, "Press Enter when it is approved. ")
    else:
        key = await asyncio.to_thread(talk.ask_secret, "Private key of the API wallet (not shown): ")
        connector.paste_key(key)
    while not (entrance := await connector.check()).admitted:
        for line in lines(entrance):
            talk.say(line)
        if not create:
            raise AccessRefused("The checks did not pass, so no key was stored.", "Do what they say and try again.")
        if (await asyncio.to_thread(talk.ask, "Enter to check again, q to give up. ")).strip().lower() == "q":
            raise AccessRefused("Given up; no key was stored.", "The approved address is useless now: remove it.")
    for line in lines(entrance):
        talk.say(line)
    passphrase = None
    if keeper is Keeper.VAULT:
        passphrase = await asyncio.to_thread(talk.ask_secret, "Passphrase of the vault: ")
    await connector.keep(keeper, passphrase)
    kept = connector.finish().record
    sessions = Sessions(data, SystemClock())
    name = session or session_for(sessions, mode, kept)
    opened = sessions.open(mode, name)
    try:
        record(opened.file, kept)
    finally:
        opened.close()
    return name
