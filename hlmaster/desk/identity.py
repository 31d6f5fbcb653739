"""Who trades in a run of testnet or live: what was just connected, or what the session remembers and flags confirm."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hlmaster.core.clock import SystemClock
from hlmaster.core.errors import ConfigError
from hlmaster.core.model import Mode
from hlmaster.core.secret import Secret
from hlmaster.desk.permission import LiveConfirmation, confirm_live
from hlmaster.storage.sessions import Session
from hlmaster.storage.vault.entries import Keeper

if TYPE_CHECKING:
    from hlmaster.desk.connection import Connection
    from hlmaster.desk.connector import Connected


def who_trades(arguments: argparse.Namespace, data: Path, session: Session, connected: Connected | None) -> Connection:
    """Who trades: what was just connected, or what the session remembers, confirmed anew in live."""
    from hlmaster.desk import connection

    mode, clock = session.info.mode, SystemClock()
    if connected is not None and connected.connection is not None:
        if connected.acknowledged:
            connection.acknowledge_notice(session.file, clock.wall_ms())
        connection.record(session.file, connected.connection.record)
        return connected.connection
    account = connection.recorded(session.file)
    if account is None:
        raise ConfigError(
            f"The {mode} session {session.info.name!r} has no account yet.",
            f"Connect one in the window, or with: hlmaster connect --mode {mode}.",
        )
    said = said_on_the_command_line(arguments)
    permit = confirm_live(account.account, said) if mode is Mode.LIVE else None
    if permit is not None:
        connection.acknowledge_notice(session.file, clock.wall_ms())
    secret = passphrase(arguments, account.keeper)
    return asyncio.run(connection.connect(mode, account, data, secret, permit))


def said_on_the_command_line(arguments: argparse.Namespace) -> LiveConfirmation:
    """Flags of the headless desk; the window's command line has none of them, so it always asks."""
    understood = bool(getattr(arguments, "understood", False))
    return LiveConfirmation(
        named=arguments.mode == Mode.LIVE.value,
        account_tail=str(getattr(arguments, "account_tail", "") or ""),
        live_flag=bool(getattr(arguments, "live", False)),
        understood_flag=understood,
        notice_acknowledged=understood,
    )


def passphrase(arguments: argparse.Namespace, keeper: Keeper) -> Secret | None:
    """Of the vault: from standard input or typed unseen; never from an argument or the environment."""
    if keeper is not Keeper.VAULT:
        return None
    if getattr(arguments, "passphrase_stdin", False):
        return Secret(sys.stdin.readline().rstrip("\r\n"))
    if not sys.stdin.isatty():
        raise ConfigError("The vault's passphrase is asked for on a terminal.", "Use one, or --passphrase-stdin.")
    return Secret(getpass.getpass("Passphrase of the vault: "))
