"""A fetcher that answers by script."""

import asyncio
from collections import deque
from datetime import timedelta

from storyfold.model.fetching import FetchRequest, FetchResponse, Redirect
from storyfold.ports import ConnectFailed, Fetcher, FetchError


class ScriptedFetcher:
    """Gives each URL the answers it was told, in order; the last one again and again.

    Args:
        hold: where set, no answer comes before the event is set.
    """

    def __init__(self, hold: asyncio.Event | None = None) -> None:
        self.requests: list[FetchRequest] = []
        self._answers: dict[str, deque[FetchResponse | FetchError]] = {}
        self._hold = hold

    def answer(self, url: str, *answers: FetchResponse | FetchError) -> None:
        """Add answers for a URL."""
        self._answers.setdefault(url, deque()).extend(answers)

    async def fetch(self, request: FetchRequest) -> FetchResponse:
        self.requests.append(request)
        await asyncio.sleep(0)
        if self._hold is not None:
            await self._hold.wait()
        answers = self._answers.get(request.url)
        if not answers:
            raise ConnectFailed(request.url, "nobody listens")
        answer = answers.popleft() if len(answers) > 1 else answers[0]
        if isinstance(answer, FetchError):
            raise answer
        return answer


def response(
    url: str,
    body: bytes = b"",
    *,
    status: int = 200,
    headers: tuple[tuple[str, str], ...] = (),
    redirects: tuple[Redirect, ...] = (),
) -> FetchResponse:
    """A response in few words."""
    return FetchResponse(
        url=url, status=status, headers=headers, body=body, redirects=redirects, elapsed=timedelta(milliseconds=5)
    )


_: type[Fetcher] = ScriptedFetcher
