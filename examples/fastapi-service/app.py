"""A FastAPI service that calls four upstreams through Brownout, and, with ?guard=off, without it.

Started by `SIMULATOR=http://127.0.0.1:4010 uvicorn app:app`.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
from brownout import Brownout, Refusal, Refused
from calls import ENDPOINTS, Endpoint
from fastapi import FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from record import Column, Timeline
from sim_clock import SteppedClock, describe, follow
from upstream import Upstreams

SIMULATOR = os.environ.get("SIMULATOR", "http://127.0.0.1:4010")
POLICY = Path(os.environ.get("POLICY", Path(__file__).parent.parent / "policies" / "campotech.toml"))
PROBE_EVERY_MS = 30_000.0

clock = follow(httpx.get(f"{SIMULATOR}/clock").json())
bo = Brownout(POLICY, clock=clock, sleeper=clock, seed=1)
timeline = Timeline()
traffic = {"without": Column(), "with": Column()}
upstreams = Upstreams(SIMULATOR, clock, "python", bo)
bo.on("*", lambda effect: timeline.add(at_ms=effect["at_ms"], kind="effect", effect=effect))


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    probing = None if clock.stepped else asyncio.create_task(probe_for_ever())
    yield
    if probing is not None:
        probing.cancel()
        with suppress(asyncio.CancelledError):
            await probing
    await upstreams.close()
    bo.close()


app = FastAPI(title="CampoTech", lifespan=lifespan)
app.add_middleware(CORSMiddleware, allow_origins=["*"])


if isinstance(clock, SteppedClock):

    @app.middleware("http")
    async def simulated_instant(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        told = request.headers.get("x-sim-now")
        if told is not None:
            clock.set(float(told))
        response = await call_next(request)
        response.headers["x-sim-now"] = repr(clock.now_ms())
        return response


def serve(endpoint: Endpoint) -> Callable[..., Awaitable[Response]]:
    async def handler(tenant: str = "org_01", guard: str = "on") -> Response:
        return await (bare(endpoint, tenant) if guard == "off" else guarded(endpoint, tenant))

    return handler


for name, endpoint in ENDPOINTS.items():
    app.post(f"/{name}")(serve(endpoint))


async def protected_call(endpoint: Endpoint, tenant: str) -> httpx.Response | Refusal | None:
    """Either way of protecting a call: a guarded function, or a transport that a client library could be given."""
    with bo.bind(tenant=tenant):
        if endpoint.service == "openai":
            try:
                return await upstreams.through(endpoint, tenant)
            except Refused as refused:
                return refused.refusal
            except httpx.TransportError:
                return None
        result = await bo.guard(endpoint.service).arun(upstreams.guarded, endpoint, tenant)
        return result if isinstance(result, Refusal) else result.value if result.ok else None


async def guarded(endpoint: Endpoint, tenant: str) -> Response:
    at = clock.now_ms()
    result = await protected_call(endpoint, tenant)
    waited = clock.now_ms() - at
    if isinstance(result, Refusal):
        timeline.add(at_ms=at, kind="refusal", service=endpoint.service, tenant=tenant, **refusal_json(result))
        traffic["with"].add(endpoint.service, "fallback", waited, reached=False)
        return answer(200, {"ok": True, "fallback": True, **endpoint.fallback})
    return conclude(endpoint, tenant, at, waited, result, "with")


async def bare(endpoint: Endpoint, tenant: str) -> Response:
    at = clock.now_ms()
    seen = await upstreams.bare(endpoint, tenant)
    return conclude(endpoint, tenant, at, seen.waited_ms, seen.response, "without")


def conclude(
    endpoint: Endpoint, tenant: str, at: float, waited: float, response: httpx.Response | None, column: str
) -> Response:
    well = response is not None and response.is_success
    outcome = "ok" if well else "failed"
    if column == "with":
        timeline.add(
            at_ms=at,
            kind="call",
            service=endpoint.service,
            tenant=tenant,
            outcome=outcome,
            status=None if response is None else response.status_code,
            waited_ms=waited,
        )
    traffic[column].add(endpoint.service, outcome, waited, reached=True)
    if well and response is not None:
        return answer(200, {"ok": True, **endpoint.reply(response.json())})
    return answer(502, {"ok": False, "error": "upstream_failed"})


@app.get("/api/health")
def health(profile: str = "campotech", format: str = "json", detail: str = "basic", tenant: str | None = None) -> Response:
    keys = {} if tenant is None else {"tenant": tenant}
    report = bo.report(profile=profile, format=format, detail=detail, keys=keys or None)
    return Response(report.body, report.status, media_type=report.content_type, headers={"cache-control": "no-store"})


@app.get("/api/timeline")
def what_happened(after: int = 0, kinds: str | None = None, limit: int = 500) -> Response:
    return answer(200, timeline.list(after, set(kinds.split(",")) if kinds else None, limit))


@app.get("/api/traffic")
def what_it_came_to() -> Response:
    return answer(200, {name: column.json() for name, column in traffic.items()})


@app.get("/api/config")
def config() -> Response:
    return answer(200, {"simulator": SIMULATOR, "clock": describe(clock)})


@app.post("/api/probe")
async def probe() -> Response:
    for service in ("database", "redis"):
        ok, latency_ms = await upstreams.ping(service)
        bo.observe(service, ok=ok, latency_ms=latency_ms)
    return answer(200, {"now_ms": clock.now_ms()})


async def probe_for_ever() -> None:
    while True:
        await probe()
        await clock.asleep(PROBE_EVERY_MS)


def refusal_json(refusal: Refusal) -> dict[str, Any]:
    return {
        "gate": refusal.gate,
        "code": refusal.code,
        "scope": refusal.scope,
        "retry_at_ms": refusal.retry_at_ms,
        "fallback": refusal.fallback,
    }


def answer(status: int, body: Any) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), status, media_type="application/json")
