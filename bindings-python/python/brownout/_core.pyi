# Made by `cargo xtask types` from what the extension says of itself: change that, not this file.
from typing import Any, SupportsFloat, SupportsIndex, final

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
class Anchor:
    """
    Where wall time stood at one reading of the monotonic clock. `WallClock` writes it; past `until_s` it is asked again.

    Written and read under the interpreter's lock, so its numbers belong together.
    """
    def __new__(cls, /) -> Anchor: ...
    def now_ms(self, /) -> float | None:
        """
        The present instant in milliseconds; None where the host must be asked.
        """
    def set(
        self,
        /,
        wall_ms: SupportsFloat | SupportsIndex,
        base_s: SupportsFloat | SupportsIndex,
        speed: SupportsFloat | SupportsIndex,
        until_s: SupportsFloat | SupportsIndex,
    ) -> None:
        """
        Wall time was `wall_ms` when the monotonic clock read `base_s`; good until that reads `until_s`.
        """

@final
class Deadlines:
    """
    The times of all coroutines of one engine.
    """
    def __new__(cls, /) -> Deadlines: ...
    def after_fork(self, /) -> None:
        """
        In the child of a fork: the parent's loops are the parent's.
        """
    def enter(self, /, wait_s: SupportsFloat | SupportsIndex, timeout_ms: SupportsFloat | SupportsIndex) -> Scope:
        """
        Gives the running task `wait_s` real seconds from now, which are `timeout_ms` on the engine's clock. Exactly one of
        `leave` and `failed` has to follow. Errors: `RuntimeError` outside a task.
        """
    def waiting(self, /) -> int:
        """
        How many coroutines have time left.
        """
    def wake(self, /, home: Any) -> None:
        """
        Ends what is over time, and waits for the next. The timer is left alone while calls come and go.
        """

@final
class Decision:
    """
    A hot call's answer that carries more than a number.
    """
    @property
    def flags(self, /) -> int:
        """
        1 effects, 2 re-arm, 4 would refuse, 8 retry advised, 16 probe, 32 details.
        """
    @property
    def next_ms(self, /) -> float:
        """
        The earliest instant at which anything could change; -1 for none.
        """
    @property
    def output(self, /) -> str:
        """
        The whole output, as JSON.
        """
    @property
    def permit(self, /) -> int:
        """
        Admit: the permit, 0 when refused. Settle: 1 counted, 0 not.
        """
    @property
    def timeout_ms(self, /) -> float:
        """
        The call's timeout; -1 for none.
        """

@final
class Engine:
    """
    One engine; safe to share between threads.
    """
    def __new__(cls, /, policy_json: str, seed: SupportsIndex, at_ms: SupportsFloat | SupportsIndex) -> Engine:
        """
        Errors: every fault of the policy.
        """
    def admit(
        self,
        /,
        service: SupportsIndex,
        k0: SupportsIndex,
        k1: SupportsIndex,
        k2: SupportsIndex,
        k3: SupportsIndex,
        weight: SupportsFloat | SupportsIndex,
        at_ms: SupportsFloat | SupportsIndex,
    ) -> int | Decision:
        """
        Asks for one call; keys in the order of the policy, 0 for none. The permit, where there is nothing to add.
        """
    def advance(self, /, at_ms: SupportsFloat | SupportsIndex) -> Decision:
        """
        Lets time pass.
        """
    def drain(self, /) -> str:
        """
        The whole output of the last call as JSON.
        """
    def handle(self, /, input_json: str, at_ms: SupportsFloat | SupportsIndex) -> str:
        """
        Any verb, JSON in and out; its errors come back as JSON too.
        """
    def key(self, /, name: str, at_ms: SupportsFloat | SupportsIndex) -> int:
        """
        The handle of a key, below 2^53. Errors: `key_empty`, `key_too_long`.
        """
    def names(self, /) -> str:
        """
        Names to numbers, as JSON: read after load and after each reload.
        """
    def part(self, /, first: bool) -> bytes:
        """
        The next part of a snapshot, or its first; empty after the last.
        """
    @staticmethod
    def restore(
        policy_json: str, snapshot: bytes, at_ms: SupportsFloat | SupportsIndex, seed: SupportsIndex | None = None
    ) -> Engine:
        """
        From a snapshot of the same policy. `seed` is for one of several copies that all go on.
        """
    def settle(
        self,
        /,
        permit: SupportsIndex,
        outcome: SupportsIndex,
        duration_ms: SupportsFloat | SupportsIndex,
        at_ms: SupportsFloat | SupportsIndex,
    ) -> int | Decision:
        """
        Tells how a call ended, by outcome number; a duration that is no number lasts since the grant. 1 where it counted and there is
        nothing to add.
        """
    def snapshot(self, /) -> bytes:
        """
        All state as canonical bytes.
        """

