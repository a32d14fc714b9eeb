"""The name tables of one policy epoch, and the handles of keys seen lately."""

from __future__ import annotations

import json
import struct
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_SIXTEEN = struct.Struct("=16d")


@dataclass(frozen=True, slots=True)
class Service:
    """One service as the policy describes it; spans are None where the policy sets none."""

    handle: int
    name: str
    limits: tuple[str, ...]
    timeout_ms: float | None
    first_byte_ms: float | None
    idle_ms: float | None
    fallback: str | None
    retries: bool
    on_engine_failure: str


@dataclass(frozen=True, slots=True)
class Names:
    """Names to handles. A handle belongs to its epoch: after a reload the tables are read again."""

    epoch: int
    services: Mapping[str, Service]
    features: tuple[str, ...]
    keys: tuple[str, ...]
    key_set: frozenset[str]
    outcomes: tuple[str, ...]
    gates: tuple[str, ...]
    refusals: tuple[str, ...]

    @classmethod
    def read(cls, text: str) -> Names:
        """From the core's JSON."""
        table: dict[str, Any] = json.loads(text)
        services = {
            entry["name"]: Service(
                entry["handle"],
                entry["name"],
                tuple(entry.get("limits", ())),
                entry.get("timeout_ms"),
                entry.get("first_byte_ms"),
                entry.get("idle_ms"),
                entry.get("fallback"),
                bool(entry.get("retries")),
                entry.get("on_engine_failure", "allow"),
            )
            for entry in table["services"]
        }
        features = tuple(f if isinstance(f, str) else f["name"] for f in table.get("features", ()))
        keys = tuple(table.get("keys", ()))
        outcomes, gates, refusals = (tuple(table.get(name, ())) for name in ("outcomes", "gates", "refusals"))
        return cls(table["epoch"], services, features, keys, frozenset(keys), outcomes, gates, refusals)

    def refusal(self, service: str, numbers: bytes) -> dict[str, Any]:
        """The decision that the sixteen numbers of a refusal stand for, where the service is never tried again."""
        _, _, code, gate, rule, keyed, at_ms, after_ms, exact, _, _, _, limit, remaining, _, _ = _SIXTEEN.unpack(numbers)
        known = self.services[service]
        reason: dict[str, Any] = {
            "gate": self.gates[int(gate)],
            "code": self.refusals[int(code)],
            "scope": "tenant" if keyed else "service",
        }
        if 0 <= rule < len(known.limits):
            reason["rule"] = known.limits[int(rule)]
        decision: dict[str, Any] = {"result": "refused", **reason}
        if at_ms >= 0:
            reason["retry_at_ms"] = decision["retry_at_ms"] = _number(at_ms)
            decision["retry_after_ms"] = _number(after_ms)
        decision["exact"] = bool(exact)
        if known.fallback is not None:
            decision["fallback"] = known.fallback
        if limit >= 0:
            reason["limit"], reason["remaining"] = _number(limit), _number(remaining)
        decision["failing"] = [reason]
        decision["no_retry"] = "off"
        return decision


def _number(value: float) -> float:
    """As JSON would have it."""
    return int(value) if value.is_integer() else value


class KeyHandles:
    """Key texts to the engine's handles: bounded, the least lately used goes first. Forgetting one only costs a look-up."""

    def __init__(self, size: int = 4096) -> None:
        self._size = size
        self._handles: OrderedDict[str, int] = OrderedDict()

    def known(self, text: str) -> int:
        """The handle, or 0."""
        handle = self._handles.get(text, 0)
        if handle:
            try:
                self._handles.move_to_end(text)
            except KeyError:  # another thread let it go
                pass
        return handle

    def keep(self, text: str, handle: int) -> None:
        """Remembers one."""
        self._handles[text] = handle
        if len(self._handles) > self._size:
            try:
                self._handles.popitem(last=False)
            except KeyError:
                pass

    def forget(self, text: str) -> None:
        """Lets one go."""
        self._handles.pop(text, None)

    def clear(self) -> None:
        """Lets all go: handles of another engine mean nothing."""
        self._handles.clear()

    def __len__(self) -> int:
        return len(self._handles)
