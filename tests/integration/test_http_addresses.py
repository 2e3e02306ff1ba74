"""No request reaches an address that the config does not allow, whatever way leads there (SSRF)."""

import asyncio
import socket
from collections.abc import Sequence

import pytest

from storyfold.model.feeds import Validators
from storyfold.model.fetching import FetchRequest, Purpose
from storyfold.model.metrics import FetchOutcome, Metric
from storyfold.ports import BadUrl, BlockedAddress, DnsFailed, FetchError
from tests.fakes.badserver import bad_server
from tests.fakes.loopback import loopback_fetcher
from tests.fakes.meter import RecordingMeter

# One machine, two addresses: the one stands for the public Internet, the other for what must not be reached.
PUBLIC, FORBIDDEN = "127.0.0.2", "127.0.0.1"
ONLY_PUBLIC = (f"{PUBLIC}/32",)
PLAIN, PINNED = Validators(), Validators(etag="\xe9")
BOTH_TRANSPORTS = pytest.mark.parametrize("validators", [PLAIN, PINNED], ids=["pooled", "pinned"])


class ScriptedLookup:
    """Answers each question for any name with the next line of a script; the last line stays."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str) -> Sequence[str]:
        """The next answer."""
        self.asked.append(host)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "0x7f.1", "0x7f000001", "2130706433", "0177.0.0.1", "017700000001", "127.0.0.1.", "0",
        "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]",
        "[0:0:0:0:0:ffff:127.0.0.1]", "localhost", "LOCALHOST", "①②⑦.⓪.⓪.①", "127。0。0。1", "[fe80::1]",
    ],
)  # fmt: skip
@BOTH_TRANSPORTS
def test_no_spelling_of_an_address_gets_through(host: str, validators: Validators) -> None:
    """However loopback is written, nothing is sent to it."""

    async def scenario() -> None:
        async with bad_server() as server, loopback_fetcher(networks=()) as fetcher:
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch(FetchRequest(f"http://{host}:{server.port}/", Purpose.PAGE, validators))
            assert type(caught.value) in {BlockedAddress, BadUrl, DnsFailed}
            assert server.connections == 0

    asyncio.run(scenario())


@pytest.mark.parametrize("address", ["10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"])
@BOTH_TRANSPORTS
def test_private_addresses_are_refused_unless_allowed(address: str, validators: Validators) -> None:
    """A name that resolves to a private address is blocked, and the metric says so."""
    meter = RecordingMeter()

    async def scenario() -> None:
        lookup = ScriptedLookup([address])
        async with loopback_fetcher(meter=meter, lookup=lookup) as fetcher:
            with pytest.raises(BlockedAddress, match=address):
                await fetcher.fetch(FetchRequest("http://news.example/", Purpose.PAGE, validators))

    asyncio.run(scenario())
    assert meter.counts[Metric.FETCHES, FetchOutcome.BLOCKED_ADDRESS] == 1


def test_a_configured_network_is_allowed() -> None:
    """Loopback is reached once the config names it."""

    async def scenario() -> None:
        async with bad_server() as server, loopback_fetcher(networks=("127.0.0.1/32",)) as fetcher:
            server.answers("/", 200, b"x")
            assert (await fetcher.fetch(FetchRequest(server.url(), Purpose.PAGE))).body == b"x"

    asyncio.run(scenario())


@BOTH_TRANSPORTS
def test_a_name_that_changes_its_mind_gains_nothing(validators: Validators) -> None:
    """DNS rebinding: the address that was checked is the one connected to, and each new answer is checked."""

    async def scenario() -> None:
        lookup = ScriptedLookup([PUBLIC], [FORBIDDEN])
        async with bad_server(FORBIDDEN) as inside, bad_server(PUBLIC) as outside:
            outside.answers("/", 200, b"public")
            inside.answers("/", 200, b"secret")
            async with loopback_fetcher(networks=ONLY_PUBLIC, lookup=lookup) as fetcher:
                first = await fetcher.fetch(
                    FetchRequest(f"http://rebind.example:{outside.port}/", Purpose.PAGE, validators)
                )
                with pytest.raises(BlockedAddress):
                    await fetcher.fetch(FetchRequest(f"http://rebind.example:{inside.port}/", Purpose.PAGE, validators))
        assert first.body == b"public"
        assert (outside.connections, inside.connections) == (1, 0)
        assert len(lookup.asked) == 2

    asyncio.run(scenario())


@BOTH_TRANSPORTS
def test_of_several_addresses_only_allowed_ones_are_tried(validators: Validators) -> None:
    """A forbidden address among a name's addresses is passed over."""

    async def scenario() -> None:
        lookup = ScriptedLookup([FORBIDDEN, "::1", PUBLIC])
        async with bad_server(PUBLIC) as outside, loopback_fetcher(networks=ONLY_PUBLIC, lookup=lookup) as fetcher:
            outside.answers("/", 200, b"public")
            request = FetchRequest(f"http://news.example:{outside.port}/", Purpose.PAGE, validators)
            assert (await fetcher.fetch(request)).body == b"public"
            assert b"news.example:" in outside.heads[0]

    asyncio.run(scenario())


