"""``hlmaster audit verify`` and ``hlmaster audit export``: is the log as it was written, and all of it in one file."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from hlmaster.core.errors import StorageError
from hlmaster.settings import chosen_mode
from hlmaster.storage.audit.check import Findings, check_file, check_folder
from hlmaster.storage.audit.files import log_files

SOUND, CHANGED = 0, 1


def audit(arguments: argparse.Namespace, data: Path) -> int:
    """0 when the log is sound, 1 when it was changed. Raises StorageError."""
    if arguments.file is not None:
        found = check_folder(arguments.file) if arguments.file.is_dir() else check_file(arguments.file)
        return _tell(found, str(arguments.file))
    mode = chosen_mode(arguments.mode)
    folder = data / mode.value / arguments.session
    if arguments.action == "export":
        sys.stdout.write(f"Written to {_export(folder, arguments.to or Path.cwd() / f'audit-{folder.name}.jsonl')}.\n")
        return SOUND
    return _tell(check_folder(folder), f"the {mode} session {arguments.session!r}")


def _tell(found: Findings, whose: str) -> int:
    for fault in found.faults:
        sys.stdout.write(f"{fault}\n")
    if found.faults:
        sys.stdout.write(f"The audit log of {whose} is not as it was written.\n")
        return CHANGED
    torn = f" {found.torn} lines cut off by a crash are closed off." if found.torn else ""
    sys.stdout.write(
        f"The audit log of {whose} is as it was written: entries {found.first} to {found.head.number} in {found.files} "
        f"files.{torn} Its last hash: {found.head.hash}\n"
    )
    return SOUND


def _export(folder: Path, target: Path) -> Path:
    """Every line of every file, as it lies there."""
    files = log_files(folder)
    if not files:
        raise StorageError(f"There is no audit log in {folder}.", "Name a session that has traded.")
    try:
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            for path in files:
                with path.open("rb") as source:
                    shutil.copyfileobj(source, out)
    except OSError as error:
        raise StorageError(f"The export {target} cannot be written: {error.strerror}.", "Choose a new file.") from error
    return target
