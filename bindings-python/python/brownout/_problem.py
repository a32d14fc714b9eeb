"""A refusal as an HTTP answer: RFC 9457 problem details, with `Retry-After` where a wait helps."""

from __future__ import annotations

import json
import math
from typing import Any

from brownout._values import Refusal

CONTENT_TYPE = "application/problem+json"
_TITLES = {429: "Too Many Requests", 503: "Service Unavailable", 504: "Gateway Timeout"}


def problem(refusal: Refusal) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body. 429 when the caller asked for too much, 503 when the service is held back."""
    status = 429 if refusal.gate == "limit" else 503
    fields: dict[str, Any] = {
        "service": refusal.service,
        "code": refusal.code,
        "gate": refusal.gate,
        "scope": refusal.scope,
        "rule": refusal.rule,
        "fallback": refusal.fallback,
        "retry_at_ms": refusal.retry_at_ms,
    }
    headers = {"content-type": CONTENT_TYPE, "cache-control": "no-store"}
    if refusal.retry_after_ms is not None:
        headers["retry-after"] = str(max(1, math.ceil(refusal.retry_after_ms / 1000.0)))
    return status, headers, _body(status, f"`{refusal.service}` is not called: {refusal.code}", fields)


def timeout_problem(service: str, detail: str) -> tuple[int, dict[str, str], bytes]:
    """The answer for a call that was interrupted at its timeout."""
    return (
        504,
        {"content-type": CONTENT_TYPE, "cache-control": "no-store"},
        _body(504, detail, {"service": service, "code": "timeout"}),
    )


def _body(status: int, detail: str, fields: dict[str, Any]) -> bytes:
    said = {name: value for name, value in fields.items() if value not in (None, "")}
    return json.dumps({"type": "about:blank", "title": _TITLES[status], "status": status, "detail": detail, **said}).encode()
