"""One granted attempt, settled exactly once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from brownout import _facts
from brownout._engine import Decision, Engine, unknown_permit
from brownout._errors import BrownoutError
from brownout._facts import Settlement
from brownout._values import Refusal

_SUCCESS = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """What one call asks of the engine; the same for each of its attempts."""

    service: str
    keys: Mapping[str, str]
    weight: float = 1.0
    amounts: Mapping[str, float] | None = None
    idempotent: bool = False


class Permit:
    """The right to make one attempt, and the duty to say how it ended."""

    __slots__ = (
        "_engine",
        "_idempotent",
        "_open",
        "attempt",
        "granted_ms",
        "number",
        "overran",
        "probe",
        "service",
        "timeout_ms",
        "would_refuse",
    )

    def __init__(self, engine: Engine, asked: Asked, attempt: int, at_ms: float, granted: int | Decision) -> None:
        self._engine = engine
        self._idempotent = asked.idempotent
        self._open = [True]
        self.service = asked.service
        self.attempt = attempt
        self.granted_ms = at_ms
        self.probe = False
        self.overran = False
        self.would_refuse: list[dict[str, Any]] = []
        known = engine.names.services.get(asked.service)
        self.timeout_ms = known.timeout_ms if known else None
        if isinstance(granted, int):
            self.number = granted
            return
        self.number = int(granted["permit"])
        self.timeout_ms = granted.get("timeout_ms", self.timeout_ms)
        self.probe = bool(granted.get("probe"))
        self.would_refuse = granted.get("would_refuse") or []

    def settle(self, settlement: Settlement, *, timed: bool = False) -> Decision | None:
        """Tells the engine, the first time; afterwards does nothing. The answer says whether to try again.

        `timed` is for attempts that nothing could interrupt: past the timeout, that is a fact of its own (`overran`).
        A permit that the engine no longer knows is no error here: the call is over either way.
        """
        try:
            self._open.pop()
        except IndexError:
            return None
        now = self._engine.clock.now_ms()
        if timed and self.timeout_ms is not None and now - self.granted_ms > self.timeout_ms:
            self.overran = True
            if not settlement.get("facts", {}).get("cancelled"):
                settlement = _facts.merge(settlement, {"facts": {"timed_out": True}})
        try:
            return self._tell(settlement, now)
        except BrownoutError as error:
            if unknown_permit(error):
                return None
            if settlement:  # what was said is at fault, not the permit: give it back uncounted, then say so
                self._tell({"outcome": "neutral"}, now)
            raise

    def _tell(self, settlement: Settlement, now: float) -> Decision | None:
        if self.number == 0:  # the engine was away when this call was made
            return None
        if not settlement:
            return self._engine.settle(self.number, _SUCCESS, now)
        if not self._idempotent and len(settlement) == 1 and "facts" in settlement:
            return self._engine.judge(self.number, self.service, settlement["facts"], now)
        given = {"verb": "settle", "permit": self.number, **settlement}
        if "outcome" in given:
            given.pop("facts", None)  # one says it all: the core takes either
        if self._idempotent:
            given["idempotent"] = True
        return self._engine.handle(given, now)


def ask(engine: Engine, asked: Asked, now: float, attempt: int = 0, since_ms: float = 0.0) -> Permit | Refusal:
    """Asks for one attempt. `since_ms` is when the first attempt was asked for."""
    if attempt == 0 and not asked.amounts and not asked.idempotent:
        answer = engine.admit(asked.service, asked.keys, asked.weight, now)
    else:
        given: dict[str, Any] = {"verb": "admit", "service": asked.service, "keys": dict(asked.keys), "weight": asked.weight}
        if asked.amounts:
            given["amounts"] = dict(asked.amounts)
        if asked.idempotent:
            given["idempotent"] = True
        if attempt:
            given["attempt"], given["since_ms"] = attempt, since_ms
        answer = engine.handle(given, now)
    return answered(engine, asked, now, answer, attempt)


def answered(engine: Engine, asked: Asked, now: float, answer: int | Decision, attempt: int = 0) -> Permit | Refusal:
    """What the engine's answer comes to."""
    if isinstance(answer, int) or answer.get("result") == "granted":
        return Permit(engine, asked, attempt, now, answer)
    return Refusal(asked.service, answer, attempt)
