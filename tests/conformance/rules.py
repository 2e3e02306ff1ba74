"""The rules of polling, a row each: a test proves each row, and the table says how it went.

Keys begin with the number of the rule in the polling document; a letter tells parts of it apart. S rows are what
public feed-reader scorecards judge by.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """A row: its key, what must hold, and where that is written."""

    key: str
    says: str
    source: str


RULES = (
    Rule("1", "ETag and Last-Modified come back byte for byte, both", "RFC 9110 8.8, 13.1"),
    Rule("2", "a 304 updates only the headers it carries", "RFC 9111 4.3.4"),
    Rule("3a", "validators are kept only of a body that parsed", "RFC 9110 13.1"),
    Rule("3b", "the bytes of last time are not parsed again", "polling 3"),
    Rule("4", "a server that hides entries behind 304 is caught within a day, counted, asked plainly", "RFC 9110 13.2"),
    Rule("5", "max-age less Age beats Expires; no-store is no reason to hurry", "RFC 9111 4.2, 5.2.2.5"),
    Rule("6a", "ttl, skipHours, skipDays and sy:updatePeriod are kept to", "RSS 2.0; RSS 1.0 syndication"),
    Rule("6b", "an owner's interval wins over the learned one", "polling 6"),
    Rule("7a", "the interval is learned from new entries: falls fast, rises slowly", "polling 7"),
    Rule("7b", "what was learned survives a restart", "polling 7"),
    Rule("8", "never more often than every 15 min, unless max-age says so", "polling 8; RFC 9111 5.2.2.1"),
    Rule("9a", "Retry-After in seconds and as date, on 429 and 503", "RFC 9110 10.2.3; RFC 6585 4"),
    Rule("9b", "Retry-After holds for the URL, the host or the registrable domain, as configured", "polling 9"),
    Rule("10", "no failure ends polling: each class backs off and comes back by itself", "polling 10"),
    Rule("11", "410 twice, days apart, retires a feed; it comes back when it answers", "RFC 9110 15.5.11"),
    Rule("12a", "301 and 308 move a feed after 3 confirmations over 24 h", "RFC 9110 15.4.2, 15.4.9"),
    Rule("12b", "302, 303 and 307 never move it", "RFC 9110 15.4.3, 15.4.4, 15.4.8"),
    Rule("12c", "a maintenance page or another feed never moves it", "polling 12"),
    Rule("13", "a new feed's entries older than 48 h are known, not news", "polling 13"),
    Rule("14a", "two exchanges with a host at a time, polling and reading together", "polling 14"),
    Rule("14b", "page requests to a host are spaced, by Crawl-delay up to a cap", "polling 14"),
    Rule(
        "14c", "robots.txt: 5 redirects, 4xx allows, 5xx forbids, longest match, asked once a day", "RFC 9309 2.2, 2.3"
    ),
    Rule("14d", "feeds are exempt from robots.txt unless configured", "polling 14"),
    Rule("14e", "a robots.txt out of reach is asked for again within the hour", "RFC 9309 2.3.1.4"),
    Rule("14f", "hold-offs and robots.txt survive a restart", "issue 6"),
    Rule(
        "15", "User-Agent names program, version, contact; no cookies, no Referer, no cache busting", "RFC 9110 10.1.5"
    ),
    Rule("16a", "gzip, deflate, br and zstd are asked for and undone", "RFC 9110 8.4; RFC 9659"),
    Rule("16b", "connections are kept alive", "RFC 9112 9.3"),
    Rule("17a", "one deadline bounds the whole exchange", "polling 17"),
    Rule("17b", "bytes are bounded, compressed and not", "polling 17"),
    Rule("17c", "redirects are bounded, loops found", "RFC 9110 15.4"),
    Rule("17d", "floods of headers and wrong lengths end in their class", "RFC 9112 6.3, 8"),
    Rule("17e", "every kind of bad input ends in its class, in time, with a message that `feeds why` shows", "issue 6"),
    Rule("18a", "addresses that are not public are refused, at every hop", "RFC 6890"),
    Rule("18b", "a name that answers loopback the second time gets nothing", "RFC 6890; DNS rebinding"),
    Rule("19a", "entities are neither fetched nor blown up", "XML 1.0 4.4"),
    Rule("19b", "a hung parser is killed, its feed backs off, others go on", "polling 19"),
    Rule(
        "20a", "ids are the guid, else the link, else a hash; the same after a restart", "RSS 2.0 guid; RFC 4287 4.2.6"
    ),
    Rule("20b", "one guid for many items does not lose any", "polling 20"),
    Rule("20c", "guids that change at every fetch bring no entry twice", "polling 20"),
    Rule("20d", "so in a feed of a single item", "polling 20"),
    Rule("21", "spellings of one link are one entry", "RFC 3986 6.2; polling 21"),
    Rule("22", "an entry whose content changed is a revision, not a new one", "polling 22"),
    Rule("23", "dates become UTC; future ones are set to the time of sight and flagged", "RFC 5322 3.3; RFC 3339"),
    Rule("24a", "RSS 0.91 to 2.0, RDF, Atom, JSON Feed and news sitemaps are read", "RSS; RFC 4287; JSON Feed 1.1"),
    Rule("24b", "encodings: BOM, then HTTP, then declaration, then detection", "RFC 7303 3"),
    Rule("24c", "next_url of a JSON Feed is followed, bounded, without loops", "JSON Feed 1.1"),
    Rule("24d", "an index of sitemaps is followed, once and bounded", "sitemaps.org"),
    Rule("24e", "a sitemap that is a gzip file is read", "sitemaps.org"),
    Rule(
        "25a", "feeds of a site are found by link, header, well-known path, robots.txt", "RSS autodiscovery; RFC 8288"
    ),
    Rule("25b", "OPML is read although it is not well-formed, and written", "OPML 2.0"),
    Rule("26a", "hub and self are found in headers, then in the feed", "WebSub 4"),
    Rule(
        "26b",
        "a hub is asked for the feed's own name, with a secret and a callback nobody can guess",
        "WebSub 5.1",
    ),
    Rule("26c", "intent is confirmed where it was ours, and nowhere else", "WebSub 5.3"),
    Rule(
        "26d",
        "leases are renewed before they end; hubs that fail or deny are asked again, ever more rarely",
        "WebSub 5.2",
    ),
    Rule("26e", "what a hub brings is taken as a poll would take it, without another fetch", "WebSub 7"),
    Rule("26f", "a ping that is no feed fetches the feed at once", "WebSub 7"),
    Rule("26g", "signatures by sha1, sha256, sha384, sha512; a bad one is answered 2xx and thrown away", "WebSub 8"),
    Rule("26h", "the slow poll finds what a hub lost, and slows down no more than configured", "polling 26"),
    Rule("26i", "a feed that leaves, or names no hub any more, is unsubscribed", "WebSub 5.1"),
    Rule("26j", "callbacks are bounded, and tell strangers nothing", "polling 17; WebSub 8"),
    Rule("26k", "hubs are checked like every other address", "polling 18"),
    Rule("27a", "a feed silent for longer than its rhythm is quiet, with a reason", "polling 27"),
    Rule("27b", "200 with nothing for days is empty, with a reason", "polling 27"),
    Rule("27c", "a feed whose entries have no dates is undated, with a reason", "polling 27"),
    Rule("27d", "validators that hide entries are stuck, with a reason", "polling 27"),
    Rule("27e", "a document read only in part is degraded, with a reason", "polling 27"),
    Rule("S1", "unconditional requests: the first, then at most one a day", "feed reader scorecard"),
    Rule("S2", "spacing: no two requests closer than the floor, in days", "feed reader scorecard"),
    Rule("S3", "validators: always those of the last body, both, exact", "feed reader scorecard"),
    Rule("S4", "no cookies, although the server sets one with every answer", "feed reader scorecard"),
    Rule("S5", "no cache busting: the URL is asked for as registered", "feed reader scorecard"),
    Rule("S6", "429 with Retry-After: nothing is asked before, over days", "feed reader scorecard; RFC 6585 4"),
    Rule("S7", "max-age of two hours: nothing is asked before", "feed reader scorecard; RFC 9111 4.2"),
    Rule("S8", "a restart asks nothing that is not due", "feed reader scorecard"),
)
