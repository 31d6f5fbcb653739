"""A small document that a part of the desk must find again after a restart: JSON in the session's folder."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from hlmaster.core.errors import StorageError
from hlmaster.desk.kept import Kept

log = logging.getLogger(__name__)


class Memory:
    """``Kept`` as JSON. ``otherwise`` says what it means that it cannot be read."""

    def __init__(self, path: Path, otherwise: str) -> None:
        self._path, self._otherwise, self.kept = path, otherwise, Kept(path)

    def load(self) -> dict[str, Any]:
        try:
            content = self.kept.load()
            document = {} if content is None else json.loads(content)
        except (StorageError, ValueError) as error:
            log.warning("%s cannot be read, so %s: %s", self._path, self._otherwise, error)
            return {}
        return document if isinstance(document, dict) else {}

    def save(self, document: Mapping[str, Any]) -> None:
        self.kept.save(msgspec.json.encode(document))

    async def stop(self) -> None:
        """Returns when the last of it is written."""
        await self.kept.stop()
