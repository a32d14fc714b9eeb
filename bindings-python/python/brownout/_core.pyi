# What the binding hands to the host layer: one engine as plain numbers and text.
#
# Instants and durations are milliseconds; handles and permits are integers below 2^53. A hot call answers with a plain
# number when there is nothing to add (granted or counted, no flag set); otherwise with a `Decision`, taken under the same lock.
# Every error is raised as `brownout._errors.BrownoutError(text)`, where text is `{"errors":[{code,path,message,help}…]}`.
from collections.abc import Callable
from typing import Any, final

__all__ = [
    "Anchor",
    "Deadlines",
    "Decision",
    "Engine",
    "Guarded",
    "Instead",
    "Lane",
    "Line",
    "Scope",
    "Ticket",
    "call",
    "keys_are_bound",
    "version",
]

@final
class Decision:
    """A hot call's answer that carries more than a number."""

    @property
    def permit(self) -> int:
        """Admit: the permit, 0 when refused. Settle: 1 counted, 0 not."""
    @property
    def flags(self) -> int:
        """1 effects · 2 re-arm · 4 would refuse · 8 retry advised · 16 probe · 32 details."""
    @property
    def next_ms(self) -> float:
        """The earliest instant at which anything could change; -1 for none."""
    @property
    def timeout_ms(self) -> float:
        """The call's timeout; -1 for none."""
    @property
    def output(self) -> str:
        """The whole output, as JSON."""

@final
class Engine:
    """One engine; safe to share between threads."""

    def __new__(cls, policy_json: str, seed: int, at_ms: float) -> Engine: ...
    @staticmethod
    def restore(policy_json: str, snapshot: bytes, at_ms: float, seed: int | None = None) -> Engine:
        """`seed` is for one of several copies that all go on."""
    def names(self) -> str: ...
    def key(self, name: str, at_ms: float) -> int: ...
    def admit(self, service: int, k0: int, k1: int, k2: int, k3: int, weight: float, at_ms: float) -> int | Decision: ...
    def settle(self, permit: int, outcome: int, duration_ms: float, at_ms: float) -> int | Decision: ...
    def advance(self, at_ms: float) -> Decision: ...
    def handle(self, input_json: str, at_ms: float) -> str: ...
    def drain(self) -> str: ...
    def snapshot(self) -> bytes: ...
    def part(self, first: bool) -> bytes: ...

@final
class Anchor:
    """Where wall time stood at one reading of the monotonic clock."""

    def __new__(cls) -> Anchor: ...
    def set(self, wall_ms: float, base_s: float, speed: float, until_s: float) -> None: ...
    def now_ms(self) -> float | None: ...

@final
class Deadlines:
    """The times of all coroutines of one engine."""

    def __new__(cls) -> Deadlines: ...
    def enter(self, wait_s: float, timeout_ms: float) -> Scope: ...
    def wake(self, home: Any) -> None: ...
    def after_fork(self) -> None: ...
    def waiting(self) -> int: ...

@final
class Scope:
    """One coroutine's time."""

    @property
    def timeout_ms(self) -> float: ...
    def leave(self) -> None: ...
    def failed(self, error: Any) -> bool: ...

@final
class Lane:
    """The short way to one engine; it outlives the engines that sit in it."""

    def __new__(
        cls,
        engine: Engine,
        now_ms: Callable[[], float],
        wait_s: Callable[[float], float | None],
        anchor: Anchor | None = None,
    ) -> Lane: ...
    def seat(self, engine: Engine) -> None: ...
    def renewed(self) -> None: ...
    due_ms: float
    attentive: bool

@final
class Line:
    """One guard's way to its engine."""

    def __new__(
        cls,
        lane: Lane,
        deadlines: Deadlines,
        host: Any,
        bound: Callable[[], Any],
        key: Callable[..., Any] | None,
        weight: float,
        name: str,
        direct: bool,
    ) -> Line: ...
    def enter(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Ticket | complex | Instead: ...
    def enter_keyless(self) -> Ticket | complex | Instead: ...
    def ask(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Ticket | Instead: ...
    def leave(self, ticket: Ticket | complex, value: Any) -> bool | tuple[float, str]: ...
    def fail(self, ticket: Ticket | complex, error: BaseException) -> bool | None: ...
    def learn(self, kind: type[BaseException], outcome: int) -> None: ...

@final
class Ticket:
    """A granted attempt on the short way."""

    @property
    def permit(self) -> int: ...
    @property
    def at_ms(self) -> float: ...
    @property
    def timeout_ms(self) -> float:
        """-1 for none."""
    @property
    def key(self) -> tuple[Any] | None: ...

@final
class Instead:
    """No ticket, but what the host needs to go on. False."""

    @property
    def answer(self) -> Any: ...
    def __bool__(self) -> bool: ...

@final
class Guarded:
    """A function behind a guard."""

    def __new__(cls, line: Line, call: Callable[..., Any]) -> Guarded: ...
    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...
    def __get__(self, owner: Any, kind: Any = None, /) -> Any: ...
    def __reduce__(self) -> Any: ...

def call(op: str, payload: str) -> str: ...
def keys_are_bound() -> None: ...
def version() -> str: ...
