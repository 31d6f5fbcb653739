from __future__ import annotations

import pytest

from installer.trouble import CAUSES, ToolFailedError, explain


@pytest.mark.parametrize(
    ("output", "words", "final"),
    [
        ("error: failed to copy: No space left on device (os error 28)", "disk is full", True),
        ("Hash mismatch for `numpy==2.4.6`", "its hash differs", True),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "its hash differs", True),
        ("[Errno 13] Permission denied: '.venv'", "may not be written", True),
        ("OSError: [Errno 30] Read-only file system: '.venv'", "may not be written", True),
        ("invalid peer certificate: UnknownIssuer\nerror sending request", "certificate is not trusted", False),
        ("dns error: failed to lookup address", "cannot be reached", False),
        ("Temporary failure in name resolution\nERROR: No matching distribution found", "cannot be reached", False),
    ],
)
def test_a_known_trouble_has_its_sentence(output: str, words: str, final: bool) -> None:
    error = ToolFailedError(output, "installing the packages")
    assert words in str(error)
    assert "installing the packages" in str(error)
    assert "run the same command again" in str(error).lower()
    assert error.final is final


def test_an_unknown_trouble_keeps_the_tools_last_words() -> None:
    assert explain("one\n\ntwo\nthree\nfour\n", "making .venv").endswith("making .venv: two / three / four")
    assert explain("", "making .venv").endswith("the tool gave no reason")


def test_every_sentence_says_what_was_being_done() -> None:
    assert all("{what}" in cause.sentence for cause in CAUSES)
