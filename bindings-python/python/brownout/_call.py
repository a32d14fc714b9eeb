"""A protected block: `with bo.call("afip") as call:` and `async with`."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any

from brownout import _facts
from brownout._core import Scope
from brownout._engine import Decision, Engine
from brownout._facts import Settlement
from brownout._permit import Asked, Permit, ask
from brownout._values import CallTimeout, Refusal, Refused


class Call:
    """One call as a block. Entering raises `Refused` when the engine says no; leaving settles, exactly once, by what happened.

    In `async with` the timeout that the engine gave interrupts the block and raises `CallTimeout`. In a plain `with` nothing
    can interrupt: a block that outlives its timeout is recorded as a timeout and goes on (`overran`).
    """

    def __init__(self, engine: Engine, asked: Asked, *, timed: bool = True) -> None:
        self._engine = engine
        self._asked = asked
        self._timed = timed
        self._permit: Permit | None = None
        self._told: Settlement = {}
        self._scope: Scope | None = None
        self.overran = False
        """Whether a block that nothing could interrupt outlived its timeout; known after the block."""
        self.settled: Decision | None = None
        """What the engine made of it, where it had something to say; known after the block."""

    @property
    def permit(self) -> Permit:
        """The permit held inside the block: its timeout, whether it is a probe, what shadow rules would have said."""
        if self._permit is None:
            raise RuntimeError("the block has not been entered")
        return self._permit

    def record(
        self,
        *,
        status: int | None = None,
        error: str | None = None,
        retry_after_ms: float | None = None,
        amounts: Mapping[str, float] | None = None,
        outcome: str | None = None,
        response: Any = None,
    ) -> None:
        """Adds facts that an exception would not tell: an HTTP status, an error code, the units really used, the upstream's
        own wait, or a whole HTTP response. `outcome` overrules all classification."""
        told = _facts.of_value(response) if response is not None else {}
        facts = {name: value for name, value in (("status", status), ("error", error)) if value is not None}
        if facts:
            told = _facts.merge(told, {"facts": facts})
        if retry_after_ms is not None:
            told["retry_after_ms"] = retry_after_ms
        if amounts is not None:
            told["amounts"] = dict(amounts)
        if outcome is not None:
            told["outcome"] = outcome
        self._told = _facts.merge(self._told, told)

    def __enter__(self) -> Call:
        self._enter()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._leave(error, interrupted=False)

    async def __aenter__(self) -> Call:
        permit = self._enter()
        if self._timed and permit.timeout_ms is not None:
            try:
                self._scope = self._engine.give_time(permit.timeout_ms)
            except BaseException as error:
                self._leave(error, interrupted=False)
                raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        scope, self._scope = self._scope, None
        if scope is None:
            self._leave(error, interrupted=False)
        elif error is not None and scope.failed(error):
            late = CallTimeout(self._asked.service, scope.timeout_ms)
            self._leave(late, interrupted=True)
            raise late from error
        else:
            if error is None:
                scope.leave()
            self._leave(error, interrupted=True)

    def _enter(self) -> Permit:
        if self._permit is not None:
            raise RuntimeError("a call is entered once; make another with `call(…)`")
        answer = ask(self._engine, self._asked, self._engine.clock.now_ms())
        if isinstance(answer, Refusal):
            raise Refused(answer)
        self._permit = answer
        return answer

    def _leave(self, error: BaseException | None, *, interrupted: bool) -> None:
        permit = self.permit
        seen = {} if error is None else _facts.of_error(error)
        settlement = _facts.merge(seen, self._told) if seen else self._told
        if seen.get("facts", {}).get("cancelled"):
            settlement = seen
        self.settled = permit.settle(settlement, timed=self._timed and not interrupted)
        self.overran = permit.overran
