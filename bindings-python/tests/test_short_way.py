"""A decorated call takes a short way where it can, and nobody can tell but by the time it takes."""

from __future__ import annotations

import asyncio
import copy
import errno
import gc
import inspect
import json
import pickle
import uuid
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from brownout import Brownout, BrownoutError, Refused, WallClock
from brownout._core import Anchor, Guarded
from brownout._engine import Engine
from brownout._guard import Guard
from brownout._permit import Permit
from brownout.testing import ManualClock, ManualSleeper

POLICY: dict[str, Any] = {
    "version": 1,
    "services": {
        "plain": {"timeout": "off", "breaker": {"consecutive_failures": 3, "open": {"base": "5s", "jitter": 0.5}}},
        "timed": {"timeout": "2s", "breaker": {"failure_rate": 0.5, "min_calls": 4, "slow": {"over": "1s", "rate": 0.5}}},
        "limited": {"limits": [{"name": "few", "limit": 5, "period": "10s"}], "retry": {"attempts": 2}},
        "tenants": {
            "per": "tenant",
            "breaker": {"consecutive_failures": 2, "open": {"base": "3s", "jitter": 0}},
            "limits": [{"name": "each", "limit": 4, "period": "1m", "algorithm": "fixed_window"}],
        },
        "shadow": {"breaker": {"mode": "shadow", "consecutive_failures": 1}},
        "retried": {"retry": {"attempts": 3, "backoff": {"base": "1s", "jitter": "none"}}},
    },
}
GUARDS: dict[tuple[Brownout, str], Guard] = {}
PLAIN_TOO = {"plain": {**POLICY["services"]["plain"], "outcomes": [{"exception": "ValueError", "as": "tenant_fault"}]}}


class Response:
    """What an HTTP client gives."""

    def __init__(self, status: int) -> None:
        self.status_code = status
        self.headers = {"retry-after": "2"}


def made(clock: ManualClock) -> Brownout:
    return Brownout(copy.deepcopy(POLICY), seed=7, clock=clock, sleeper=ManualSleeper(clock))


