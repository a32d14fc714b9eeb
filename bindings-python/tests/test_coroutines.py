"""Decorated coroutines are coroutines in every respect, and whatever ends one gives its permit back."""

from __future__ import annotations

import asyncio
import functools
import gc
import inspect
import random
import threading
import typing
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from contextvars import ContextVar
from typing import Any

import anyio
import pytest

from brownout import Brownout, CallTimeout, Refused
from brownout.testing import ManualClock

PERMITS = 8
POLICY: dict[str, Any] = {
    "version": 1,
    "permits": PERMITS,
    "services": {
        "plain": {"timeout": "off", "breaker": {"failure_rate": 1, "min_calls": 1000000}},
        "timed": {"timeout": "20ms", "breaker": {"failure_rate": 1, "min_calls": 1000000}},
        "retried": {"timeout": "off", "retry": {"attempts": 2, "backoff": {"base": "1ms", "jitter": "none"}}},
    },
}
NOTE: ContextVar[str] = ContextVar("note", default="none")


def all_permits_are_back(bo: Brownout) -> bool:
    """As many calls at once as there are permits, and not one more."""
    with ExitStack() as held:
        for _ in range(PERMITS):
            held.enter_context(bo.call("plain"))
        refusal = bo.run("plain", lambda: 1)
        return not refusal.ok and refusal.code == "permits_exhausted"


@pytest.fixture
def bo() -> Iterator[Brownout]:
    made = Brownout(POLICY, seed=1)
    yield made
    assert all_permits_are_back(made)
    made.close()


def forms() -> list[Callable[..., Any]]:
    async def nothing() -> Any:
        return ()

    async def placed(a: int, b: int = 2, /, c: int = 3) -> Any:
        return a, b, c

    async def named(type: int, *, self: int, complex: int = 5) -> Any:
        return type, self, complex

    async def rest(a: int, *more: int, last: int = 9, **kw: int) -> Any:
        return a, more, last, kw

    async def only(**kw: int) -> Any:
        return kw

    async def marked(*, __key: int = 1, BaseException: int = 2) -> Any:
        return __key, BaseException

    return [nothing, placed, named, rest, only, marked]


CALLS: list[tuple[tuple[int, ...], dict[str, int]]] = [
    ((), {}),
    ((1,), {}),
    ((1, 7), {}),
    ((1, 7, 8), {}),
    ((1, 7, 8, 9), {}),
    ((1,), {"c": 4}),
    ((1,), {"self": 6}),
    ((), {"type": 1, "self": 6, "complex": 7}),
    ((1, 2), {"last": 3, "x": 4, "args": 5, "kwargs": 6}),
    ((), {"BaseException": 3}),
]


def came(fn: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    try:
        return asyncio.run(fn(*args, **kwargs))
    except TypeError as error:
        return str(error)


@pytest.mark.parametrize("fn", forms(), ids=lambda fn: fn.__name__)
@pytest.mark.parametrize("service", ["plain", "timed", "retried"])
def test_it_takes_what_the_function_takes(bo: Brownout, fn: Callable[..., Any], service: str) -> None:
    decorated = bo.guard(service)(fn)
    assert inspect.signature(decorated) == inspect.signature(fn)
    for args, kwargs in CALLS:
        for _ in range(2):
            assert came(decorated, args, kwargs) == came(fn, args, kwargs)


def test_a_key_function_and_a_fallback_get_what_the_caller_gave(bo: Brownout) -> None:
    seen: list[Any] = []

    async def ask(org: str, page: int = 1) -> Any:
        raise ValueError

    key = lambda *args, **kwargs: seen.append((args, kwargs))  # noqa: E731
    decorated = bo.guard("plain", key=key, fallback=lambda reason, *args, **kwargs: (args, kwargs))(ask)
    assert asyncio.run(decorated("a")) == (("a",), {})
    assert asyncio.run(decorated(org="b")) == ((), {"org": "b"})
    assert seen == [(("a",), {}), ((), {"org": "b"})]


def test_annotations_are_read_where_they_were_written(bo: Brownout) -> None:
    async def ask(when: ManualClock) -> Brownout: ...  # type: ignore[empty-body]

    decorated = bo.guard("plain")(ask)
    assert decorated.__globals__ is ask.__globals__  # type: ignore[attr-defined]
    assert typing.get_type_hints(decorated) == {"when": ManualClock, "return": Brownout}


def test_what_is_called_like_a_coroutine_function(bo: Brownout) -> None:
    class Client:
        async def ask(self, n: int, *, more: int = 1) -> int:
            return n + more

    async def add(a: int, b: int) -> int:
        return a + b

    assert asyncio.run(bo.guard("plain")(functools.partial(add, 1))(2)) == 3
    assert asyncio.run(bo.guard("plain")(Client().ask)(2, more=3)) == 5
    assert asyncio.run(bo.guard("plain")(bo.guard("timed")(add))(1, b=2)) == 3


def test_nothing_is_asked_before_it_is_awaited(bo: Brownout) -> None:
    asked = []

    @bo.guard("plain", key=lambda: asked.append(1))
    async def ask() -> int:
        return 1

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        coroutine = ask()
        assert asyncio.iscoroutine(coroutine)
        assert inspect.iscoroutine(coroutine)
        del coroutine
        gc.collect()
    assert ["never awaited" in str(warning.message) for warning in said] == [True]
    assert asked == []


@pytest.mark.parametrize("service", ["plain", "retried"])
def test_what_ends_it_from_outside_gives_the_permit_back(bo: Brownout, service: str) -> None:
    class Pause:
        def __await__(self) -> Iterator[str]:
            yield "paused"

    ended: list[str] = []

    @bo.guard(service)
    async def ask() -> str:
        try:
            await Pause()
        except KeyError:
            return "mended"
        finally:
            ended.append("x")
        return "done"

    def begun() -> Any:
        coroutine = ask()
        assert coroutine.send(None) == "paused"
        return coroutine

    closed = begun()
    closed.close()
    dropped = begun()
    del dropped
    thrown = begun()
    with pytest.raises(ZeroDivisionError):
        thrown.throw(ZeroDivisionError())
    with pytest.raises(StopIteration, match="mended"):
        begun().throw(KeyError())
    with pytest.raises(StopIteration, match="done"):
        begun().send(None)
    cycle: list[Any] = [begun()]
    cycle.append(cycle)
    del cycle
    gc.collect()
    assert len(ended) == 6


def test_the_trace_leads_to_where_it_was_raised(bo: Brownout) -> None:
    async def ask() -> None:
        raise ValueError("here")

    decorated = bo.guard("plain")(ask)
    for _ in range(3):
        with pytest.raises(ValueError, match="here") as raised:
            asyncio.run(decorated())
        assert raised.traceback[-1].name == "ask"
        assert raised.value.__context__ is None
        assert raised.value.__cause__ is None


@pytest.mark.anyio
async def test_contexts_groups_and_timeouts_of_others(bo: Brownout) -> None:
    @bo.guard("plain")
    async def ask(n: float) -> str:
        await asyncio.sleep(n)
        NOTE.set("inside")
        return NOTE.get()

    NOTE.set("outside")
    assert await asyncio.gather(*(ask(0) for _ in range(3))) == ["inside"] * 3
    assert NOTE.get() == "outside"
    assert await ask(0) == "inside"
    assert NOTE.get() == "inside"
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(ask(0)) for _ in range(3)]
    assert [task.result() for task in tasks] == ["inside"] * 3
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(ask(60), 0.001)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.001):
            await ask(60)
    with anyio.move_on_after(0.001) as scope:
        await ask(60)
    assert scope.cancelled_caught


