"""Generated forms are what Designer's files say now."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FORMS = sorted((ROOT / "ui_forms").glob("*.ui"))


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.stem)
def test_a_generated_form_is_fresh(form: Path, tmp_path: Path) -> None:
    uic = Path(sys.executable).with_name("pyside6-uic")
    fresh = tmp_path / "fresh.py"
    command = [str(uic), "--absolute-imports", f"ui_forms/{form.name}", "-o", str(fresh)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    committed = ROOT / "hlmaster" / "ui" / "forms" / f"ui_{form.stem}.py"
    assert fresh.read_text("utf-8") == committed.read_text("utf-8"), f"run {' '.join(command[:3])} -o {committed.name}"


def test_there_is_no_generated_form_without_its_source() -> None:
    generated = {path.stem.removeprefix("ui_") for path in (ROOT / "hlmaster" / "ui" / "forms").glob("ui_*.py")}
    assert generated == {form.stem for form in FORMS}
