"""One HTTP call to an upstream, and how simulated time passes while it waits."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import httpx

from calls import Endpoint
from sim_clock import SimClock, SteppedClock

# How long code without Brownout waits: the timeout that an HTTP client gets when nobody thinks about it much.
NAIVE_TIMEOUT_MS = 30_000.0


@dataclass(frozen=True)
class Bare:
    response: httpx.Response | None
    waited_ms: float


class Upstreams:
    def __init__(self, base_url: str, clock: SimClock, caller: str) -> None:
        self._clock = clock
        self._caller = caller
        # no timeout of its own: the engine's timeout interrupts a guarded call
        limits = httpx.Limits(max_connections=500, max_keepalive_connections=50)
        self._client = httpx.AsyncClient(base_url=base_url, timeout=None, limits=limits)

    async def guarded(self, endpoint: Endpoint, tenant: str, timeout_ms: float | None) -> httpx.Response:
        """Sends one request on the host's own time line."""
        began = self._clock.now_ms()
        try:
            response = await self._send(endpoint, tenant, self._caller)
        except asyncio.CancelledError:
            if isinstance(self._clock, SteppedClock) and timeout_ms is not None:
                self._clock.set(began + timeout_ms)
            raise
        if isinstance(self._clock, SteppedClock):
            self._clock.set(began + took_ms(response))
        return response

    async def bare(self, endpoint: Endpoint, tenant: str) -> Bare:
        """The same call as code without Brownout makes it. Never moves a stepped clock."""
        began = self._clock.now_ms()

        def waited(stepped_ms: float) -> float:
            return stepped_ms if self._clock.stepped else self._clock.now_ms() - began

        try:
            async with asyncio.timeout(self._clock.wait_s(NAIVE_TIMEOUT_MS)):
                response = await self._send(endpoint, tenant, f"{self._caller}-bare")
        except TimeoutError:
            return Bare(None, waited(NAIVE_TIMEOUT_MS))
        except httpx.TransportError:
            return Bare(None, waited(0.0))
        return Bare(response, waited(took_ms(response)))

    async def ping(self, name: str) -> tuple[bool, float]:
        """Is the database or the cache there? Whether it is, and how long it took."""
        try:
            async with asyncio.timeout(self._clock.wait_s(5000.0)):
                response = await self._client.get(f"/{name}/ping", headers={"x-caller": self._caller})
        except (TimeoutError, httpx.TransportError):
            return False, 5000.0
        return response.is_success, took_ms(response)

    async def close(self) -> None:
        await self._client.aclose()

    async def _send(self, endpoint: Endpoint, tenant: str, caller: str) -> httpx.Response:
        headers = {"x-caller": caller, "x-tenant": tenant}
        if self._clock.stepped:
            headers["x-sim-now"] = repr(self._clock.now_ms())
        return await self._client.post(endpoint.path, json=endpoint.body, headers=headers)


def took_ms(response: httpx.Response) -> float:
    return float(response.headers.get("x-sim-took-ms", 0))
