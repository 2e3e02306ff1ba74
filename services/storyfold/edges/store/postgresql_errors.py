"""What PostgreSQL's errors mean, in the port's words (postgresql.org/docs/current/errcodes-appendix.html)."""

from dataclasses import dataclass

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError

from storyfold.edges.store.adapter import Again
from storyfold.ports import StoreBroken, StoreError, StoreUnavailable

# Classes of errors that the server reports of a COMMIT that it did not do: integrity, state, rollback.
UNDONE = ("23", "25", "40")
# libpq gives no code for what the server says while a session begins, so the words must do; where the server speaks
# another language than English, all of these count as not there, with its words behind.
UNANSWERED = "a session could not begin"


@dataclass(frozen=True, slots=True)
class Server:
    """Where a database is.

    Attributes:
        user: who asks; empty where libpq knows.
        place: host and port; empty where libpq knows.
        database: its name; empty where libpq knows.
        secrets: what no message may hold.
    """

    user: str
    place: str
    database: str
    secrets: tuple[str, ...]

    @classmethod
    def of(cls, url: URL) -> "Server":
        """What a URL says."""
        hosts = url.host or url.query.get("host", "")
        host = hosts if isinstance(hosts, str) else ",".join(hosts)
        port = f":{url.port}" if url.port else ""
        hidden = (url.password, url.query.get("password"), url.query.get("sslpassword"))
        return cls(url.username or "", f"{host}{port}", url.database or "", tuple(str(each) for each in hidden if each))

    @property
    def name(self) -> str:
        """For messages."""
        user = f"{self.user}@" if self.user else ""
        return f"postgresql://{user}{self.place}/{self.database}"

    def said(self, error: BaseException) -> str:
        """The server's own words on one line, without secrets."""
        words = " ".join(str(error).split())
        for secret in self.secrets:
            words = words.replace(secret, "***")
        return f"PostgreSQL: {words}"


def state_of(error: DBAPIError) -> str:
    """The five characters of SQLSTATE; empty where there are none, as after a lost connection."""
    return getattr(error.orig, "sqlstate", None) or ""


def translate(server: Server, error: DBAPIError) -> StoreError:
    """Say in the port's words what the driver raised."""
    said = server.said(error.orig or error)
    state = state_of(error)
    lost = StoreUnavailable(f"the connection to the store {server.name} was lost; see that its server runs ({said})")
    if error.connection_invalidated:
        return Again(lost)
    if not state and type(error).__name__ == "OperationalError":
        return _of_connecting(server, said)
    return _of_conflicts(server, state, said) or _of_the_server(server, state, said)


def _of_connecting(server: Server, said: str) -> StoreError:
    name = server.name
    if "authentication failed" in said or "no password supplied" in said or "no pg_hba.conf entry" in said:
        return StoreBroken(f"the store {name} does not let us in; check user and password in store.url ({said})")
    if "role" in said and "does not exist" in said:
        return StoreBroken(f"the store {name} knows no such user; make it with createuser, or name another ({said})")
    if "database" in said and "does not exist" in said:
        return StoreBroken(f"there is no database {name}; make it with createdb, or name another ({said})")
    if "permission denied for database" in said:
        return StoreBroken(f"the user of the store {name} may not connect; GRANT CONNECT to it ({said})")
    if "starting up" in said or "shutting down" in said or "recovery mode" in said:
        return StoreUnavailable(f"the store {name} is starting or stopping; wait ({said})")
    if "too many clients" in said or "connection slots are reserved" in said:
        return StoreUnavailable(f"the store {name} has no connection left; raise its max_connections ({said})")
    return StoreUnavailable(f"the store {name} cannot be reached; start its server, or check store.url ({said})")


def _of_conflicts(server: Server, state: str, said: str) -> StoreError | None:
    """Errors that vanish when the transaction is done again."""
    name = server.name
    match state:
        case "40001" | "40P01":
            return Again(StoreUnavailable(f"writers of the store {name} keep meeting one another; wait ({said})"))
        case "23505" | "0A000":
            # Two that insert the same row: the second then finds it. A plan made before a migration: made anew.
            return Again(StoreError(f"the store {name} refused a statement, again and again ({said})"))
        case _:
            return None


def _of_the_server(server: Server, state: str, said: str) -> StoreError:
    name = server.name
    match state:
        case "55P03":
            return StoreUnavailable(f"the store {name} is locked by another session; end it or wait ({said})")
        case "57014":
            return StoreUnavailable(f"the store {name} took too long for a statement; see what keeps it busy ({said})")
        case "53100":
            return StoreUnavailable(f"the store {name} cannot grow, its disk is full; free some space ({said})")
        case "25006":
            return StoreBroken(
                f"the store {name} is read-only; name its primary, or add ?target_session_attrs=read-write ({said})"
            )
        case "42501":
            return StoreBroken(f"the user of the store {name} lacks a right; make it the database's owner ({said})")
        case "42P01" | "42703":
            return StoreBroken(f"the store {name} has another schema than this version; restart it to migrate ({said})")
        case "XX001" | "XX002":
            return StoreBroken(f"the store {name} is damaged; restore a backup, or make a new database ({said})")
        case "58030":
            return StoreUnavailable(f"the disk under the store {name} fails; check it ({said})")
        case _ if state.startswith(("08", "53", "57")):
            return StoreUnavailable(f"the store {name} cannot serve us now; see its log ({said})")
        case _:
            return StoreError(f"the store {name} refused a statement ({said})")
