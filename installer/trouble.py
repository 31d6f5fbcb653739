"""What goes wrong while setting up, in one plain sentence each."""

from __future__ import annotations

import re
from typing import NamedTuple


class SetupError(Exception):
    """The set-up cannot go on; the message is the sentence shown to the person."""


class Cause(NamedTuple):
    """A known trouble: how it looks in a tool's output, what to say, whether another tool would meet it as well."""

    pattern: str
    sentence: str
    final: bool


# The first that is found in the output counts: causes stand above their consequences.
CAUSES = (
    Cause(
        r"No space left on device|os error 28|Errno 28|not enough space on the disk|Disk quota exceeded",
        "The disk is full, so {what} was stopped. Free about 2 GB and run the same command again.",
        final=True,
    ),
    Cause(
        r"Hash mismatch|DO NOT MATCH THE HASHES",
        "A downloaded package is not the one that was locked (its hash differs), so {what} was stopped. Run the same "
        "command again; if it stays so, a mirror or a proxy changes files, and nothing from it should be trusted.",
        final=True,
    ),
    Cause(
        r"Permission denied|os error 13|Errno 13|Access is denied|Read-only file system|os error 30|Errno 30",
        "Files may not be written here, so {what} was stopped. Make the project folder your own "
        '(for example with: sudo chown -R "$USER" .) and run the same command again.',
        final=True,
    ),
    Cause(
        r"invalid peer certificate|CERTIFICATE_VERIFY_FAILED|UnknownIssuer|SSLError",
        "The package registry's certificate is not trusted here, so {what} was stopped. Behind a company's proxy, set "
        "SSL_CERT_FILE and PIP_CERT to its certificate file and run the same command again.",
        final=False,
    ),
    Cause(
        r"dns error|name resolution|Name or service not known|getaddrinfo|Could not resolve|Temporary failure|"
        r"error sending request|Failed to fetch|Could not connect|[Cc]onnection (refused|reset|error)|"
        r"Network is unreachable|[Tt]imed? ?out|NewConnectionError|ProxyError|No matching distribution found",
        "The package registry cannot be reached, so {what} was stopped. Check the network (and the proxy settings, if "
        "there is one) and run the same command again; what was already fetched is kept.",
        final=False,
    ),
)


def known(output: str) -> Cause | None:
    return next((cause for cause in CAUSES if re.search(cause.pattern, output)), None)


def explain(output: str, what: str) -> str:
    """The sentence for a failed tool: that of a known cause, else the tool's own last words."""
    cause = known(output)
    if cause:
        return cause.sentence.format(what=what)
    words = [line.strip() for line in output.splitlines() if line.strip()]
    return f"It was not possible to go on with {what}: {' / '.join(words[-3:]) or 'the tool gave no reason'}"


class ToolFailedError(SetupError):
    """A tool ended with an error; ``final`` when another tool would meet the same trouble."""

    def __init__(self, output: str, what: str) -> None:
        super().__init__(explain(output, what))
        cause = known(output)
        self.final = cause is not None and cause.final
