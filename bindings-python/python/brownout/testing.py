"""For tests of code that uses Brownout: time that a test moves by hand, and sleeps that take none."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Literal, TypeAlias

from brownout._bind import KeyValue, key_texts
from brownout._brownout import Brownout
from brownout._policy import PolicySource
from brownout._values import Refusal, Refused

State: TypeAlias = Literal["open", "closed", "disabled", "reset"]
_ORDERS: dict[str, str] = {"open": "force_open", "closed": "force_close", "disabled": "disable", "reset": "reset"}


class ManualClock:
    """A clock that stands still until `advance` moves it. An engine on it arms no timer: its next call, or `bo.advance()`,
    runs what has fallen due."""

    def __init__(self, start_ms: float = 1_700_000_000_000.0) -> None:
        self._now_ms = start_ms

    def now_ms(self) -> float:
        return self._now_ms

    def wait_s(self, span_ms: float) -> float | None:
        return None

    def advance(self, span_ms: float) -> None:
        """Moves on by `span_ms`; a negative span steps back."""
        self._now_ms += span_ms

    def tick(self, seconds: float) -> None:
        """Moves on by `seconds`."""
        self.advance(seconds * 1000.0)

    def set(self, at_ms: float) -> None:
        """Moves to `at_ms`."""
        self._now_ms = at_ms


class ManualSleeper:
    """Returns at once, remembers how long it was asked to sleep, and moves a manual clock on by as much."""

    def __init__(self, clock: ManualClock | None = None) -> None:
        self._clock = clock
        self.slept_ms: list[float] = []

    def sleep(self, span_ms: float) -> None:
        self.slept_ms.append(span_ms)
        if self._clock is not None:
            self._clock.advance(span_ms)

    async def asleep(self, span_ms: float) -> None:
        self.sleep(span_ms)


class HandDriven(Brownout):
    """A `Brownout` whose time a test moves: nothing waits, nothing is drawn by chance, every effect is kept.

    bo = HandDriven("policy.toml")
    bo.force("afip", "open")
    bo.expect_refused("afip", code="circuit_open")
    bo.advance(31)
    """

    clock: ManualClock

    def __init__(
        self, policy: PolicySource, *, seed: int = 1, start_ms: float = 1_700_000_000_000.0, restore: bytes | None = None
    ) -> None:
        clock = ManualClock(start_ms)
        self.sleeper = ManualSleeper(clock)
        """`slept_ms` holds the pauses between attempts."""
        self.effects: list[dict[str, Any]] = []
        """What has happened, in order."""
        source = copy.deepcopy(policy) if isinstance(policy, Mapping) else policy
        super().__init__(source, seed=seed, clock=clock, sleeper=self.sleeper, restore=restore)
        self.on("*", self.effects.append)

    def advance(self, seconds: float = 0.0) -> None:
        """Moves time on by `seconds` and runs all that falls due on the way."""
        self.clock.tick(seconds)
        super().advance()

    def force(self, service: str, state: State, *, for_s: float | None = None, **keys: KeyValue) -> None:
        """Puts a breaker into a state: `open`, `closed` or `disabled`, for `for_s` seconds or until further notice; `reset`
        ends that and forgets what happened. Errors: `ValueError` for another word, `BrownoutError` for an unknown service."""
        if state not in _ORDERS:
            raise ValueError(f"`{state}` is no state: {', '.join(_ORDERS)}")
        fields: dict[str, Any] = {"service": service}
        if for_s is not None:
            fields["for_ms"] = for_s * 1000.0
        if keys:
            fields["keys"] = key_texts(keys)
        self.command(_ORDERS[state], **fields)

    def expect_refused(self, service: str, *, code: str | None = None, gate: str | None = None, **keys: KeyValue) -> Refusal:
        """Asks for one call, which must be refused (`code`, `gate`: for this reason), and gives the refusal.
        Errors: `AssertionError`. A call that gets through after all is settled as neutral."""
        guard = self.guard(service, key=(lambda: keys) if keys else None, classify=lambda value, error: "neutral")
        return _judged(guard.run(lambda: None), f"a call of `{service}`", code, gate)


class expect_refused:
    """`with expect_refused("circuit_open") as seen: invoice(7)`: something in the block must be refused by a guard, for this
    reason where one is given; afterwards `seen.refusal` is what it was. Errors: `AssertionError`; other exceptions pass."""

    refusal: Refusal

    def __init__(self, code: str | None = None, *, gate: str | None = None) -> None:
        self._code, self._gate = code, gate

    def __enter__(self) -> expect_refused:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        if error is not None and not isinstance(error, Refused):
            return False
        self.refusal = _judged(None if error is None else error.refusal, "everything in the block", self._code, self._gate)
        return True


def _judged(result: object, what: str, code: str | None, gate: str | None) -> Refusal:
    if not isinstance(result, Refusal):
        raise AssertionError(f"{what} was let through; expected {code or 'a refusal'}")
    for name, wanted, was in (("code", code, result.code), ("gate", gate, result.gate)):
        if wanted is not None and was != wanted:
            raise AssertionError(f"`{result.service}` was refused with {name} `{was}`; expected `{wanted}`")
    return result
