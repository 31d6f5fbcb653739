"""A workspace survives its way into a file and back, and a bad file is named with what is wrong and where."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings

from hlmaster.ui.workspaces.nodes import Node, Split, Workspace
from hlmaster.ui.workspaces.written import LayoutError, exported, imported
from tests.ui.workspaces.made import JSON, workspaces


def alike(one: Node | None, two: Node | None) -> bool:
    if isinstance(one, Split) and isinstance(two, Split):
        return one.shares == pytest.approx(two.shares, abs=1e-4) and all(map(alike, one.parts, two.parts))
    return one == two


@settings(max_examples=60)
@given(workspaces())
def test_a_workspace_comes_back_from_its_file(workspace: Workspace) -> None:
    name, back = imported(exported("Mine", workspace))
    assert name == "Mine"
    assert back.panels == workspace.panels
    assert back.arrangement.known == workspace.arrangement.known
    for one, two in zip(back.arrangement.frames, workspace.arrangement.frames, strict=True):
        assert (one.rect, one.spread, one.floating) == (two.rect, two.spread, two.floating)
        assert alike(one.root, two.root)


@settings(max_examples=100)
@given(JSON)
def test_whatever_a_file_holds_it_is_read_or_refused_in_a_sentence(content: object) -> None:
    document = {"kind": "hlmaster workspace", "version": 4, "name": "x", "workspace": content}
    with pytest.raises(LayoutError, match=r"\.$"):
        imported(json.dumps(document).encode())


def frames(*documents: dict[str, Any]) -> dict[str, Any]:
    return {"frames": list(documents), "panels": {}}


LEAF = {"tabs": ["a"], "front": "a"}
FRAME = {"rect": [0, 0, 10, 10], "spread": "normal", "root": LEAF, "floating": []}
BAD = {
    "is empty; the main window": frames(),
    r"workspace.frames\[0\].rect is \[0, 0, -1, 5\]": frames({**FRAME, "rect": [0, 0, -1, 5]}),
    r"workspace.frames\[0\].spread is 'wide'": frames({**FRAME, "spread": "wide"}),
    r"workspace.frames has a in two places": frames(FRAME, FRAME),
    r"workspace.frames\[0\].root.row\[1\] is neither": frames(
        {**FRAME, "root": {"row": [FRAME["root"], {}], "shares": [1, 1]}}
    ),
    r"workspace.frames\[0\].root has 1 parts": frames({**FRAME, "root": {"row": [LEAF], "shares": [1]}}),
    r"workspace.panels.a is missing or no object": {**frames(FRAME), "panels": {"a": 3}},
}


@pytest.mark.parametrize("sentence", BAD)
def test_a_bad_file_is_told_with_what_is_wrong_and_where(sentence: str) -> None:
    document = {"kind": "hlmaster workspace", "version": 4, "name": "x", "workspace": BAD[sentence]}
    with pytest.raises(LayoutError, match=sentence):
        imported(json.dumps(document).encode())


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\xff", "not JSON"),
        (b"{", "not JSON"),
        (b"[]", "holds no workspace"),
        (b'{"kind": "hlmaster workspace", "version": 5}', "newer version"),
    ],
)
def test_what_is_no_workspace_is_told_so(content: bytes, sentence: str) -> None:
    with pytest.raises(LayoutError, match=sentence):
        imported(content)
