"""What a host saw of one attempt, as facts for the core to classify. Nothing here decides what counts."""

from __future__ import annotations

import asyncio
import errno
import functools
import socket
import sys
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, TypeAlias

Settlement: TypeAlias = dict[str, Any]
"""The fields of a settle input: `facts`, `retry_after_ms`, `amounts` or `outcome`."""

_ENDED_BY_CALLER = (asyncio.CancelledError, GeneratorExit, KeyboardInterrupt, SystemExit)
_NEVER_SENT = {
    "httpx": ("ConnectError", "ConnectTimeout", "PoolTimeout", "UnsupportedProtocol", "LocalProtocolError"),
    "requests.exceptions": ("ConnectTimeout", "MissingSchema", "InvalidURL"),
    "aiohttp": ("ClientConnectorError", "ConnectionTimeoutError"),
}
_TIMED_OUT = {
    "httpx": ("TimeoutException",),
    "requests.exceptions": ("Timeout",),
    "aiohttp": ("ServerTimeoutError",),
}
_NO_RESPONSE = (type(None), bool, int, float, str, bytes, list, tuple, dict)
_CHAIN = 8  # how far back to look for the operating system's error


def of_error(error: BaseException) -> Settlement:
    """Facts of what an attempt raised."""
    if isinstance(error, _ENDED_BY_CALLER):
        return {"facts": {"cancelled": True}}
    facts: dict[str, Any] = {"exception": type(error).__name__}
    settlement: Settlement = {"facts": facts}
    response = getattr(error, "response", None)
    status = _status(response) if response is not None else _status(error)
    if status is not None:
        facts["status"] = status
        _add_retry_after(settlement, getattr(response if response is not None else error, "headers", None))
        return settlement
    timed_out, never_sent = _known_of(type(error))  # type: ignore[arg-type]
    if timed_out:
        facts["timed_out"] = True
    _add_system_error(facts, error)
    if never_sent:
        facts["sent"] = False
    return settlement


def told_by_type(error: BaseException) -> bool:
    """Do exceptions of this one's type say no more than their type, unless one carries something of its own?"""
    return _told_by(type(error))  # type: ignore[arg-type]


@functools.lru_cache(512)
def _told_by(kind: type) -> bool:
    if issubclass(kind, _ENDED_BY_CALLER):
        return True
    if issubclass(kind, OSError) or kind.__getattribute__ is not BaseException.__getattribute__:
        return False
    names = {"response", "status_code", "status", "code", "__getattr__"}
    return names.isdisjoint(name for base in kind.__mro__ for name in vars(base))


def of_value(value: Any) -> Settlement:
    """Facts of what an attempt returned: an HTTP response tells its status, anything else tells nothing."""
    status = None if type(value) in _NO_RESPONSE else _status(value)
    if status is None:
        return {}
    settlement: Settlement = {"facts": {"status": status}}
    _add_retry_after(settlement, getattr(value, "headers", None))
    return settlement


def merge(first: Settlement, second: Settlement) -> Settlement:
    """Both, `second` winning; facts are merged one by one."""
    both = {**first, **second}
    if "facts" in first and "facts" in second:
        both["facts"] = {**first["facts"], **second["facts"]}
    return both


def retry_after_ms(headers: Mapping[str, str], now_s: float | None = None) -> float | None:
    """What an upstream asked for: `retry-after-ms`, or `Retry-After` as seconds or as a date. None when it said nothing."""
    exact = headers.get("retry-after-ms")
    if exact is not None and exact.strip().isdigit():
        return float(exact)
    said = (headers.get("retry-after") or headers.get("Retry-After") or "").strip()
    if not said:
        return None
    if said.isdigit():
        return min(float(said) * 1000.0, 2.0**43)
    try:
        until = parsedate_to_datetime(said).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
    return max(0.0, (until - (time.time() if now_s is None else now_s)) * 1000.0)


def _status(carrier: Any) -> int | None:
    for name in ("status_code", "status", "code"):  # httpx and requests; aiohttp; urllib
        if name == "code" and not hasattr(carrier, "headers"):
            continue
        try:
            value = getattr(carrier, name, None)
        except Exception:  # a property of a stranger's class may raise
            continue
        if isinstance(value, int) and not isinstance(value, bool) and 100 <= value <= 999:
            return int(value)
    return None


def _add_retry_after(settlement: Settlement, headers: Any) -> None:
    if isinstance(headers, Mapping):
        wait = retry_after_ms(headers)
        if wait is not None:
            settlement["retry_after_ms"] = wait


def _add_system_error(facts: dict[str, Any], error: BaseException) -> None:
    cause: BaseException | None = error
    for _ in range(_CHAIN):
        if cause is None:
            return
        if isinstance(cause, socket.gaierror):
            facts["error"], facts["sent"] = "ENOTFOUND", False
            return
        if isinstance(cause, OSError) and cause.errno is not None and cause.errno in errno.errorcode:
            facts["error"] = errno.errorcode[cause.errno]
            if isinstance(cause, ConnectionRefusedError) or cause.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH):
                facts["sent"] = False
            return
        cause = cause.__cause__ or cause.__context__


@functools.lru_cache(512)
def _known_of(kind: type) -> tuple[bool, bool]:
    """Is it a timeout, and one that came before anything was sent?"""
    return issubclass(kind, TimeoutError) or _is_one(kind, _TIMED_OUT), _is_one(kind, _NEVER_SENT)


def _is_one(kind: type, table: Mapping[str, tuple[str, ...]]) -> bool:
    for module, names in table.items():
        loaded = sys.modules.get(module)
        if loaded is None:
            continue
        kinds = tuple(kind for kind in (getattr(loaded, name, None) for name in names) if isinstance(kind, type))
        if kinds and issubclass(kind, kinds):
            return True
    return False
