"""A FastAPI service under uvicorn on a free loopback port."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Annotated, Any

import httpx
import pytest
import uvicorn
from fastapi import Depends, FastAPI, HTTPException

from brownout import Brownout, Call
from brownout.fastapi import guard_dependency, health_router, install


@contextlib.contextmanager
def serving(app: FastAPI) -> Iterator[httpx.Client]:
    """The app behind a real socket; requests wait in its backlog until the server takes them."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=5))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=30) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(20)


def build(bo: Brownout) -> FastAPI:
    app = FastAPI()
    install(app, bo, tenant_header="x-org")
    app.include_router(health_router(bo))
    app.include_router(health_router(bo, path="/mine", profile="native", per_tenant=True))

    @app.get("/decorated/{status}")
    @bo.guard("afip")
    async def decorated(status: int) -> dict[str, int]:
        if status >= 400:
            raise HTTPException(status)
        return {"status": status}

    @app.get("/dependency/{status}")
    async def dependency(status: int, call: Annotated[Call, Depends(guard_dependency("tenants"))]) -> dict[str, Any]:
        if status >= 400:
            raise HTTPException(status)
        return {"permit": call.permit.number > 0}

    @app.get("/plain", dependencies=[Depends(guard_dependency("afip"))])
    def plain() -> str:
        return "plain"

    @app.get("/slow", dependencies=[Depends(guard_dependency("brief"))])
    async def slow() -> None:
        await asyncio.Event().wait()

    return app


@pytest.fixture
def client(live: Brownout) -> Iterator[httpx.Client]:
    with serving(build(live)) as client:
        yield client


def test_refusals_are_problem_details(client: httpx.Client) -> None:
    assert client.get("/decorated/200").json() == {"status": 200}
    assert client.get("/plain").json() == "plain"
    assert [client.get("/decorated/502").status_code for _ in range(3)] == [502] * 3
    for path in ("/decorated/200", "/plain"):
        refused = client.get(path)
        assert (refused.status_code, refused.headers["content-type"]) == (503, "application/problem+json")
        assert 1 <= int(refused.headers["retry-after"]) <= 30
        assert refused.json()["code"] == "circuit_open"


def test_tenants_come_from_the_header(client: httpx.Client) -> None:
    one, two = {"x-org": "org_1"}, {"X-Org": "org_2"}
    assert [client.get("/dependency/500", headers=one).status_code for _ in range(3)] == [500, 500, 503]
    assert client.get("/dependency/200", headers=one).json()["scope"] == "tenant"
    assert client.get("/dependency/200", headers=two).json() == {"permit": True}


def test_the_callers_own_mistakes_count_nothing(client: httpx.Client) -> None:
    org = {"x-org": "org_1"}
    assert [client.get("/dependency/404", headers=org).status_code for _ in range(5)] == [404] * 5


def test_a_timeout_is_a_504(client: httpx.Client, settled: list[Any]) -> None:
    late = client.get("/slow")
    assert (late.status_code, late.json()["code"]) == (504, "timeout")
    assert [settlement["facts"]["timed_out"] for _, settlement in settled] == [True]


def test_health(client: httpx.Client, live: Brownout) -> None:
    health = client.get("/api/health")
    assert (health.status_code, health.headers["content-type"].split(";")[0]) == (200, "application/json")
    assert health.text == live.report("health").body or health.json()
    assert client.get("/api/health", params={"format": "text"}).headers["content-type"].startswith("text/plain")
    assert len(client.get("/api/health", params={"detailed": "true"}).text) > len(health.text)
    assert client.get("/api/health/live").status_code == 200
    assert client.get("/api/health/ready").status_code == 200


def test_health_as_one_tenant_sees_it(client: httpx.Client, live: Brownout) -> None:
    with live.bind(tenant="org_1"):
        for _ in range(2):
            live.run("tenants", lambda: 1 / 0)
    seen = {org: client.get("/mine", headers={"x-org": org}).json()["services"]["tenants"] for org in ("org_1", "org_2")}
    assert [(seen[org]["status"], seen[org]["breaker"]) for org in seen] == [("offline", "open"), ("healthy", "closed")]
    assert client.get("/mine").json()["services"]["tenants"]["tenants"] == {"affected": 1, "seen": 1}


def test_health_says_what_it_does_not_know(client: httpx.Client) -> None:
    wrong = client.get("/api/health", params={"lang": "x" * 5000, "format": "nonsense"})
    assert wrong.status_code in (200, 400)


def test_openapi_names_the_routes(client: httpx.Client) -> None:
    assert {"/api/health", "/api/health/live", "/api/health/ready"} <= set(client.get("/openapi.json").json()["paths"])
