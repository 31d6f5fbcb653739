"""A secret gives itself away to ``reveal`` alone, and a process that holds one is closed to others."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from hlmaster.core.secret import Secret

TEXT = "0x" + "5a" * 32


@pytest.mark.parametrize("show", [repr, str, "{}".format, "{:>80}".format, lambda secret: f"{[secret]}"])
def test_no_way_of_printing_shows_it(show) -> None:  # type: ignore[no-untyped-def]
    assert "5a" not in show(Secret(TEXT))


@pytest.mark.parametrize("take", [copy.copy, copy.deepcopy, pickle.dumps, json.dumps, hash, vars])
def test_it_is_not_copied_stored_or_hashed(take) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(TypeError):
        take(Secret(TEXT))


def test_a_traceback_with_locals_does_not_show_it() -> None:
    try:
        secret = Secret(TEXT)
        raise ValueError(f"not with {secret}")
    except ValueError as error:
        shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert "hidden" in shown
    assert "5a5a" not in shown


def test_equal_texts_are_equal_secrets_and_nothing_else_is() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert not Secret("")


def test_what_was_forgotten_is_gone() -> None:
    secret = Secret(TEXT)
    secret.forget()
    assert not secret
    assert secret.reveal() == ""


@pytest.mark.skipif(sys.platform != "linux", reason="what is asked of the kernel here is Linux's")
def test_a_process_that_keeps_to_itself_dumps_nothing_and_makes_private_files(tmp_path: Path) -> None:
    file = tmp_path / "made"
    script = f"""
import ctypes, resource
from pathlib import Path
from hlmaster.core.secret import keep_to_ourselves
keep_to_ourselves()
Path({str(file)!r}).write_text("x")
print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), resource.getrlimit(resource.RLIMIT_CORE))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0 (0, 0)"
    assert file.stat().st_mode & 0o777 == 0o600