@final
class Guarded:
    """
    A function behind a guard: called like the function itself. Raises what the host says where the call is not plain.
    """
    def __call__(self, /, *args: Any, **kwargs: Any) -> Any: ...
    def __get__(self, owner: Any | None, _kind: Any | None = None, /) -> Any:
        """
        As a method: bound to its object, like a function.
        """
    def __new__(cls, /, line: Line, call: Any) -> Guarded: ...
    def __reduce__(self, /) -> Any:
        """
        By name, as functions are pickled.
        """
    def __repr__(self, /) -> str: ...

@final
class Instead:
    """
    No ticket, but what the host needs to go on. False, so that a frame tells it from a ticket at the least cost.
    """
    def __bool__(self, /) -> bool: ...
    @property
    def answer(self, /) -> Any:
        """
        A refusal; or key, instant and output; or the key alone; or a ticket and what came of giving it time.
        """

@final
class Lane:
    """
    The short way to one engine. The host keeps it up to date; it outlives the engines that sit in it.
    """
    def __new__(cls, /, engine: Engine, now_ms: Any, wait_s: Any, anchor: Anchor | None = None) -> Lane:
        """
        `now_ms` and `wait_s` are the host's clock; `anchor`, where there is one, spares asking it.
        """
    @property
    def attentive(self, /) -> bool:
        """
        Does the host want to see every call for now?
        """
    @attentive.setter
    def attentive(self, /, attentive: bool) -> None: ...
    @property
    def due_ms(self, /) -> float:
        """
        When the host's timer is due; from then on calls go the long way.
        """
    @due_ms.setter
    def due_ms(self, /, at_ms: SupportsFloat | SupportsIndex) -> None: ...
    def renewed(self, /) -> None:
        """
        Another policy is in force.
        """
    def seat(self, /, engine: Engine) -> None:
        """
        Another engine takes the seat.
        """

@final
class Line:
    """
    One guard's way to its engine.
    """
    def __new__(
        cls,
        /,
        lane: Lane,
        deadlines: Deadlines,
        host: Any,
        bound: Any,
        key: Any | None,
        weight: SupportsFloat | SupportsIndex,
        name: str,
        direct: bool,
    ) -> Line:
        """
        `host` is the guard, which has `_plan`, `_arm`, `_hear` and what takes over; `bound` gives the keys of the context. `direct`:
        refusals and failures go to the caller as they are.
        """
    def ask(self, args: tuple[Any, ...], kwargs: dict[str, Any], /) -> Ticket | Instead:
        """
        Asks for one attempt of which nothing is to be timed or raised here.
        """
    def enter(self, args: tuple[Any, ...], kwargs: dict[str, Any], /) -> Ticket | complex | Instead:
        """
        Asks for one attempt of a coroutine: a ticket, its time running; else what the host needs to go on. The arguments are for the
        guard's key function. Errors: `Refused`, of a line that is direct.

        A ticket without timeout and key is one complex number, permit and instant: the cheapest pair that Python has.
        """
    def enter_keyless(self, /) -> Ticket | complex | Instead:
        """
        The same, where there is no such function.
        """
    def fail(self, ticket: Ticket | complex, error: BaseException, /) -> bool | None:
        """
        Tells of what a coroutine raised: True when that was all, and it may go on; False where the host has to tell; None where its
        time was up, which is the host's to tell as well.
        """
    def learn(self, kind: type[BaseException], outcome: SupportsIndex, /) -> None:
        """
        What is raised with this type, and says no more than its type, has this outcome, for as long as the policy stands.
        """
    def leave(self, ticket: Ticket | complex, value: Any, /) -> bool | tuple[float, str]:
        """
        Tells of a value: True when that was all; else what the host needs to go on.
        """

@final
class Scope:
    """
    One coroutine's time.
    """
    def failed(self, /, error: Any) -> bool:
        """
        It raised. True: because its time was up, and for no other reason.
        """
    def leave(self, /) -> None:
        """
        It came to a value. A request to cancel that came too late to matter is taken back.
        """
    @property
    def timeout_ms(self, /) -> float:
        """
        What the engine gave it.
        """

@final
class Ticket:
    """
    A granted attempt on the short way.
    """
    @property
    def at_ms(self, /) -> float:
        """
        When it was granted.
        """
    @property
    def key(self, /) -> tuple[Any] | None:
        """
        The key that the guard's function gave, alone in a tuple; None where there is no such function.
        """
    @property
    def permit(self, /) -> int:
        """
        The engine's number for it.
        """
    @property
    def timeout_ms(self, /) -> float:
        """
        -1 for none.
        """

def call(op: str, payload: str) -> str:
    """
    Pure functions, text to text.
    """

def keys_are_bound() -> None:
    """
    From here on contexts may have keys.
    """

def version() -> str:
    """
    The version of the core.
    """
