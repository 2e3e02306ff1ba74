"""The control endpoint: truth, feeds, status, faults, pause."""

import json

from aiohttp import web

from newsroom.faults import parse_faults
from newsroom.serve.clock import real_now
from newsroom.serve.hub import Hub
from newsroom.serve.sites import Sites
from newsroom.serve.truth import opml, truth


class Control:
    """Answers whoever runs the press.

    Args:
        sites: The press that is run.
        hub: Of all its feeds, or None.
    """

    def __init__(self, sites: Sites, hub: Hub | None = None) -> None:
        self._sites = sites
        self._hub = hub

    def application(self) -> web.Application:
        """Return the application of the control endpoint."""
        application = web.Application()
        application.router.add_get("/truth", self._truth)
        application.router.add_get("/feeds.opml", self._opml)
        application.router.add_get("/status", self._status)
        application.router.add_post("/faults", self._faults)
        application.router.add_post("/pause", self._pause)
        application.router.add_post("/resume", self._resume)
        if self._hub is not None:
            application.router.add_post("/hub", self._hub.answer)
        return application

    async def _truth(self, request: web.Request) -> web.Response:
        press = self._sites.press
        press.advance(real_now())
        return web.json_response(truth(press, self._sites.houses, bodies="bodies" in request.query))

    async def _opml(self, _request: web.Request) -> web.Response:
        return web.Response(text=opml(self._sites.houses), content_type="text/x-opml")

    async def _status(self, _request: web.Request) -> web.Response:
        press, now = self._sites.press, real_now()
        press.advance(now)
        status: dict[str, object] = {
            "complete": press.complete,
            "planned": len(press.plan.articles),
            "released": press.released_count,
            "listed": press.listed_count,
            "paused": press.clock.held,
            "plan_time": press.clock.plan_time(now).isoformat(),
            "elapsed_s": now - press.began,
            "faults": len(self._sites.mischief.rules),
        }
        if self._hub is not None:
            hub = self._hub
            status["hub"] = {"subscribers": hub.subscribers, "delivered": hub.delivered, "refused": hub.refused}
        return web.json_response(status)

    async def _faults(self, request: web.Request) -> web.Response:
        try:
            rules = parse_faults(await request.text())
        except (ValueError, TypeError) as error:
            return web.json_response({"error": str(error)}, status=400)
        self._sites.mischief.rules = rules
        return web.json_response({"faults": len(rules)})

    async def _pause(self, _request: web.Request) -> web.Response:
        self._sites.press.clock.hold(real_now())
        return web.json_response({"paused": True})

    async def _resume(self, _request: web.Request) -> web.Response:
        self._sites.press.clock.go_on(real_now())
        return web.json_response({"paused": False})


def ready(control: str, sites: Sites) -> str:
    """Return what the ready file says, as JSON."""
    bases = [house.address.base for house in sites.houses]
    return json.dumps({"control": control, "publishers": bases, "planned": len(sites.press.plan.articles)})
