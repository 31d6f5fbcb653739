"""What a panel's table says."""

from __future__ import annotations

from hlmaster.ui.panels.table_panel import TablePanel


def text(panel: TablePanel, key: str, column: str) -> str:
    """Of the row with this key."""
    panel.model.flush()
    numbers = [i for i, c in enumerate(panel.model.columns) if c.key == column]
    return str(panel.model.index(panel.model.position(key), numbers[0]).data())
