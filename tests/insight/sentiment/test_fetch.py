from __future__ import annotations

import gzip
import zlib
from collections.abc import AsyncIterator

import httpx
import pytest

from hlmaster.insight.sentiment.fetch import MOST_HOPS, fetch, open_client
from hlmaster.insight.sentiment.source import NewsError, SourceBusy
from tests.insight.sentiment.press import Page, Press, broken_off, endless, moved, packed, page, silent


@pytest.fixture
async def press() -> AsyncIterator[Press]:
    async with Press() as press:
        yield press


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with open_client() as client:
        yield client


async def test_a_page_comes_plain_or_packed(press: Press, client: httpx.AsyncClient) -> None:
    press.pages = {"/plain": page(b"news", headers={"Content-Type": "text/xml"}), "/packed": packed(b"news" * 1000)}
    plain = await fetch(client, f"{press.url}/plain")
    assert (plain.body, plain.headers["content-type"]) == (b"news", "text/xml")
    assert (await fetch(client, f"{press.url}/packed")).body == b"news" * 1000


async def test_it_follows_a_page_that_moved(press: Press, client: httpx.AsyncClient) -> None:
    press.pages = {"/old": moved("/newer"), "/newer": moved("new"), "/new": page(b"news")}
    assert (await fetch(client, f"{press.url}/old")).body == b"news"


async def test_a_circle_of_redirects_ends(press: Press, client: httpx.AsyncClient) -> None:
    press.pages = {"/a": moved("/b"), "/b": moved("/a")}
    with pytest.raises(NewsError, match="without end"):
        await fetch(client, f"{press.url}/a")
    assert len(press.asked) == MOST_HOPS + 1


@pytest.mark.parametrize(
    "to", ["file:///etc/hostname", "ftp://127.0.0.1/x", "data:text/plain,x", "http://", "http://[::1"]
)
async def test_it_follows_nowhere_but_the_web(press: Press, client: httpx.AsyncClient, to: str) -> None:
    press.pages = {"/": moved(to)}
    with pytest.raises(NewsError):
        await fetch(client, f"{press.url}/")


@pytest.mark.parametrize(
    "to",
    [
        "http://127.0.0.1:11434/api/tags",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://localhost/",
        "http://router/",
        "http://169.254.169.254/latest",
        "http://192.168.0.1/",
        "http://2130706433/",
        "http://127.1/",
    ],
)
async def test_nobody_on_the_internet_sends_it_into_our_own_network(to: str) -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(302, headers={"location": to})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        with pytest.raises(NewsError, match="no place for news"):
            await fetch(client, "https://news.example.com/feed")
    assert asked == ["news.example.com"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (silent, "did not answer within"),
        (endless, "more than 0.1 MB"),
        (page(b"x" * 100_001), "more than 0.1 MB"),
        (page(gzip.compress(bytes(50_000_000)), headers={"Content-Encoding": "gzip"}), "more than 0.1 MB"),
        (page(b"no gzip", headers={"Content-Encoding": "gzip"}), "damaged"),
        (page(zlib.compress(b"x"), headers={"Content-Encoding": "br"}), "was not asked for"),
        (broken_off, "cannot be reached"),
        (page(b"", 500), "HTTP 500"),
        (page(b"", 404), "HTTP 404"),
        (page(b"", 403), "does not let this program read"),
        (page(b"", 204), "HTTP 204"),
        (page(b"", 302), "HTTP 302"),
        (page(b"", headers={"Content-Length": "-5"}), "cannot be reached"),
    ],
)
async def test_whatever_the_other_side_does_is_one_sentence(
    press: Press, client: httpx.AsyncClient, answer: Page, words: str
) -> None:
    press.pages = {"/": answer}
    with pytest.raises(NewsError, match=words) as caught:
        await fetch(client, f"{press.url}/", patience_seconds=0.5, most_bytes=100_000)
    assert caught.value.cure


@pytest.mark.parametrize(("told", "seconds"), [("120", 120), ("", 0), ("soon", 0), ("-5", 0), ("9" * 30, 0), ("²", 0)])
async def test_a_busy_source_says_for_how_long(
    press: Press, client: httpx.AsyncClient, told: str, seconds: float
) -> None:
    press.pages = {"/": page(b"", 429, {"Retry-After": told.encode().decode("latin-1")})}
    with pytest.raises(SourceBusy) as caught:
        await fetch(client, f"{press.url}/")
    assert caught.value.after_seconds == seconds


async def test_nobody_there_is_a_sentence(client: httpx.AsyncClient) -> None:
    async with Press() as gone:
        url = gone.url
    with pytest.raises(NewsError, match="cannot be reached"):
        await fetch(client, url)


@pytest.mark.parametrize(
    "url", ["", "news", "http://", "file:///etc/hostname", "http://\x00", "http://a b/", "http://" + "a" * 999]
)
async def test_what_is_no_address_is_a_sentence(client: httpx.AsyncClient, url: str) -> None:
    with pytest.raises(NewsError):
        await fetch(client, url)
