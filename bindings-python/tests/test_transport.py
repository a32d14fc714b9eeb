"""httpx through a transport, against a real server."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import anyio
import httpx
import pytest

from brownout import Brownout, Refused
from brownout.testing import ManualSleeper
from upstream import Upstream

Settlements = list[tuple[int, dict[str, Any]]]


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    upstream = Upstream()
    yield upstream
    upstream.close()


@pytest.fixture
def bo(policy: dict[str, Any], sleeper: ManualSleeper) -> Iterator[Brownout]:
    """Real time, sleeps that take none."""
    bo = Brownout(policy, seed=1, sleeper=ManualSleeper())
    yield bo
    bo.close()


def nobody() -> str:
    """An address at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def test_success_settles_when_the_body_ends(bo: Brownout, upstream: Upstream, settled: Settlements) -> None:
    with httpx.Client(transport=bo.transport("afip"), base_url=upstream.url) as client:
        with client.stream("GET", "/stream") as response:
            parts = response.iter_text()
            assert next(parts) == "one"
            assert settled == []
            upstream.go.set()
            assert "".join(parts) == "two"
        assert [settlement for _, settlement in settled] == [{"facts": {"status": 200}}]


def test_a_body_closed_early_settles_by_its_status(bo: Brownout, upstream: Upstream, settled: Settlements) -> None:
    with httpx.Client(transport=bo.transport("afip"), base_url=upstream.url) as client:
        with client.stream("GET", "/stream") as response:
            assert response.status_code == 200
        assert [settlement for _, settlement in settled] == [{"facts": {"status": 200}}]


def test_failures_open_and_the_refusal_is_an_answer(bo: Brownout, upstream: Upstream) -> None:
    with httpx.Client(transport=bo.transport("afip"), base_url=upstream.url) as client:
        assert [client.get("/status/503").status_code for _ in range(3)] == [503] * 3
        refused = client.get("/status/200")
        assert len(upstream.requests) == 3
    assert (refused.status_code, refused.headers["content-type"]) == (503, "application/problem+json")
    assert 1 <= int(refused.headers["retry-after"]) <= 30
    problem = refused.json()
    assert (problem["status"], problem["service"], problem["code"], problem["fallback"]) == (
        503,
        "afip",
        "circuit_open",
        "queue",
    )
    assert refused.extensions["brownout_refusal"].code == "circuit_open"


def test_the_refusal_is_raised_on_request(bo: Brownout, upstream: Upstream) -> None:
    bo.command("force_open", service="afip")
    with httpx.Client(transport=bo.transport("afip", refusal="raise"), base_url=upstream.url) as client:
        with pytest.raises(Refused) as refused:
            client.get("/status/200")
    assert refused.value.refusal.code == "forced_open"
    assert upstream.requests == []


def test_a_limit_answers_429(policy: dict[str, Any], upstream: Upstream) -> None:
    policy["services"]["counted"]["limits"][0]["limit"] = 1
    bo = Brownout(policy)
    with httpx.Client(transport=bo.transport("counted"), base_url=upstream.url) as client:
        assert [client.get("/").status_code for _ in range(2)] == [200, 429]


def test_retry_after_holds_the_service_back(bo: Brownout, upstream: Upstream, settled: Settlements) -> None:
    upstream.headers["Retry-After"] = "17"
    with httpx.Client(transport=bo.transport("afip"), base_url=upstream.url) as client:
        assert client.get("/status/429").status_code == 429
        assert [settlement for _, settlement in settled] == [{"facts": {"status": 429}, "retry_after_ms": 17_000}]
        refused = client.get("/status/200")
    assert (refused.json()["code"], refused.status_code) == ("upstream_throttled", 503)
    assert refused.headers["retry-after"] == "17"


def test_nobody_listens(bo: Brownout, settled: Settlements) -> None:
    with httpx.Client(transport=bo.transport("afip")) as client:
        with pytest.raises(httpx.ConnectError):
            client.get(nobody())
    assert [settlement for _, settlement in settled] == [
        {"facts": {"exception": "ConnectError", "error": "ECONNREFUSED", "sent": False}}
    ]