def test_outside_a_task_a_timeout_is_an_error_and_the_permit_comes_back(bo: Brownout) -> None:
    @bo.guard("timed")
    async def ask() -> int:
        return 1

    for _ in range(PERMITS + 1):
        with pytest.raises(RuntimeError, match="event loop"):
            ask().send(None)
    assert asyncio.run(ask()) == 1


async def storm(bo: Brownout, seed: int) -> set[str]:
    """Calls that end in every way there is, and rubbish collected all the while."""
    draw = random.Random(seed)
    seen: set[str] = set()

    async def body(kind: int) -> int:
        held: list[Any] = []
        held.append(held)
        if kind == 0:
            raise ValueError
        if kind == 1:
            gc.collect(0)
        if kind >= 2:
            await asyncio.sleep(0 if kind == 2 else draw.random() * 0.04)
        return kind

    calls = [bo.guard(service)(body) for service in ("plain", "timed")]

    async def one() -> None:
        try:
            seen.add(f"value {await draw.choice(calls)(draw.randrange(5))}")
        except Refused as refused:
            seen.add(refused.refusal.code)
        except (ValueError, CallTimeout) as error:
            seen.add(type(error).__name__)

    for _ in range(30):
        tasks = [asyncio.create_task(one()) for _ in range(PERMITS * 2)]
        await asyncio.sleep(0)
        for task in tasks:
            if draw.random() < 0.3:
                task.cancel()
        gc.collect(draw.randrange(3))
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        seen.update(type(end).__name__ for end in ended if end is not None)
    return seen


def test_a_storm_in_several_loops_and_threads(bo: Brownout) -> None:
    seen: list[set[str]] = []
    gc.set_threshold(50, 2, 2)
    try:
        threads = [threading.Thread(target=lambda n=n: seen.append(asyncio.run(storm(bo, n)))) for n in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        gc.set_threshold(700, 10, 10)
    assert len(seen) == 3
    ways = {"value 1", "value 2", "value 3", "value 4", "ValueError", "CallTimeout", "CancelledError", "permits_exhausted"}
    assert set().union(*seen) == ways
    assert bo.engine.deadlines.waiting() == 0


def test_loops_that_close_with_calls_in_flight(bo: Brownout) -> None:
    @bo.guard("timed")
    async def ask() -> None:
        await asyncio.sleep(60)

    async def leave_some() -> None:
        for _ in range(3):
            asyncio.ensure_future(ask())
        await asyncio.sleep(0)

    for _ in range(4):
        asyncio.run(leave_some())  # cancels what is left
    for _ in range(2):
        loop = asyncio.new_event_loop()
        loop.set_debug(False)
        loop.run_until_complete(leave_some())
        for task in asyncio.all_tasks(loop):
            task.get_coro().close()  # type: ignore[union-attr]
            task._log_destroy_pending = False  # type: ignore[attr-defined]
        loop.close()
    gc.collect()
    assert bo.engine.deadlines.waiting() == 0


def test_a_guard_that_nobody_holds_goes_with_its_calls() -> None:
    import weakref

    def use() -> weakref.ref[Any]:
        bo = Brownout(POLICY, seed=1)
        loop = asyncio.new_event_loop()

        @bo.guard("timed")
        async def ask() -> None:
            await loop.create_future()

        task = loop.create_task(ask())
        loop.run_until_complete(asyncio.sleep(0))
        task._log_destroy_pending = False  # type: ignore[attr-defined]
        loop.close()
        return weakref.ref(bo.engine)

    gone = use()
    for _ in range(3):
        gc.collect()
    assert gone() is None
