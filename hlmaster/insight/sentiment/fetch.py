"""One page over HTTP from a stranger: its time, its size, its way there and what it unpacks to are all limited."""

from __future__ import annotations

import asyncio
import ipaddress
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hlmaster.core.redaction import redact
from hlmaster.insight.sentiment.source import NewsError, SourceBusy, brief

if TYPE_CHECKING:
    import httpx

MOST_BYTES = 2_000_000
MOST_HOPS = 5
PATIENCE_SECONDS = 15.0
HEADERS = {
    "User-Agent": "HyperliquidMaster/0.3 (desktop news reader)",
    "Accept-Encoding": "gzip",  # what is unpacked here is unpacked up to a limit, which no other packing is
}


@dataclass(frozen=True, slots=True)
class Page:
    body: bytes
    headers: Mapping[str, str]
    """Names in lower case."""


def open_client() -> httpx.AsyncClient:
    """The client that sources are fetched with; whoever opens it closes it."""
    import httpx  # not before the first fetch: it takes long to import

    return httpx.AsyncClient(headers=HEADERS, timeout=PATIENCE_SECONDS, limits=httpx.Limits(max_connections=8))


async def fetch(
    client: httpx.AsyncClient, url: str, *, patience_seconds: float = PATIENCE_SECONDS, most_bytes: int = MOST_BYTES
) -> Page:
    """The page at ``url``, within limits. Raises NewsError, whatever the other side does."""
    import httpx

    host = "The source"
    try:
        async with asyncio.timeout(patience_seconds):
            place = httpx.URL(url)
            for _ in range(MOST_HOPS + 1):
                _refuse_elsewhere(place)
                host = place.host
                async with client.stream("GET", place, follow_redirects=False) as response:
                    if response.has_redirect_location:
                        place = _sent_on(place, place.join(response.headers["location"]))
                        continue
                    _refuse_failure(response, host)
                    body = _unpacked(await _read(response, most_bytes, host), response, most_bytes, host)
                    return Page(body, {name.lower(): value for name, value in response.headers.items()})
    except TimeoutError:
        raise NewsError(f"{host} did not answer within {patience_seconds:g} s.", _LATER) from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        raise NewsError(f"{host} cannot be reached: {brief(error)}.", _LATER) from error
    raise NewsError(f"{host} sends from one address to the next without end.", _ADDRESS)


_LATER = "It is asked again later, by itself."
_ADDRESS = "Check the address of this source in the settings."


def _refuse_elsewhere(place: httpx.URL) -> None:
    if place.scheme not in ("http", "https") or not place.host:
        raise NewsError(f"{redact(str(place))[:100]!r} is not a web address.", _ADDRESS)


def _sent_on(place: httpx.URL, to: httpx.URL) -> httpx.URL:
    """Where a stranger sends us on to: not from the internet into this computer or the network around it."""
    if _is_near(to.host) and not _is_near(place.host):
        raise NewsError(f"{place.host} sends on to {to.host[:100]}, which is no place for news.", _ADDRESS)
    return to


def _is_near(host: str) -> bool:
    """By its name alone: a name is not looked up."""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        name = host.rstrip(".").lower()
        last = name.rpartition(".")[2]
        return last == name or last[:1].isdigit() or last in ("localhost", "local", "internal")


def _refuse_failure(response: httpx.Response, host: str) -> None:
    status = response.status_code
    if status in (429, 503):
        after = response.headers.get("retry-after", "")
        seconds = float(after) if after.isascii() and after.isdigit() and len(after) < 7 else 0.0
        raise SourceBusy(f"{host} asks to be left alone for a while (HTTP {status}).", seconds)
    if status in (401, 403):
        raise NewsError(
            f"{host} does not let this program read (HTTP {status}).", "It may ask for a key; switch it off."
        )
    if status != 200:
        raise NewsError(f"{host} answered HTTP {status}.", _ADDRESS if status in (404, 410) else _LATER)


async def _read(response: httpx.Response, most_bytes: int, host: str) -> bytes:
    body = bytearray()
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > most_bytes:
            raise _too_large(host, most_bytes)
    return bytes(body)


def _unpacked(body: bytes, response: httpx.Response, most_bytes: int, host: str) -> bytes:
    packing = response.headers.get("content-encoding", "identity").strip().lower()
    if packing in ("identity", ""):
        return body
    if packing not in ("gzip", "x-gzip"):
        raise NewsError(f"{host} packs its answer in a way that was not asked for ({packing[:20]}).", _LATER)
    try:
        plain = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(body, most_bytes + 1)
    except zlib.error as error:
        raise NewsError(f"{host} sent a damaged answer: {brief(error)}.", _LATER) from error
    if len(plain) > most_bytes:
        raise _too_large(host, most_bytes)
    return plain


def _too_large(host: str, most_bytes: int) -> NewsError:
    return NewsError(f"{host} sends more than {most_bytes / 1e6:g} MB, which no list of news needs.", _ADDRESS)
