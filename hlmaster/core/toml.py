"""Writing TOML: the few kinds of values settings have (the standard library only reads it)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum

from hlmaster.core.rounding import wire_text


def toml_value(value: object) -> str:
    """One value as TOML. Raises TypeError for what settings never hold."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Enum):
        return toml_value(value.value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Decimal):
        return wire_text(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(toml_value(item) for item in value)}]"
    raise TypeError(f"{type(value).__name__} cannot be written as a setting")


def toml_text(
    head: Mapping[str, object], sections: Mapping[str, Mapping[str, object]], notes: Mapping[str, str]
) -> str:
    """A document: ``head`` keys, then sections; None is absent; ``notes`` are comments by dotted key."""
    blocks = ["".join(f"{key} = {toml_value(value)}\n" for key, value in head.items())]
    for section, values in sections.items():
        lines = [f"[{section}]\n"]
        for key, value in values.items():
            note = notes.get(f"{section}.{key}")
            lines.append(f"# {note}\n" if note else "")
            lines.append(f"{key} = {toml_value(value)}\n" if value is not None else f"# {key} is not set\n")
        blocks.append("".join(lines))
    return "\n".join(blocks)
