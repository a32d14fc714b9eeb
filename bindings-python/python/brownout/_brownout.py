"""What a person holds: one policy, one engine, and the ways to put calls behind it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, overload

from brownout._bind import Bound, KeyValue, bound_keys, key_texts
from brownout._call import Call
from brownout._clock import Clock, RealSleeper, Sleeper, WallClock
from brownout._engine import Decision, Engine, SnapshotHook
from brownout._guard import Classifier, Fallback, Guard, KeyOf
from brownout._listeners import Listener
from brownout._permit import Asked, ask
from brownout._policy import PolicySource
from brownout._tape import RecordSink
from brownout._values import Refusal, Result

if TYPE_CHECKING:
    import brownout.httpx

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Report:
    """One rendered view: what an HTTP handler sends."""

    status: int
    content_type: str
    body: str


class Brownout:
    """One policy in force.

    `policy` is a mapping, a path to `.toml`, `.json` or `.yaml`, or text. Errors: `BrownoutError` with every fault of the
    document. `seed` makes draws repeatable (random by default); `clock` and `sleeper` are for tests and demos; `restore` takes
    the bytes of an earlier `snapshot`; `record` gets every input from the first on, see `record()`. Make one per process and
    share it; a forked worker gets its own copy of the state.
    """

    def __init__(
        self,
        policy: PolicySource,
        *,
        name: str | None = None,
        seed: int | None = None,
        clock: Clock | None = None,
        sleeper: Sleeper | None = None,
        restore: bytes | None = None,
        record: RecordSink | None = None,
    ) -> None:
        self.clock: Clock = clock or WallClock()
        self.name = name
        self.engine = Engine(policy, seed=seed, clock=self.clock, restore=restore, record=record)
        self._guards: dict[str, Guard] = {}
        self._sleeper: Sleeper = sleeper or RealSleeper(self.clock)

    def guard(
        self,
        service: str,
        *,
        key: KeyOf | KeyValue = None,
        fallback: Fallback | None = None,
        classify: Classifier | None = None,
        idempotent: bool = False,
        weight: float = 1.0,
        amounts: Mapping[str, float] | None = None,
        **keys: KeyValue,
    ) -> Guard:
        """Protects a function: `@bo.guard("afip")`, or `bo.guard("afip").run(fn, …)`.

        `key(*args, **kwargs)` gives the key of each call, or a mapping of named keys; `tenant=…` and other names set fixed
        ones; the rest comes from `bind`. `fallback(reason, *args, **kwargs)` gives the value when the call is refused, or
        failed for the upstream's sake. `classify(value, error)` may return an outcome or facts; None leaves it to the policy.
        `idempotent` says that trying twice does no harm. Errors when called: `Refused`, or what the function raises.
        """
        return Guard(
            self.engine,
            self._sleeper,
            service,
            keys=keys,
            key=key,
            fallback=fallback,
            classify=classify,
            idempotent=idempotent,
            weight=weight,
            amounts=amounts,
        )

    def run(self, service: str, fn: Callable[..., R], /, *args: Any, **kwargs: Any) -> Result[R]:
        """Calls `fn(*args, **kwargs)` under the service's rules and returns `Ok`, `Refusal` or `Failed`."""
        return self._plain(service).run(fn, *args, **kwargs)

    @overload
    async def arun(self, service: str, fn: Callable[..., Awaitable[R]], /, *args: Any, **kwargs: Any) -> Result[R]: ...
    @overload
    async def arun(self, service: str, fn: Callable[..., R], /, *args: Any, **kwargs: Any) -> Result[R]: ...
    async def arun(self, service: str, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Result[Any]:
        """The same for a coroutine function."""
        return await self._plain(service).arun(fn, *args, **kwargs)

    def call(
        self,
        service: str,
        *,
        idempotent: bool = False,
        weight: float = 1.0,
        amounts: Mapping[str, float] | None = None,
        **keys: KeyValue,
    ) -> Call:
        """A protected block, `with` or `async with`. Errors on entering: `Refused`."""
        return Call(self.engine, Asked(service, self._keys(keys), weight, amounts, idempotent))

    def peek(self, service: str, *, amounts: Mapping[str, float] | None = None, **keys: KeyValue) -> Refusal | None:
        """Is anything held back just now? None for no, else why. Asks for no units, so a limit used up does not refuse;
        nothing is taken or counted."""
        answer = ask(self.engine, Asked(service, self._keys(keys), 0.0, amounts), self.clock.now_ms())
        return answer if isinstance(answer, Refusal) else None

    def bind(self, **keys: KeyValue) -> Bound:
        """`with bo.bind(tenant="org_1"):` names the keys of every call inside."""
        return Bound(keys)

    def transport(self, service: str, wraps: Any = None, **options: Any) -> brownout.httpx.Transport:
        """An httpx transport behind the service's rules, for `httpx.Client` and `httpx.AsyncClient`; see `brownout.httpx`."""
        from brownout.httpx import Transport

        return Transport(self, service, wraps, **options)

    def observe(self, service: str | None = None, **facts: Any) -> None:
        """Tells what a probe saw: `ok`, `latency_ms`, `memory`, `message`; or a gauge: `gauge`, `value`."""
        given: dict[str, Any] = {"verb": "observe", **facts}
        if service is not None:
            given["service"] = service
        self.engine.handle(given)

    def command(self, order: str, **fields: Any) -> Decision:
        """Gives an order: `force_open`, `force_close`, `disable`, `reset`, `mode`, `maintenance`, `clear_maintenance`,
        `refund`, `rebase`, with its fields as the wire has them."""
        return self.engine.handle({"verb": "command", "order": order, **fields})

    def report(self, view: str = "health", **fields: Any) -> Report:
        """A view: `live`, `ready` or `health`, with `profile`, `format`, `detail`, `production`, `keys` and `lang`."""
        said = {name: value for name, value in fields.items() if value is not None}
        answer = self.engine.handle({"verb": "report", "view": view, **said})
        return Report(int(answer["status"]), answer["content_type"], answer["body"])

    def on(self, effect: str, listener: Listener) -> Callable[[], None]:
        """Listens to an effect such as `breaker_changed`, `*` for all. Returns what ends it."""
        return self.engine.on(effect, listener)

    def advance(self) -> None:
        """Runs what is due by now. The timer does this by itself; a test with a clock of its own calls it."""
        self.engine.advance()

    def reload(self, policy: PolicySource) -> None:
        """Takes another policy; state moves over. Errors: every fault of the document, and the old one stays in force."""
        self.engine.reload(policy)

    def explain(
        self,
        service: str,
        *,
        weight: int | None = None,
        amounts: Mapping[str, int] | None = None,
        **keys: KeyValue,
    ) -> Decision:
        """What a call would be told, and what every gate looks at: the verb `explain`. Takes and counts nothing."""
        given: dict[str, Any] = {"verb": "explain", "service": service, "keys": self._keys(keys)}
        if weight is not None:
            given["weight"] = weight
        if amounts:
            given["amounts"] = dict(amounts)
        return self.engine.handle(given)

    def record(self, sink: RecordSink) -> Callable[[], None]:
        """Writes every input down, one JSON line each, for `brownout replay`. Returns what ends it."""
        return self.engine.record(sink)

    def snapshot(self) -> bytes:
        """All state, for `Brownout(policy, restore=…)`."""
        return self.engine.snapshot()

    def on_snapshot(self, hook: SnapshotHook) -> None:
        """Hands `hook` the bytes of a snapshot every 30 s in which something happened."""
        self.engine.on_snapshot(hook)

    def close(self) -> None:
        """Stops the timer; a last snapshot goes to the hook."""
        self.engine.close()

    def _plain(self, service: str) -> Guard:
        """The guard of a service that nothing was said of; of a service that there is, it is kept."""
        guard = self._guards.get(service)
        if guard is None:
            guard = self.guard(service)
            if service in self.engine.names.services:
                self._guards[service] = guard
        return guard

    def _keys(self, named: Mapping[str, KeyValue]) -> dict[str, str]:
        known = self.engine.names.key_set
        ambient = {name: text for name, text in bound_keys().items() if name in known}
        return {**ambient, **key_texts(named)}