def test_retries_as_the_policy_says(bo: Brownout, upstream: Upstream, settled: Settlements) -> None:
    upstream.flaky = 2
    with httpx.Client(transport=bo.transport("retried"), base_url=upstream.url) as client:
        response = client.get("/flaky")
    assert (response.status_code, response.text) == (200, "answer 200")
    assert len(settled) == len(upstream.requests) == 3


def test_the_last_answer_is_handed_on_whole(bo: Brownout, upstream: Upstream) -> None:
    upstream.flaky = 9
    with httpx.Client(transport=bo.transport("retried"), base_url=upstream.url) as client:
        response = client.get("/flaky")
    assert (response.status_code, response.text, len(upstream.requests)) == (503, "answer 503", 3)


def test_a_body_that_cannot_be_sent_again_is_not(bo: Brownout, upstream: Upstream) -> None:
    def parts() -> Iterator[bytes]:
        yield b"once"

    upstream.flaky = 1
    with httpx.Client(transport=bo.transport("retried"), base_url=upstream.url) as client:
        assert client.post("/flaky", content=parts(), headers={"content-length": "4"}).status_code == 503
    assert len(upstream.requests) == 1


def test_the_timeout_comes_from_the_policy(bo: Brownout, upstream: Upstream, settled: Settlements) -> None:
    with httpx.Client(transport=bo.transport("brief"), base_url=upstream.url, timeout=None) as client:
        with pytest.raises(httpx.ReadTimeout):
            client.get("/silent")
    assert [settlement for _, settlement in settled] == [{"facts": {"exception": "ReadTimeout", "timed_out": True}}]


@pytest.mark.anyio
async def test_async_success(bo: Brownout, upstream: Upstream, settled: Settlements) -> None:
    async with httpx.AsyncClient(transport=bo.transport("afip"), base_url=upstream.url) as client:
        async with client.stream("GET", "/stream") as response:
            parts = response.aiter_text()
            assert await anext(parts) == "one"
            assert settled == []
            upstream.go.set()
            assert "".join([part async for part in parts]) == "two"
        assert [settlement for _, settlement in settled] == [{"facts": {"status": 200}}]


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/silent", "/stream"])
async def test_async_timeout_interrupts_headers_and_body(
    bo: Brownout, upstream: Upstream, settled: Settlements, path: str
) -> None:
    async with httpx.AsyncClient(transport=bo.transport("brief"), base_url=upstream.url, timeout=None) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.get(path)
    assert [settlement for _, settlement in settled] == [{"facts": {"exception": "ReadTimeout", "timed_out": True}}]


@pytest.mark.anyio
async def test_async_cancellation_counts_nothing(bo: Brownout, upstream: Upstream, settled: Settlements) -> None:
    async with httpx.AsyncClient(transport=bo.transport("afip"), base_url=upstream.url) as client:
        async with client.stream("GET", "/stream") as response:
            parts = response.aiter_bytes()
            await anext(parts)
            with anyio.CancelScope() as scope:
                scope.cancel()
                await anext(parts)
        assert [settlement for _, settlement in settled] == [{"facts": {"cancelled": True}}]


@pytest.mark.anyio
async def test_async_retries(bo: Brownout, upstream: Upstream) -> None:
    upstream.flaky = 1
    async with httpx.AsyncClient(transport=bo.transport("retried"), base_url=upstream.url) as client:
        assert (await client.get("/flaky")).text == "answer 200"
    assert len(upstream.requests) == 2


@pytest.mark.anyio
async def test_bound_tenants_and_wrapped_transports(bo: Brownout) -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.host)
        return httpx.Response(500, text="down")

    async with httpx.AsyncClient(transport=bo.transport("tenants", httpx.MockTransport(answer))) as client:
        for tenant in ("a", "a", "a", "b"):
            with bo.bind(tenant=tenant):
                seen.append(str((await client.get(f"http://{tenant}.test")).status_code))
    assert seen == ["a.test", "500", "a.test", "500", "503", "b.test", "500"]


def test_what_is_no_transport(bo: Brownout) -> None:
    with pytest.raises(TypeError):
        bo.transport("afip", object())
