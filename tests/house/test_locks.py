"""The lock files: what pyproject.toml asks for, in one version everywhere, every file of it known by its hash."""

from __future__ import annotations

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from installer.environment import DEVELOPMENT, INSTALLER, RUNTIME
from tests.house.source import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def pins(lock: str) -> set[tuple[str, str]]:
    """Name and version of every entry (some packages stand twice, with a marker each)."""
    text = (ROOT / "installer" / lock).read_text("utf-8")
    return {(name, version) for name, version in re.findall(r"^([\w.-]+)==([\w.+!]+)", text, re.MULTILINE)}


def unmet(requirements: list[str], lock: str) -> list[str]:
    locked = pins(lock)
    missing = []
    for text in requirements:
        requirement = Requirement(text)
        versions = [version for name, version in locked if name == canonicalize_name(requirement.name)]
        if not versions or not all(requirement.specifier.contains(version) for version in versions):
            missing.append(text)
    return missing


def test_the_locks_hold_what_the_project_asks_for() -> None:
    extras, groups = PROJECT["project"]["optional-dependencies"], PROJECT["dependency-groups"]
    runtime = PROJECT["project"]["dependencies"] + extras["history"]
    assert unmet(runtime, RUNTIME) == []
    assert unmet(runtime + extras["quant"] + extras["postgresql"] + groups["dev"], DEVELOPMENT) == []
    assert unmet(groups["installer"], INSTALLER) == []


def test_development_is_the_runtime_and_more() -> None:
    assert pins(RUNTIME) < pins(DEVELOPMENT)


@pytest.mark.parametrize("lock", [RUNTIME, DEVELOPMENT, INSTALLER])
def test_every_locked_package_has_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / "installer" / lock).read_text("utf-8")
    entries = re.split(r"\n(?=[\w])", text.strip())
    assert [entry.split("\n")[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in text
