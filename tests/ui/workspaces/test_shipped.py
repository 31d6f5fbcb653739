"""What comes with the program is made of panels that there are."""

from __future__ import annotations

import pytest

from hlmaster.ui.panel_set import ALWAYS, LATER, kind_of
from hlmaster.ui.workspaces.nodes import leaves
from hlmaster.ui.workspaces.shipped import SHIPPED, shipped


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("size", [(1280, 800), (2560, 1440)])
def test_every_panel_of_a_shipped_workspace_exists_once(name: str, size: tuple[int, int]) -> None:
    workspace = shipped(name, *size)
    root = workspace.arrangement.frames[0].root
    assert root is not None
    keys = [key for leaf in leaves(root) for key in leaf.keys]
    assert len(set(keys)) == len(keys)
    known = {panel.KEY for panel in ALWAYS} | {*LATER, "log"}
    assert {kind_of(key) for key in keys} <= known
    assert {kind_of(key) for key in workspace.panels} <= known