def script(clock: ManualClock) -> list[tuple[str, str | None, Callable[[], Any], float]]:
    """Service, tenant, what the call does, and how much time passes before it."""

    def slow() -> str:
        clock.advance(2_500)
        return "slow"

    def fail() -> Any:
        raise ValueError("no")

    def fail_with_a_status() -> Any:
        error = ValueError("limited")
        error.status_code = 429
        raise error

    def fail_with_a_note() -> Any:
        error = ValueError("noted")
        error.note = "nothing that an upstream said"
        raise error

    def fail_for_a_cause() -> Any:
        raise ValueError("caused") from ConnectionRefusedError(errno.ECONNREFUSED, "no")

    def fail_in_handling() -> Any:
        try:
            raise ConnectionResetError(errno.ECONNRESET, "no")
        except OSError:
            raise ValueError("handled")

    def time_out() -> Any:
        raise TimeoutError

    does = [
        lambda: 1,
        lambda: "text",
        lambda: None,
        fail,
        lambda: Response(200),
        lambda: Response(503),
        lambda: Response(429),
        slow,
        fail_with_a_status,
        fail_with_a_note,
        fail_for_a_cause,
        fail_in_handling,
        time_out,
    ]
    services = ["plain", "timed", "limited", "tenants", "shadow", "retried"]
    lines = []
    for n in range(900):
        what = does[(n * n // 7) % len(does)] if n % 5 else fail
        lines.append((services[(n * 5 + n // 11) % 6], f"org_{n % 3}" if n % 2 else None, what, float((n * 37) % 900)))
    return lines


def outcome(call: Callable[[], Any]) -> Any:
    try:
        value = call()
        return value.status_code if isinstance(value, Response) else value
    except Refused as refused:
        return ("refused", dict(refused.refusal.decision))
    except Exception as error:
        return (type(error), str(error))


def played(way: Callable[[Brownout, str, Callable[[], Any]], Callable[[], Any]]) -> tuple[list[Any], list[Any], bytes]:
    clock = ManualClock()
    bo = made(clock)
    heard: list[Any] = []
    bo.on("*", heard.append)
    seen = []
    for n, (service, tenant, what, pause) in enumerate(script(clock)):
        clock.advance(pause)
        if n == 450:
            bo.reload({**POLICY, "services": {"first": {}, **POLICY["services"], **PLAIN_TOO}})
        with bo.bind(tenant=tenant):
            seen.append(outcome(way(bo, service, what)))
    state = bo.snapshot()
    bo.close()
    GUARDS.clear()
    return seen, heard, state


def as_it_is(value: Any, error: Exception | None) -> None:
    """A classifier, which nothing but the long way can ask."""


def run_way(bo: Brownout, service: str, what: Callable[[], Any]) -> Callable[[], Any]:
    return lambda: bo.run(service, what).unwrap()


def long_way(bo: Brownout, service: str, what: Callable[[], Any]) -> Callable[[], Any]:
    return lambda: bo.guard(service, classify=as_it_is).run(what).unwrap()


def kept(bo: Brownout, service: str) -> Guard:
    """One guard for all calls of a service, so that it can learn."""
    if (bo, service) not in GUARDS:
        GUARDS[bo, service] = bo.guard(service)
    return GUARDS[bo, service]


def short_way(bo: Brownout, service: str, what: Callable[[], Any]) -> Callable[[], Any]:
    return kept(bo, service)(what)


def short_async_way(bo: Brownout, service: str, what: Callable[[], Any]) -> Callable[[], Any]:
    async def later() -> Any:
        return what()

    decorated = kept(bo, service)(later)
    return lambda: asyncio.run(decorated())


def long_async_way(bo: Brownout, service: str, what: Callable[[], Any]) -> Callable[[], Any]:
    async def later() -> Any:
        return what()

    async def all_of_it() -> Any:
        return (await bo.guard(service, classify=as_it_is).arun(later)).unwrap()

    return lambda: asyncio.run(all_of_it())


def in_facts(engine: Engine, permit: int, service: str, facts: Any, at_ms: float) -> Any:
    return engine.handle({"verb": "settle", "permit": permit, "facts": facts}, at_ms)


@pytest.mark.parametrize(("short", "long"), [(short_way, long_way), (run_way, long_way), (short_async_way, long_async_way)])
def test_both_ways_come_to_the_same(short: Any, long: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    one = played(short)
    monkeypatch.setattr(Engine, "judge", in_facts)  # where nothing is remembered, the core hears all facts
    other = played(long)
    assert one[0] == other[0]
    assert one[1] == other[1]
    assert one[2] == other[2]
    kinds = {seen[0] if isinstance(seen, tuple) else type(seen) for seen in one[0]}
    assert {"refused", ValueError, int, str, type(None)} <= kinds
    assert {effect["effect"] for effect in one[1]} >= {"breaker_changed", "throttle_held"}


@pytest.mark.parametrize("form", ["sync", "async"])
def test_a_plain_call_makes_nothing_in_python(monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    bo = made(ManualClock())
    short, key = (short_way if form == "sync" else short_async_way), {"tenant": "org_1"}
    first = short(bo, "plain", lambda: 1)
    with bo.bind(**key):
        keyed = short(bo, "tenants", lambda: 1)
        first(), keyed()
        monkeypatch.setattr(Permit, "__init__", lambda *_: pytest.fail("the long way was taken"))
        assert [first() for _ in range(20)] == [1] * 20
        assert [keyed() for _ in range(2)] == [1] * 2
    bo.close()


def test_a_failure_of_a_known_type_makes_nothing_in_python(bo: Brownout, monkeypatch: pytest.MonkeyPatch) -> None:
    guard = bo.guard("counted")

    def fail() -> None:
        raise ValueError("no")

    async def afail() -> None:
        raise ValueError("no")

    calls = [guard(fail), lambda: asyncio.run(guard(afail)())]
    for call in calls:
        with pytest.raises(ValueError, match="no"):
            call()
    monkeypatch.setattr(Permit, "__init__", lambda *_: pytest.fail("the long way was taken"))
    for call in calls * 5:
        with pytest.raises(ValueError, match="no") as raised:
            call()
        assert raised.value.__context__ is None


def test_a_refusal_is_read_when_it_is_looked_at(bo: Brownout) -> None:
    bo.command("force_open", service="afip", for_ms=60_000)
    with pytest.raises(Refused) as refused:
        bo.guard("afip")(lambda: 1)()
    refusal = refused.value.refusal
    assert not isinstance(refusal._said, dict)
    assert str(refused.value) == "`afip` is not called: forced_open"
    assert (refusal.gate, refusal.scope, refusal.fallback, refusal.retry_after_ms) == ("breaker", "service", "queue", 60_000)
    assert refusal == bo.run("afip", lambda: 1)
    again = pickle.loads(pickle.dumps(refused.value))
    assert (again.refusal, str(again)) == (refusal, str(refused.value))
    assert repr(refusal) == "Refusal(service='afip', code='forced_open', attempts=0)"


def test_refusals_of_every_gate_read_alike_in_numbers_and_in_words() -> None:
    limit = {"name": "few", "limit": 2, "period": "1m"}
    many = {"name": "many", "limit": 1, "period": "1h", "algorithm": "fixed_window", "penalty": {"after": 1, "block": "2h"}}
    policy = {
        "version": 1,
        "permits": 3,
        "keys": {"cap": 1},
        "services": {
            "limited": {"fallback": "queue", "limits": [limit]},
            "both": {"limits": [limit, many]},
            "keyed": {"per": "tenant", "limits": [{"name": "each", "limit": 1, "period": "1s", "per": "tenant"}]},
            "throttled": {},
            "shadow": {"limits": [limit, {**many, "mode": "shadow"}]},
            "open": {"breaker": {"consecutive_failures": 1}},
        },
    }
    bo = Brownout(policy, seed=1, clock=ManualClock())
    bo.command("force_open", service="open", for_ms=1_234.567)
    seen: set[str] = set()

    def both_ways(service: str, **keys: str) -> None:
        short = bo.guard(service, **keys).run(lambda: 1)
        long = bo.guard(service, classify=as_it_is, **keys).run(lambda: 1)
        if not short.ok:
            assert not long.ok
            assert json.dumps(short.decision) == json.dumps(long.decision)
            seen.add(short.code)

    bo.run("throttled", lambda: Response(429))
    for _ in range(3):
        for service in policy["services"]:
            both_ways(service, **({"tenant": "one"} if service == "keyed" else {}))
    both_ways("keyed", tenant="two")
    bo.command("force_close", service="open")
    with bo.call("open"), bo.call("open"), bo.call("open"):
        both_ways("open")
    bo.close()
    assert seen == {"limited", "blocked", "upstream_throttled", "forced_open", "keys_exhausted", "permits_exhausted"}


def test_it_is_still_that_function(bo: Brownout) -> None:
    def double(n: int, by: int = 2) -> int:
        """Says twice as much."""
        return n * by

    decorated = bo.guard("afip")(double)
    assert isinstance(decorated, Guarded)
    assert (decorated.__name__, decorated.__doc__, decorated.__module__) == ("double", "Says twice as much.", __name__)
    assert decorated.__wrapped__ is double
    assert inspect.signature(decorated) == inspect.signature(double)
    assert (decorated(4), decorated(4, 3), decorated(n=4, by=5)) == (8, 12, 20)
    assert callable(decorated)
    decorated.note = "kept"
    assert decorated.note == "kept"
    assert weakref.ref(decorated)() is decorated
    with pytest.raises(TypeError, match="double"):
        decorated()


def test_coroutine_functions_stay_coroutine_functions(bo: Brownout) -> None:
    async def later() -> int:
        return 1

    decorated = bo.guard("afip")(later)
    assert inspect.iscoroutinefunction(decorated)
    assert not inspect.iscoroutinefunction(bo.guard("afip")(lambda: 1))
    assert asyncio.run(decorated()) == 1


AT_MODULE = Brownout({"version": 1, "services": {"a": {}}}, clock=ManualClock(), seed=1)


@AT_MODULE.guard("a")
def at_module() -> str:
    return "found by name"


def test_pickled_and_copied_by_name() -> None:
    assert pickle.loads(pickle.dumps(at_module)) is at_module
    assert copy.deepcopy(at_module) is at_module


def test_methods(bo: Brownout) -> None:
    class Client:
        def __init__(self, name: str) -> None:
            self.name = name

        @bo.guard("afip")
        def ask(self, what: str) -> str:
            return f"{self.name} {what}"

        @bo.guard("afip")
        async def later(self, what: str) -> str:
            return f"{self.name} {what}"

        @staticmethod
        @bo.guard("afip")
        def plain(what: str) -> str:
            return what

        @classmethod
        @bo.guard("afip")
        def kind(cls, what: str) -> str:
            return f"{cls.__name__} {what}"

    client = Client("one")
    assert [client.ask("a") for _ in range(3)] == ["one a"] * 3
    assert client.ask.__self__ is client
    assert Client.ask(client, "b") == "one b"
    assert asyncio.run(client.later("c")) == "one c"
    assert (Client.plain("d"), client.plain("e"), Client.kind("f")) == ("d", "e", "Client f")


def test_a_function_that_nobody_holds_goes(bo: Brownout) -> None:
    def use() -> weakref.ref[Any]:
        def recursive(n: int) -> int:
            return 0 if n == 0 else decorated(n - 1)

        decorated = bo.guard("afip")(recursive)
        assert decorated(3) == 0
        return weakref.ref(decorated)

    gone = use()
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize("key", ["org_1", 7, uuid.UUID(int=1), {"tenant": "org_2"}])
@pytest.mark.parametrize("form", ["sync", "async"])
def test_the_key_function_is_asked_once(bo: Brownout, key: Any, form: str) -> None:
    asked: list[int] = []

    def key_of(n: int) -> Any:
        asked.append(n)
        return key

    async def later(n: int) -> int:
        return -n

    guard = bo.guard("tenants", key=key_of)
    decorated = guard(lambda n: -n) if form == "sync" else guard(later)
    for n in range(3):
        value = decorated(n)
        assert (value if form == "sync" else asyncio.run(value)) == -n
    assert asked == [0, 1, 2]


@pytest.mark.parametrize("form", ["sync", "async"])
def test_the_key_function_is_asked_once_where_the_call_fails(bo: Brownout, form: str) -> None:
    asked: list[int] = []

    def key_of(n: int) -> str:
        asked.append(n)
        return "org_1"

    def fail(n: int) -> Any:
        raise ValueError(n)

    async def afail(n: int) -> Any:
        raise ValueError(n)

    guard = bo.guard("tenants", key=key_of)
    endings = []
    for n in range(4):
        try:
            guard(fail)(n) if form == "sync" else asyncio.run(guard(afail)(n))
        except (ValueError, Refused) as error:
            endings.append(type(error))
    assert endings == [ValueError, ValueError, Refused, Refused]
    assert asked == [0, 1, 2, 3]


def test_fixed_bound_and_asked_keys(bo: Brownout) -> None:
    def boom() -> Any:
        raise ValueError

    fixed = bo.guard("tenants", tenant="org_1")
    for _ in range(2):
        with pytest.raises(ValueError):
            fixed(boom)()
    with pytest.raises(Refused):
        fixed(lambda: 1)()
    with pytest.raises(Refused):
        bo.guard("tenants", key="org_1")(lambda: 1)()
    with bo.bind(tenant="org_1"):
        free = bo.guard("tenants")(lambda: 1)
        with pytest.raises(Refused):
            free()
        assert bo.guard("tenants", tenant="org_2")(lambda: 1)() == 1
        assert bo.guard("tenants", key=lambda: "org_2")(lambda: 1)() == 1
    with pytest.raises(BrownoutError, match="key_required"):
        free()
    with bo.bind(tenant="org_2"):
        assert free() == 1


def test_another_policy_and_a_service_that_goes(bo: Brownout, policy: Any) -> None:
    decorated = bo.guard("afip")(lambda: 1)
    assert [decorated(), decorated()] == [1, 1]
    bo.reload({**policy, "services": {"zero": {}, **policy["services"]}})
    assert [decorated(), decorated()] == [1, 1]
    del policy["services"]["afip"]
    bo.reload(policy)
    with pytest.raises(BrownoutError) as gone:
        decorated()
    assert gone.value.code == "unknown_service"


def test_what_no_policy_knows(bo: Brownout) -> None:
    for wrong, code in [({"service": "afipp"}, "unknown_service"), ({"service": "afip", "nobody": "x"}, "unknown_key")]:
        with pytest.raises(BrownoutError) as told:
            bo.guard(**wrong)(lambda: 1)()
        assert told.value.code == code


def test_snapshots_begin_with_a_decorated_call(bo: Brownout, clock: ManualClock) -> None:
    taken: list[bytes] = []
    decorated = bo.guard("afip")(lambda: 1)
    decorated(), decorated()
    bo.on_snapshot(taken.append)
    for pause in (0, 29_999, 1, 0, 30_000):
        clock.advance(pause)
        decorated()
    assert len(taken) == 2


def test_time_stepping_back_is_followed_on_the_short_way(bo: Brownout, clock: ManualClock, effects: Any) -> None:
    heard = effects(bo)
    start = clock.now_ms()
    decorated = bo.guard("afip")(lambda: 1)
    decorated(), decorated()
    clock.advance(-60_000)
    decorated()
    assert [effect["effect"] for effect in heard] == ["clock_behind"]
    clock.advance(5_000)
    decorated()
    bo.command("force_open", service="afip", for_ms=1_000)
    assert bo.run("afip", lambda: 1).retry_at_ms == start - 54_000


def test_one_clock_for_both_ways() -> None:
    clock = WallClock()
    for _ in range(2_000):
        times = [clock.now_ms(), clock.anchor.now_ms(), clock.now_ms()]
        if times[1] is not None:  # once a second, and where the system has no such clock, the host is asked
            assert times == sorted(times)
    still = Anchor()
    still.set(1_000.0, 0.0, 1.0, -1.0)
    assert still.now_ms() is None
