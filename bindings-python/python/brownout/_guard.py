"""A protected function: run it for a value, or decorate it."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from contextlib import aclosing
from dataclasses import replace
from types import CoroutineType
from typing import Any, ParamSpec, TypeAlias, TypeVar, cast

from brownout import _facts
from brownout._bind import KeyValue, bound_keys, key_texts
from brownout._call import Call
from brownout._clock import Sleeper
from brownout._engine import Decision, Engine
from brownout._facts import Settlement
from brownout._permit import Asked, Permit, ask
from brownout._values import CallTimeout, Failed, Ok, Refusal, Result

P = ParamSpec("P")
R = TypeVar("R")
Keys: TypeAlias = Mapping[str, KeyValue]
KeyOf: TypeAlias = Callable[..., "KeyValue | Keys"]
Fallback: TypeAlias = Callable[..., Any]
Classifier: TypeAlias = Callable[[Any, "Exception | None"], "str | Settlement | None"]


class Guard:
    """Protects functions with one service's rules. Made by `bo.guard("afip", …)`.

    As a decorator it takes `def`, `async def` and generators of both kinds, and raises: `Refused` when the engine says no,
    else what the function raises, unless a `fallback` gives a value instead. `run` and `arun` return a value and raise nothing
    of this. Cancellation and exits pass through, and so does `BrownoutError`: a service that the policy does not know is the
    caller's mistake, not an answer.
    """

    def __init__(
        self,
        engine: Engine,
        sleeper: Sleeper,
        service: str,
        *,
        keys: Keys,
        key: KeyOf | KeyValue = None,
        fallback: Fallback | None = None,
        classify: Classifier | None = None,
        idempotent: bool = False,
        weight: float = 1.0,
        amounts: Mapping[str, float] | None = None,
    ) -> None:
        self._engine = engine
        self._sleeper = sleeper
        self._keys = key_texts(keys)
        self._key = key
        self._fallback = fallback
        self._classify = classify
        self._plain = Asked(service, self._keys, weight, amounts, idempotent)

    def run(self, fn: Callable[..., R], /, *args: Any, **kwargs: Any) -> Result[R]:
        """Calls `fn(*args, **kwargs)` if the engine lets it, again as often as the engine says, and tells what came of it."""
        asked = self._asked(args, kwargs)
        now = since = self._engine.clock.now_ms()
        attempt = 0
        ended: Result[R] | None = None
        while True:
            result, retry = self._once(ask(self._engine, asked, now, attempt, since), fn, args, kwargs)
            ended = _ending(result, ended)
            if retry is None:
                return self._with_fallback(ended, args, kwargs)
            self._sleeper.sleep(retry["after_ms"])
            attempt, now = retry["attempt"], self._engine.clock.now_ms()

    async def arun(self, fn: Callable[..., Awaitable[R] | R], /, *args: Any, **kwargs: Any) -> Result[R]:
        """The same for a coroutine function; the engine's timeout interrupts it (`Failed` with `CallTimeout`)."""
        asked = self._asked(args, kwargs)
        now = since = self._engine.clock.now_ms()
        attempt = 0
        ended: Result[R] | None = None
        while True:
            result, retry = await self._aonce(ask(self._engine, asked, now, attempt, since), fn, args, kwargs)
            ended = _ending(result, ended)
            if retry is None:
                result = self._with_fallback(ended, args, kwargs)
                if isinstance(result, Ok) and result.instead_of is not None and inspect.isawaitable(result.value):
                    result = await self._await_fallback(result)
                return result
            await self._sleeper.asleep(retry["after_ms"])
            attempt, now = retry["attempt"], self._engine.clock.now_ms()

    def __call__(self, fn: Callable[P, R]) -> Callable[P, R]:
        """Decorates `fn`."""
        kind: Any
        if inspect.isasyncgenfunction(fn):
            kind = self._async_generator(fn)
        elif inspect.isgeneratorfunction(fn):
            kind = self._generator(fn)
        elif inspect.iscoroutinefunction(fn):

            @functools.wraps(fn)
            async def awaited(*args: P.args, **kwargs: P.kwargs) -> Any:
                return (await self.arun(fn, *args, **kwargs)).unwrap()

            kind = awaited
        else:

            @functools.wraps(fn)
            def called(*args: P.args, **kwargs: P.kwargs) -> Any:
                return self.run(fn, *args, **kwargs).unwrap()

            kind = called
        return cast("Callable[P, R]", kind)

    # Generators are not timed: between two items the consumer runs, and its time is not the upstream's to answer for.

    def _generator(self, fn: Callable[..., Any]) -> Callable[..., Generator[Any, Any, Any]]:
        @functools.wraps(fn)
        def generate(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
            with Call(self._engine, self._asked(args, kwargs), timed=False):
                return (yield from fn(*args, **kwargs))

        return generate

    def _async_generator(self, fn: Callable[..., Any]) -> Callable[..., AsyncGenerator[Any, None]]:
        @functools.wraps(fn)
        async def generate(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, None]:
            async with Call(self._engine, self._asked(args, kwargs), timed=False), aclosing(fn(*args, **kwargs)) as items:
                async for item in items:
                    yield item

        return generate

    def _asked(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Asked:
        bound = bound_keys()
        ambient = {name: text for name, text in bound.items() if name in self._engine.names.key_set}
        if self._key is None:
            return replace(self._plain, keys={**ambient, **self._keys}) if ambient else self._plain
        value = self._key(*args, **kwargs) if callable(self._key) else self._key
        named = value if isinstance(value, Mapping) else {self._only_key(): value}
        return replace(self._plain, keys={**ambient, **self._keys, **key_texts(named)})

    def _only_key(self) -> str:
        keys = self._engine.names.keys
        return keys[0] if len(keys) == 1 else "tenant"

    def _once(
        self, permit: Permit | Refusal, fn: Callable[..., R], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Result[R], dict[str, Any] | None]:
        if isinstance(permit, Refusal):
            return permit, permit.decision.get("retry")
        try:
            value = fn(*args, **kwargs)
        except Exception as error:
            return self._failed(permit, error, interrupted=False)
        except BaseException as error:
            permit.settle(_facts.of_error(error))
            raise
        if isinstance(value, CoroutineType):
            value.close()
            permit.settle({"outcome": "neutral"})
            return Failed(permit.service, TypeError("`run` calls plain functions: use `arun` for a coroutine function")), None
        return self._worked(permit, value, interrupted=False)

    async def _aonce(
        self, permit: Permit | Refusal, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Result[Any], dict[str, Any] | None]:
        if isinstance(permit, Refusal):
            return permit, permit.decision.get("retry")
        seconds = None if permit.timeout_ms is None else self._engine.clock.wait_s(permit.timeout_ms)
        scope = asyncio.timeout(seconds)
        try:
            async with scope:
                value = fn(*args, **kwargs)
                if inspect.isawaitable(value):
                    value = await value
        except Exception as error:
            if scope.expired() and isinstance(error, TimeoutError):
                late = CallTimeout(permit.service, permit.timeout_ms or 0.0)
                late.__cause__ = error
                return self._failed(permit, late, interrupted=True)
            return self._failed(permit, error, interrupted=True)
        except BaseException as error:
            permit.settle(_facts.of_error(error))
            raise
        return self._worked(permit, value, interrupted=True)

    def _worked(self, permit: Permit, value: R, *, interrupted: bool) -> tuple[Result[R], dict[str, Any] | None]:
        seen = _facts.of_value(value)
        try:
            told = self._classified(seen, value, None)
            settled = permit.settle(told, timed=not interrupted)
        except Exception as error:
            permit.settle(seen, timed=not interrupted)
            return Failed(permit.service, error, permit.attempt + 1), None
        if settled is None:
            return Ok(value, permit.attempt + 1, permit.overran), None
        outcome = settled.get("outcome", "success")
        return Ok(value, permit.attempt + 1, permit.overran, outcome=outcome), settled.get("retry")

    def _failed(self, permit: Permit, error: Exception, *, interrupted: bool) -> tuple[Result[Any], dict[str, Any] | None]:
        seen = _facts.of_error(error)
        try:
            told = self._classified(seen, None, error)
            settled = permit.settle(told, timed=not interrupted)
        except Exception as worse:
            permit.settle(seen, timed=not interrupted)
            worse.__context__ = error
            return Failed(permit.service, worse, permit.attempt + 1), None
        outcome = None if settled is None else settled.get("outcome")
        return Failed(permit.service, error, permit.attempt + 1, outcome), _retry(settled)

    def _classified(self, seen: Settlement, value: Any, error: Exception | None) -> Settlement:
        if self._classify is None:
            return seen
        said = self._classify(value, error)
        if said is None:
            return seen
        return _facts.merge(seen, {"outcome": said} if isinstance(said, str) else said)

    def _with_fallback(self, result: Result[R], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Result[R]:
        if self._fallback is None or isinstance(result, Ok):
            return result
        if isinstance(result, Failed) and result.outcome == "neutral":
            return result  # the upstream did its part: a caller's own mistake is not papered over
        try:
            return Ok(self._fallback(result, *args, **kwargs), result.attempts, instead_of=result)
        except Exception as error:
            return Failed(result.service, error, result.attempts)

    async def _await_fallback(self, result: Ok[Any]) -> Result[Any]:
        try:
            return replace(result, value=await result.value)
        except Exception as error:
            return Failed(self._plain.service, error, result.attempts)


def _ending(result: Result[R], before: Result[R] | None) -> Result[R]:
    """How the call stands: where a later attempt was refused, what an earlier one ended with says more than the refusal."""
    return before if isinstance(result, Refusal) and before is not None else result


def _retry(settled: Decision | None) -> dict[str, Any] | None:
    return None if settled is None else settled.get("retry")
