"""Rule 25a: the feeds of a site."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from storyfold.app.feed_discovery import discover
from tests.conformance.scene import rss, scene

Say = Callable[[str], None]


@pytest.mark.rule("25a")
def test_feeds_of_a_site_are_found(tmp_path: Path, say: Say) -> None:
    """By link element, Link header, well-known path and robots.txt; what is no feed is not listed."""

    async def story() -> None:
        async with scene(tmp_path) as stage:
            page = b"""<html><head><link rel=alternate type="application/rss+xml" href="by-link.xml" title="By link">
                <LINK REL="alternate stylesheet" href=style.css>
                <link rel=alternate type=application/atom+xml href=broken>
                <base href="/deep/"></head>"""
            site = stage.answer("/", 200, page, ("Link", '</by-header>; rel=alternate; type="application/atom+xml"'))
            stage.answer("/robots.txt", 200, f"Sitemap: {stage.server.url('/news-sitemap.xml')}\n".encode())
            sitemap = (
                b'<urlset xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>https://n.example/a</loc>'
                b"<news:news><news:title>T</news:title></news:news></url></urlset>"
            )
            stage.answer("/news-sitemap.xml", 200, sitemap)
            stage.answer("/broken", 200, b"<!doctype html>")
            paths = ("/deep/by-link.xml", "/by-header", "/feed")
            for path in paths:
                stage.answer(path, 200, rss((path, None)))
            found = await discover(site, stage.fetcher, stage.clock)
            assert {stage.server.url(path) for path in (*paths, "/news-sitemap.xml")} == {each.url for each in found}
            assert len(stage.asked) <= 20
            say(f"{len(found)} of 4 feeds found with {len(stage.asked)} requests")

    asyncio.run(story())
