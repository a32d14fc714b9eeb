"""Exceptions and responses as facts."""

from __future__ import annotations

import asyncio
import socket
import urllib.error
from email.message import Message
from typing import Any

import httpx
import pytest

from brownout import _facts

REQUEST = httpx.Request("GET", "http://example.test")


def caused(error: BaseException, cause: BaseException) -> BaseException:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "facts"),
    [
        (ValueError(), {"exception": "ValueError"}),
        (TimeoutError(), {"exception": "TimeoutError", "timed_out": True}),
        (asyncio.CancelledError(), {"cancelled": True}),
        (ConnectionResetError(104, "reset"), {"exception": "ConnectionResetError", "error": "ECONNRESET"}),
        (ConnectionRefusedError(111, "no"), {"exception": "ConnectionRefusedError", "error": "ECONNREFUSED", "sent": False}),
        (socket.gaierror(-2, "unknown"), {"exception": "gaierror", "error": "ENOTFOUND", "sent": False}),
        (httpx.ConnectError("x", request=REQUEST), {"exception": "ConnectError", "sent": False}),
        (httpx.ConnectTimeout("x", request=REQUEST), {"exception": "ConnectTimeout", "timed_out": True, "sent": False}),
        (httpx.ReadTimeout("x", request=REQUEST), {"exception": "ReadTimeout", "timed_out": True}),
        (
            caused(httpx.ReadError("x", request=REQUEST), ConnectionResetError(104, "reset")),
            {"exception": "ReadError", "error": "ECONNRESET"},
        ),
        (
            httpx.HTTPStatusError("x", request=REQUEST, response=httpx.Response(418)),
            {"exception": "HTTPStatusError", "status": 418},
        ),
        (urllib.error.HTTPError("http://x", 502, "bad", Message(), None), {"exception": "HTTPError", "status": 502}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_errors(error: BaseException, facts: dict[str, Any]) -> None:
    assert _facts.of_error(error) == {"facts": facts}


def test_values() -> None:
    assert _facts.of_value({"status": 500}) == {}
    assert _facts.of_value(3) == {}
    assert _facts.of_value(httpx.Response(429, headers={"Retry-After": "7"})) == {
        "facts": {"status": 429},
        "retry_after_ms": 7_000,
    }


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "120"}, 120_000),
        ({"Retry-After": " 5 "}, 5_000),
        ({"retry-after-ms": "250", "retry-after": "1"}, 250),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:10 GMT"}, 10_000),
        ({"retry-after": "Wed, 21 Oct 2015 07:27:00 GMT"}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({}, None),
    ],
)
def test_retry_after(headers: dict[str, str], wait: float | None) -> None:
    assert _facts.retry_after_ms(headers, now_s=1445412480.0) == wait


def test_merge() -> None:
    both = _facts.merge({"facts": {"status": 500, "sent": True}}, {"facts": {"status": 200}, "outcome": "success"})
    assert both == {"facts": {"status": 200, "sent": True}, "outcome": "success"}