@pytest.mark.parametrize("target", ["http://127.0.0.1:{port}/", "//localhost:{port}/", "http://inner.example:{port}/"])
@BOTH_TRANSPORTS
def test_every_hop_is_checked(target: str, validators: Validators) -> None:
    """A redirect from an allowed address to a forbidden one ends there, by address and by name."""

    async def scenario() -> None:
        async def lookup(host: str) -> Sequence[str]:
            return [PUBLIC] if host == "news.example" else [FORBIDDEN]

        async with bad_server(FORBIDDEN) as inside, bad_server(PUBLIC) as outside:
            outside.answers("/", 302, b"", ("Location", target.format(port=inside.port)))
            async with loopback_fetcher(networks=ONLY_PUBLIC, lookup=lookup) as fetcher:
                with pytest.raises(BlockedAddress) as caught:
                    await fetcher.fetch(FetchRequest(f"http://news.example:{outside.port}/", Purpose.PAGE, validators))
            assert str(inside.port) in caught.value.url
            assert (outside.connections, inside.connections) == (1, 0)

    asyncio.run(scenario())


@pytest.mark.parametrize("answer", ["news.example", "127.0.0.1:80", "", "fe80::1%eth0"])
def test_an_answer_that_is_no_address_is_not_allowed(answer: str) -> None:
    """What a resolver says must be an address, and an allowed one without its interface."""

    async def scenario() -> None:
        async with loopback_fetcher(networks=("127.0.0.0/8",), lookup=ScriptedLookup([answer])) as fetcher:
            with pytest.raises(BlockedAddress):
                await fetcher.fetch(FetchRequest("http://news.example/", Purpose.PAGE))

    asyncio.run(scenario())


def test_a_name_without_addresses_does_not_resolve() -> None:
    """An empty answer is no answer."""

    async def scenario() -> None:
        async with loopback_fetcher(lookup=ScriptedLookup([])) as fetcher:
            with pytest.raises(DnsFailed):
                await fetcher.fetch(FetchRequest("http://news.example/", Purpose.PAGE))

    asyncio.run(scenario())


@BOTH_TRANSPORTS
def test_an_address_of_version_6_is_connected_to(validators: Validators) -> None:
    """A literal IPv6 address that the config allows works over both transports."""

    async def scenario() -> None:
        async with bad_server("::1") as server, loopback_fetcher(networks=("::1/128",)) as fetcher:
            server.answers("/", 200, b"six")
            request = FetchRequest(f"http://[::1]:{server.port}/", Purpose.PAGE, validators)
            assert (await fetcher.fetch(request)).body == b"six"
            assert b"host: [::1]:" in server.heads[0].lower()

    asyncio.run(scenario())


def test_ports_are_checked_at_every_hop() -> None:
    """Neither a URL nor a redirect leads to a port that is not on the list."""

    async def scenario() -> None:
        async with bad_server() as allowed, bad_server() as other:
            allowed.answers("/", 302, b"", ("Location", other.url()))
            async with loopback_fetcher(ports=range(allowed.port, allowed.port + 1)) as fetcher:
                for url in (other.url(), allowed.url()):
                    with pytest.raises(BadUrl, match="port"):
                        await fetcher.fetch(FetchRequest(url, Purpose.PAGE))
            assert other.connections == 0

    asyncio.run(scenario())


@pytest.mark.parametrize("failure", [socket.gaierror(-2, "unknown"), UnicodeError("label too long"), OSError("broken")])
@BOTH_TRANSPORTS
def test_a_name_that_does_not_resolve_is_told_as_that(failure: Exception, validators: Validators) -> None:
    """Whatever the resolver says, no name is no name."""

    async def scenario() -> None:
        async def lookup(_: str) -> Sequence[str]:
            raise failure

        async with loopback_fetcher(lookup=lookup) as fetcher:
            with pytest.raises(DnsFailed):
                await fetcher.fetch(FetchRequest("http://news.example/", Purpose.PAGE, validators))

    asyncio.run(scenario())


def test_the_environment_names_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of the environment would connect on our behalf, past all checks; it is not asked."""

    async def scenario() -> None:
        async with bad_server() as proxy, bad_server() as server, loopback_fetcher() as fetcher:
            for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
                monkeypatch.setenv(name, proxy.url())
            server.answers("/", 200, b"x")
            for validators in (PLAIN, PINNED):
                await fetcher.fetch(FetchRequest(server.url(), Purpose.PAGE, validators))
            assert (server.connections, proxy.connections) == (2, 0)

    asyncio.run(scenario())
