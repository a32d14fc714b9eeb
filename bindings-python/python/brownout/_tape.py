"""Inputs written down as they go into an engine: one JSON object a line, for `brownout replay` and `brownout explain`.

The tape stands between the host layer and the engine only while somebody records; otherwise there is nothing in the way.
"""

from __future__ import annotations

import base64
import json
import logging
import math
import os
import threading
from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

from brownout import _core

_log = logging.getLogger("brownout")
_MOST_FILES = 1000


class _Writes(Protocol):
    def write(self, text: str, /) -> object: ...


RecordSink: TypeAlias = Callable[[str], object] | _Writes
"""Takes each line, its line end included: a function, or anything with a `write` such as an open file."""


class Taped:
    """An engine whose inputs are written down, in the order in which the engine takes them."""

    def __init__(self, inner: _core.Engine, sink: RecordSink, at_ms: float, seed: int | None = None) -> None:
        self.inner = inner
        self._sink: Callable[[str], object] | None = sink if callable(sink) else sink.write
        self._lock = threading.Lock()
        self._handles: dict[int, str] = {}
        self._learn()
        began: dict[str, Any] = {"brownout": 1, "at_ms": at_ms, "policy": self._hash}
        if seed is None:
            began["snapshot"] = base64.b64encode(inner.snapshot()).decode("ascii")
        else:
            began["seed"] = str(seed)
        self._write(began)

    def _learn(self) -> None:
        names = json.loads(self.inner.names())
        self._hash: str = names["policy_hash"]
        self._services: dict[int, str] = {entry["handle"]: entry["name"] for entry in names["services"]}
        self._keys: list[str] = names["keys"]
        self._outcomes: list[str] = names["outcomes"]

    def _write(self, line: dict[str, Any]) -> None:
        if self._sink is None:
            return
        try:
            self._sink(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
        except Exception:
            self._sink = None
            _log.exception("the recording ends, its sink raised")

    def names(self) -> str:
        return self.inner.names()

    def drain(self) -> str:
        return self.inner.drain()

    def snapshot(self) -> bytes:
        return self.inner.snapshot()

    def part(self, first: bool) -> bytes:
        return self.inner.part(first)

    def key(self, name: str, at_ms: float) -> int:
        with self._lock:
            handle = self.inner.key(name, at_ms)
            self._handles[handle] = name
            return handle

    def admit(self, service: int, k0: int, k1: int, k2: int, k3: int, weight: float, at_ms: float) -> int | _core.Decision:
        with self._lock:
            answer = self.inner.admit(service, k0, k1, k2, k3, weight, at_ms)
            line: dict[str, Any] = {"at_ms": at_ms, "verb": "admit", "service": self._services.get(service)}
            known = zip(self._keys, (k0, k1, k2, k3), strict=False)
            keys = {name: self._handles[handle] for name, handle in known if handle in self._handles}
            if keys:
                line["keys"] = keys
            if weight != 1:
                line["weight"] = weight
            permit = answer if isinstance(answer, int) else answer.permit
            if permit > 0 and weight > 0:
                line["got"] = permit
            self._write(line)
            return answer

    def settle(self, permit: int, outcome: int, duration_ms: float, at_ms: float) -> int | _core.Decision:
        with self._lock:
            answer = self.inner.settle(permit, outcome, duration_ms, at_ms)
            line = {"at_ms": at_ms, "verb": "settle", "permit": permit, "outcome": self._outcomes[outcome]}
            if not math.isnan(duration_ms):
                line["duration_ms"] = duration_ms
            self._write(line)
            return answer

    def advance(self, at_ms: float) -> _core.Decision:
        with self._lock:
            answer = self.inner.advance(at_ms)
            self._write({"at_ms": at_ms, "verb": "advance"})
            return answer

    def handle(self, input_json: str, at_ms: float) -> str:
        with self._lock:
            text = self.inner.handle(input_json, at_ms)
            given: dict[str, Any] = json.loads(input_json)
            line = {"at_ms": at_ms, **given}
            if given.get("verb") == "admit":
                permit = (json.loads(text).get("decision") or {}).get("permit")
                if permit is not None:
                    line["got"] = permit
            self._write(line)
            if given.get("verb") == "reload":
                self._learn()
            return text


def record_file() -> RecordSink | None:
    """A file of its own for one engine, where BROWNOUT_RECORD in the environment asks for it: the first engine writes into that
    file, each further one beside it."""
    path = os.environ.get("BROWNOUT_RECORD")
    if not path:
        return None
    for n in range(1, _MOST_FILES + 1):
        try:
            file = open(path if n == 1 else f"{path}.{n}", "x", encoding="utf-8", buffering=1)  # noqa: SIM115
        except FileExistsError:
            continue
        except OSError:
            _log.exception("nothing is recorded, `%s` cannot be written", path)
            return None
        return file
    return None
