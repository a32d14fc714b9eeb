"""What a protected call comes to, as a value: it worked, it was refused, or it failed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, NoReturn, TypeAlias, TypeVar

if TYPE_CHECKING:
    from brownout._names import Names

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Ok(Generic[T_co]):
    """The call gave a value, or its fallback did (`instead_of` says of what)."""

    value: T_co
    attempts: int = 1
    overran: bool = False
    """The call outlived its timeout where nothing could interrupt it; recorded as a timeout, its value kept."""
    instead_of: Refusal | Failed | None = None
    outcome: str = "success"
    """What the engine made of it: a returned 503 response is a value and a failure."""
    ok: Literal[True] = True

    def unwrap(self) -> T_co:
        """The value."""
        return self.value


class Refusal:
    """The call was not made. Words and numbers are the engine's own; `decision` holds them all."""

    __slots__ = ("_attempts", "_said", "_service")
    __match_args__ = ("service", "decision", "attempts")
    ok: Literal[False] = False

    def __init__(self, service: str, decision: Mapping[str, Any] | str | tuple[Names, bytes], attempts: int = 0) -> None:
        self._service = service
        self._said = decision  # text or numbers of the engine, until somebody looks into them
        self._attempts = attempts

    @property
    def service(self) -> str:
        """The service that is not called."""
        return self._service

    @property
    def attempts(self) -> int:
        """How many attempts were made before."""
        return self._attempts

    @property
    def decision(self) -> Mapping[str, Any]:
        """All that the engine said."""
        said = self._said
        if isinstance(said, str):
            said = self._said = json.loads(said)["decision"]
        elif isinstance(said, tuple):
            said = self._said = said[0].refusal(self._service, said[1])
        return said

    @property
    def advice(self) -> dict[str, Any] | None:
        """When to ask again, where the policy says so: `after_ms`, `at_ms` and `attempt`."""
        said = self._said
        return None if isinstance(said, (str, tuple)) else said.get("retry")  # what is still text or numbers came without

    @property
    def code(self) -> str:
        """Why, such as `circuit_open` or `limited`."""
        return str(self.decision.get("code", ""))

    @property
    def gate(self) -> str:
        """Which gate refused: `breaker`, `limit`, `throttle` or `engine`."""
        return str(self.decision.get("gate", ""))

    @property
    def scope(self) -> str:
        """Whose state refused: `service`, or that of one key."""
        return str(self.decision.get("scope", ""))

    @property
    def rule(self) -> str | None:
        """The limit that refused, if one did."""
        return self.decision.get("rule")

    @property
    def fallback(self) -> str | None:
        """What the policy offers instead, such as `queue`."""
        return self.decision.get("fallback")

    @property
    def retry_at_ms(self) -> float | None:
        """The earliest instant at which the same question may pass; None when there is none."""
        return self.decision.get("retry_at_ms")

    @property
    def retry_after_ms(self) -> float | None:
        """The same as a span from now."""
        return self.decision.get("retry_after_ms")

    def unwrap(self) -> NoReturn:
        """Raises `Refused`."""
        raise Refused(self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Refusal):
            return NotImplemented
        mine, theirs = (self._service, self._attempts), (other._service, other._attempts)
        return mine == theirs and self.decision == other.decision

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Refusal(service={self._service!r}, code={self.code!r}, attempts={self._attempts!r})"

    def __reduce__(self) -> tuple[type[Refusal], tuple[str, dict[str, Any], int]]:
        return type(self), (self._service, dict(self.decision), self._attempts)


@dataclass(frozen=True, slots=True)
class Failed:
    """The call was made and raised."""

    service: str
    error: Exception
    attempts: int = 1
    outcome: str | None = None
    """What the engine made of it, such as `failure` or `neutral`."""
    ok: Literal[False] = False

    def unwrap(self) -> NoReturn:
        """Raises what the call raised."""
        raise self.error


Result: TypeAlias = Ok[T_co] | Refusal | Failed


class Refused(Exception):
    """A call was not made, told by raising: a `with` block and a decorated function cannot skip their body otherwise."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal

    def __str__(self) -> str:
        return f"`{self.refusal.service}` is not called: {self.refusal.code}"

    def __reduce__(self) -> tuple[type[Refused], tuple[Refusal]]:
        return type(self), (self.refusal,)


class CallTimeout(TimeoutError):
    """An `async with` call was interrupted at the timeout that the engine gave it."""

    def __init__(self, service: str, timeout_ms: float) -> None:
        self.service = service
        self.timeout_ms = timeout_ms
        super().__init__(f"`{service}` took longer than {timeout_ms:g} ms")

    def __reduce__(self) -> tuple[type[CallTimeout], tuple[str, float]]:
        return type(self), (self.service, self.timeout_ms)
