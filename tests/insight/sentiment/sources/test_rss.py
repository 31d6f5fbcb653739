from __future__ import annotations

import sys

import pytest

from hlmaster.insight.sentiment.fetch import Page, open_client
from hlmaster.insight.sentiment.source import MOST_ITEMS, NewsError
from hlmaster.insight.sentiment.sources.rss import Feed, entries
from tests.insight.sentiment.press import Press, feed, page

ATOM = b"""<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><entry><title>Ether rises</title>
<summary>By much</summary><link href="https://example.org/a"/><updated>2023-11-14T22:13:20Z</updated></entry></feed>"""


def read(body: bytes, kind: str = "application/rss+xml") -> list[str]:
    return [item.title for item in entries(Page(body, {"content-type": kind}), "press")]


async def test_a_feed_is_fetched_and_its_dates_are_utc() -> None:
    async with Press() as press, open_client() as client:
        item = "<title>Bitcoin rises</title><link>https://example.org/b</link><description>By much</description>"
        date = "<pubDate>Tue, 14 Nov 2023 23:13:20 +0100</pubDate>"
        press.pages = {"/rss": page(feed(item + date)), "/atom": page(ATOM)}
        (rss,) = await Feed(f"{press.url}/rss").fetch(client)
        (atom,) = await Feed(f"{press.url}/atom").fetch(client)
    assert (rss.title, rss.text, rss.link) == ("Bitcoin rises", "By much", "https://example.org/b")
    assert rss.published_ms == atom.published_ms == 1_700_000_000_000
    assert (atom.title, atom.text, atom.link) == ("Ether rises", "By much", "https://example.org/a")


def test_broken_xml_is_read_as_far_as_it_can_be() -> None:
    assert read(feed("<title>Fear & greed up</title>")) == ["Fear & greed up"]
    assert read(feed("<title>One</title>", "<title>Two<title>")[:-40])[0] == "One"


@pytest.mark.parametrize(
    "body",
    [
        '<rss version="2.0"><channel><item><title>Preis fällt</title></item></channel></rss>'.encode("latin-1"),
        '<rss version="2.0"><channel><item><title>Preis fällt</title></item></channel></rss>'.encode(),
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><item><title>Preis fällt</title></item>'
        "</channel></rss>".encode("cp1252"),
    ],
)
def test_a_wrong_charset_costs_no_headline(body: bytes) -> None:
    (title,) = [item.title for item in entries(Page(body, {"content-type": "text/xml; charset=utf-8"}), "press")]
    assert title.startswith("Preis f")


def test_html_inside_a_title_is_left_for_the_cleaner_and_nothing_is_run() -> None:
    (title,) = read(feed("<title>&lt;b onclick='x'&gt;Bitcoin&lt;/b&gt; rises</title>"))
    assert "Bitcoin" in title


@pytest.mark.parametrize(
    "body", [b"", b"<html><body><p>A page</p></body></html>", b'{"a": 1}', b"\0" * 1000, b"/etc/hostname", b"\xff\xfe"]
)
def test_what_is_no_feed_is_a_sentence(body: bytes) -> None:
    with pytest.raises(NewsError, match="press is not a feed"):
        read(body)


def test_an_empty_feed_is_no_failure() -> None:
    assert read(feed()) == []


def test_entities_do_not_multiply_nor_read_files() -> None:
    bomb = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))
    head = f'<!DOCTYPE x [<!ENTITY e0 "lol"><!ENTITY file SYSTEM "file:///etc/hostname">{bomb}]>'
    rest = feed("<title>&file;</title>", "<title>&e9;</title>").decode().partition("?>")[2]
    assert all(len(title) < 2_000_000 for title in read((head + rest).encode()))
    assert "lol" * 100 not in "".join(read((head + rest.replace("&e9;", "")).encode()))


def test_no_feed_gives_more_than_is_read() -> None:
    assert len(read(feed(*["<title>Again</title>"] * (MOST_ITEMS + 50)))) == MOST_ITEMS


def test_the_date_of_no_calendar_is_no_date() -> None:
    page = Page(feed("<title>A</title><pubDate>soon</pubDate>", "<title>B</title>"), {})
    assert [item.published_ms for item in entries(page, "press")] == [None, None]


def test_without_the_parser_a_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "feedparser", None)
    with pytest.raises(NewsError, match="feedparser"):
        read(feed())


@pytest.mark.parametrize(
    ("url", "name"),
    [("https://www.example.org/feed/", "example.org/feed"), ("https://example.org/rss?key=1", "example.org/rss")],
)
def test_a_feed_is_named_by_its_address_without_its_secrets(url: str, name: str) -> None:
    assert Feed(url).name == name
