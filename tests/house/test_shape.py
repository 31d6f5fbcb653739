"""The shape of the project: short files and functions, tests beside their subjects, no word about where it was made."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from tests.house.source import ROOT, project_texts, sources

LONGEST_FILE, LONGEST_FUNCTION = 400, 60
# Folders of tests whose subject is not one module of the package
FREE_FOLDERS = {"flow", "house", "bench", "hostile", "proofs"}
FREE_TESTS = {
    "tests/exchange/hyperliquid/test_fixtures.py": "recorded frames of every kind, through the whole codec",
    "tests/exchange/test_official_sdk.py": "the official client against the whole embedded exchange",
    "tests/storage/vault/test_secret_service.py": "a real keyring service, which the vault's modules meet together",
    "tests/trading/execution/test_failpoints.py": "every point of the order path where something can break",
    "tests/trading/test_interleavings.py": "a whole desk, in every order of what can happen to it",
    "tests/ui/test_looks.py": "the whole window, dressed anew",
    "tests/ui/test_names.py": "everything in the whole window that can be used",
    "tests/ui/test_binding_refcounts.py": "its subject is the Qt binding itself",
}
# Put together here, so that this file does not hold what it forbids
HOSTS = "pypi org, pythonhosted org, npmjs org, npmjs com, anaconda org, crates io"
REGISTRIES = re.compile("|".join(host.replace(" ", r"\.") for host in HOSTS.split(", ")))
MACHINE_PATHS = re.compile(r"(?<![\w.$})/-])/(?:work|root|home/[a-z]\w+|Users/[a-z]\w+)/")


def test_files_are_short() -> None:
    lengths = {source.path: source.text.count("\n") for source in sources()}
    assert {path: length for path, length in lengths.items() if length > LONGEST_FILE} == {}


def test_functions_are_short() -> None:
    lengths = {
        f"{source.path}::{name}": (function.end_lineno or function.lineno) - function.lineno + 1
        for source in sources()
        for name, function in source.functions()
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}


def subjects(test: str) -> list[str]:
    """The modules a test file may be about: ``test_server_orders`` is about ``server_orders`` or ``server``."""
    path = PurePosixPath(test)
    package = (path.parts[1] == "installer" and path.parts[1:-1]) or ("hlmaster", *path.parts[1:-1])
    words = path.stem.removeprefix("test_").split("_")
    return ["/".join([*package, "_".join(words[:count])]) for count in range(len(words), 0, -1)]


def test_a_test_stands_where_its_module_does() -> None:
    tests = [source.path for source in sources("tests") if source.path.rpartition("/")[2].startswith("test_")]
    lost = [
        test
        for test in tests
        if test.split("/")[1] not in FREE_FOLDERS
        and test not in FREE_TESTS
        and not any((ROOT / f"{subject}.py").is_file() or (ROOT / subject).is_dir() for subject in subjects(test))
    ]
    assert not lost, "\n".join(lost)


def test_no_file_names_a_package_registry() -> None:
    assert [path for path, text in project_texts() if REGISTRIES.search(text)] == []


def test_no_file_knows_the_machine_it_was_made_on() -> None:
    found = [(path, match.group()) for path, text in project_texts() if (match := MACHINE_PATHS.search(text))]
    assert found == []
