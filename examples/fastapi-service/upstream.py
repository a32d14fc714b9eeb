"""One HTTP call to an upstream, and how simulated time passes while it waits."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import httpx
from brownout import Brownout
from calls import Endpoint
from sim_clock import SimClock, SteppedClock

# How long code without Brownout waits: the timeout that an HTTP client gets when nobody thinks about it much.
NAIVE_TIMEOUT_MS = 30_000.0

# Real seconds that a ping may take: a busy machine is not a lost database.
PING_S = 3.0

LIMITS = httpx.Limits(max_connections=500, max_keepalive_connections=50)


@dataclass(frozen=True)
class Bare:
    response: httpx.Response | None
    waited_ms: float


class TimeLine(httpx.AsyncBaseTransport):
    """A transport on the host's own time line: on a stepped clock time moves on by as much as the upstream took, or as the
    engine was ready to wait."""

    def __init__(self, inner: httpx.AsyncBaseTransport, clock: SimClock, patience_ms: float | None) -> None:
        self._inner = inner
        self._clock = clock
        self._patience_ms = patience_ms

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not isinstance(self._clock, SteppedClock):
            return await self._inner.handle_async_request(request)
        began = self._clock.now_ms()
        try:
            response = await self._inner.handle_async_request(request)
        except (asyncio.CancelledError, httpx.TimeoutException):
            if self._patience_ms is not None:
                self._clock.set(began + self._patience_ms)
            raise
        self._clock.set(began + took_ms(response))
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


class Upstreams:
    def __init__(self, base_url: str, clock: SimClock, caller: str, bo: Brownout) -> None:
        self._base_url = base_url
        self._clock = clock
        self._caller = caller
        self._bare = self._client(httpx.AsyncHTTPTransport(limits=LIMITS))
        # bo.guard bounds these calls from outside; bo.transport bounds a client's requests from inside
        known = bo.engine.names.services
        self._guarded = {
            name: self._client(TimeLine(httpx.AsyncHTTPTransport(limits=LIMITS), clock, service.timeout_ms))
            for name, service in known.items()
        }
        openai = known["openai"]
        line = TimeLine(httpx.AsyncHTTPTransport(limits=LIMITS), clock, openai.first_byte_ms or openai.timeout_ms)
        self._openai = self._client(bo.transport("openai", line, refusal="raise"))

    def _client(self, transport: httpx.AsyncBaseTransport) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self._base_url, transport=transport, timeout=None)

    async def guarded(self, endpoint: Endpoint, tenant: str) -> httpx.Response:
        """One request as a guarded function sends it."""
        return await self._send(self._guarded[endpoint.service], endpoint, tenant, self._caller)

    async def through(self, endpoint: Endpoint, tenant: str) -> httpx.Response:
        """The same request through a transport of Brownout's. Raises `Refused`."""
        return await self._send(self._openai, endpoint, tenant, self._caller)

    async def bare(self, endpoint: Endpoint, tenant: str) -> Bare:
        """The same call as code without Brownout makes it. Never moves a stepped clock."""
        began = self._clock.now_ms()

        def waited(stepped_ms: float) -> float:
            return stepped_ms if self._clock.stepped else self._clock.now_ms() - began

        try:
            async with asyncio.timeout(self._clock.wait_s(NAIVE_TIMEOUT_MS)):
                response = await self._send(self._bare, endpoint, tenant, f"{self._caller}-bare")
        except TimeoutError:
            return Bare(None, waited(NAIVE_TIMEOUT_MS))
        except httpx.TransportError:
            return Bare(None, waited(0.0))
        return Bare(response, waited(took_ms(response)))

    async def ping(self, name: str) -> tuple[bool, float]:
        """Is the database or the cache there? Whether it is, and how long it took."""
        try:
            async with asyncio.timeout(PING_S):
                response = await self._bare.get(f"/{name}/ping", headers={"x-caller": self._caller})
        except (TimeoutError, httpx.TransportError):
            return False, PING_S * 1000.0
        return response.is_success, took_ms(response)

    async def close(self) -> None:
        for client in (self._bare, self._openai, *self._guarded.values()):
            await client.aclose()

    async def _send(self, client: httpx.AsyncClient, endpoint: Endpoint, tenant: str, caller: str) -> httpx.Response:
        headers = {"x-caller": caller, "x-tenant": tenant}
        if self._clock.stepped:
            headers["x-sim-now"] = repr(self._clock.now_ms())
        return await client.post(endpoint.path, json=endpoint.body, headers=headers)


def took_ms(response: httpx.Response) -> float:
    return float(response.headers.get("x-sim-took-ms", 0))
