"""A protected function: run it for a value, or decorate it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from contextlib import aclosing
from dataclasses import replace
from types import CoroutineType
from typing import Any, ParamSpec, TypeAlias, TypeVar, cast

from brownout import _facts
from brownout._bind import KeyValue, bound_keys, key_texts, read_bound
from brownout._call import Call
from brownout._clock import Sleeper
from brownout._core import Guarded, Instead, Line, Scope, Ticket
from brownout._engine import Decision, Engine, unknown_permit
from brownout._errors import BrownoutError
from brownout._facts import Settlement
from brownout._names import Names
from brownout._permit import Asked, Permit, answered, ask
from brownout._shape import shaped
from brownout._values import CallTimeout, Failed, Ok, Refusal, Result

P = ParamSpec("P")
R = TypeVar("R")
Args: TypeAlias = tuple[Any, ...]
Kwargs: TypeAlias = dict[str, Any]
Keys: TypeAlias = Mapping[str, KeyValue]
KeyOf: TypeAlias = Callable[..., "KeyValue | Keys"]
Fallback: TypeAlias = Callable[..., Any]
Tried: TypeAlias = "tuple[Result[R], dict[str, Any] | None]"
"""What one attempt came to, and the retry that the engine advises."""
Classifier: TypeAlias = Callable[[Any, "Exception | None"], "str | Settlement | None"]


_QUICK = """
     _brownout_ticket = _brownout_enter(ENTER)
     if not _brownout_ticket:
         return await _brownout_guard._aelse(_brownout_ticket, _brownout_fn, ARGS, KWARGS)
     try:
         _brownout_value = await _brownout_fn(CALL)
     except _brownout_guard._ANY as _brownout_error:
         _brownout_told = _brownout_guard._line().fail(_brownout_ticket, _brownout_error)
         if _brownout_told is True:
             raise
         _brownout_caught = _brownout_error
     else:
         _brownout_told = _brownout_leave(_brownout_ticket, _brownout_value)
         if _brownout_told is True:
             return _brownout_value
         return await _brownout_guard._areturned(_brownout_ticket, _brownout_told, _brownout_value, _brownout_fn, ARGS, KWARGS)
     return await _brownout_guard._araised(_brownout_ticket, _brownout_told, _brownout_caught, _brownout_fn, ARGS, KWARGS)
"""
"""A decorated coroutine function on the short way."""


class Guard:
    """Protects functions with one service's rules. Made by `bo.guard("afip", …)`.

    As a decorator it takes `def`, `async def` and generators of both kinds, and raises: `Refused` when the engine says no,
    else what the function raises, unless a `fallback` gives a value instead. `run` and `arun` return a value and raise nothing
    of this. Cancellation and exits pass through, and so does `BrownoutError`: a service that the policy does not know is the
    caller's mistake, not an answer.
    """

    _ANY = BaseException

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
        self._short: Line | None = None
        self._plain = Asked(service, self._keys, weight, amounts, idempotent)
        self._plainly = classify is None and not amounts and not isinstance(key, Mapping)
        """Does nothing but names and keys go into this guard's questions?"""

    def run(self, fn: Callable[..., R], /, *args: Any, **kwargs: Any) -> Result[R]:
        """Calls `fn(*args, **kwargs)` if the engine lets it, again as often as the engine says, and tells what came of it."""
        asked, since, answer = self._ask(args, kwargs)
        if isinstance(answer, Refusal) and answer.advice is None:
            return answer if self._fallback is None else self._with_fallback(answer, args, kwargs)
        return self._rest(asked, since, self._once(answer, fn, args, kwargs), fn, args, kwargs)

    async def arun(self, fn: Callable[..., Awaitable[R] | R], /, *args: Any, **kwargs: Any) -> Result[R]:
        """The same for a coroutine function; the engine's timeout interrupts it (`Failed` with `CallTimeout`)."""
        asked, since, answer = self._ask(args, kwargs)
        return await self._arest(asked, since, await self._aonce(answer, fn, args, kwargs), fn, args, kwargs)

    def __call__(self, fn: Callable[P, R]) -> Callable[P, R]:
        """Decorates `fn`."""
        kind: Any
        if inspect.isasyncgenfunction(fn):
            kind = self._async_generator(fn)
        elif inspect.isgeneratorfunction(fn):
            kind = self._generator(fn)
        elif inspect.iscoroutinefunction(fn):
            kind = self._coroutine(fn)
        else:
            kind = self._function(fn)
        return cast("Callable[P, R]", kind)

    def _ask(self, args: Args, kwargs: Kwargs) -> tuple[Asked, float, Permit | Refusal]:
        """Asks for a first attempt: what was asked for, when, and what came of it."""
        if not self._plainly:
            return self._ask_whole(self._asked(args, kwargs))
        ticket = (self._short or self._line()).ask(args, kwargs)
        if isinstance(ticket, Ticket):
            asked, permit = self._unpacked(ticket, args, kwargs)
            return asked, ticket.at_ms, permit
        answer = ticket.answer
        if isinstance(answer, Refusal):
            return self._plain, 0.0, answer
        if answer is None or len(answer) == 1:
            return self._ask_whole(self._again(answer, args, kwargs))
        key, at_ms, said = answer
        asked = self._again(key, args, kwargs)
        return asked, at_ms, answered(self._engine, asked, at_ms, self._engine.take(said, at_ms))

    def _ask_whole(self, asked: Asked) -> tuple[Asked, float, Permit | Refusal]:
        now = self._engine.clock.now_ms()
        return asked, now, ask(self._engine, asked, now, 0, now)

    def _run(self, asked: Asked, fn: Callable[..., R], args: Args, kwargs: Kwargs) -> Result[R]:
        now = self._engine.clock.now_ms()
        first = self._once(ask(self._engine, asked, now, 0, now), fn, args, kwargs)
        return self._rest(asked, now, first, fn, args, kwargs)

    def _rest(self, asked: Asked, since: float, first: Tried[R], fn: Callable[..., R], args: Args, kwargs: Kwargs) -> Result[R]:
        """The attempts after the first, which came to `first`."""
        ended, retry = first
        while retry is not None:
            self._sleeper.sleep(retry["after_ms"])
            permit = ask(self._engine, asked, self._engine.clock.now_ms(), retry["attempt"], since)
            result, retry = self._once(permit, fn, args, kwargs)
            ended = _ending(result, ended)
        return self._with_fallback(ended, args, kwargs)

    async def _arun(self, asked: Asked, fn: Callable[..., Awaitable[R] | R], args: Args, kwargs: Kwargs) -> Result[R]:
        now = self._engine.clock.now_ms()
        first = await self._aonce(ask(self._engine, asked, now, 0, now), fn, args, kwargs)
        return await self._arest(asked, now, first, fn, args, kwargs)

    async def _arest(
        self, asked: Asked, since: float, first: Tried[Any], fn: Callable[..., Any], args: Args, kwargs: Kwargs
    ) -> Result[Any]:
        ended, retry = first
        while retry is not None:
            await self._sleeper.asleep(retry["after_ms"])
            permit = ask(self._engine, asked, self._engine.clock.now_ms(), retry["attempt"], since)
            result, retry = await self._aonce(permit, fn, args, kwargs)
            ended = _ending(result, ended)
        result = self._with_fallback(ended, args, kwargs)
        if isinstance(result, Ok) and result.instead_of is not None and inspect.isawaitable(result.value):
            result = await self._await_fallback(result)
        return result

    # Decorated functions. Where nothing forbids it they take the short way: `Line` asks and tells in plain numbers, and hands
    # over to the methods below whatever is not plain. Both ways give the engine the same inputs.

    def _function(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        if self._plainly:
            return functools.wraps(fn)(cast("Any", Guarded(self._line(), fn)))

        @functools.wraps(fn)
        def called(*args: Any, **kwargs: Any) -> Any:
            return self.run(fn, *args, **kwargs).unwrap()

        return called

    def _coroutine(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        if not self._plainly:

            @functools.wraps(fn)
            async def awaited(*args: Any, **kwargs: Any) -> Any:
                return (await self.arun(fn, *args, **kwargs)).unwrap()

            return awaited
        line, with_key = self._line(), callable(self._key)
        names = {
            "_brownout_fn": fn,
            "_brownout_enter": line.enter if with_key else line.enter_keyless,
            "_brownout_leave": line.leave,
            "_brownout_guard": self,
        }
        # a key function and a fallback are to get what the caller gave, and nothing else
        free = with_key or self._fallback is not None
        return shaped(fn, _QUICK.replace("ENTER", "ARGS, KWARGS" if with_key else ""), names, free=free)

    def _line(self) -> Line:
        line = self._short
        if line is None:
            key, direct = self._key if callable(self._key) else None, self._fallback is None
            engine, asked = self._engine, self._plain
            line = self._short = Line(engine.lane, engine.deadlines, self, read_bound, key, asked.weight, asked.service, direct)
        return line

    def _plan(self) -> tuple[int, list[str], list[str | None], int, Names | None] | None:
        """This guard in the numbers of the policy in force, and its names where refusals can be put into words with them alone;
        None where a call would be an error."""
        names, fixed = self._engine.names, self._keys
        if self._key is not None and not callable(self._key):
            fixed = {**fixed, **key_texts({self._only_key(): cast("KeyValue", self._key)})}
        known = names.services.get(self._plain.service)
        if known is None or not names.key_set.issuperset(fixed):
            return None
        only = self._only_key()
        place = names.keys.index(only) if only in names.key_set else len(names.keys)
        words = None if known.retries else names
        return known.handle, list(names.keys), [fixed.get(name) for name in names.keys], place, words

    def _arm(self, next_ms: float) -> None:
        self._engine.arm(next_ms)

    def _unpacked(self, ticket: Ticket | complex, args: Args, kwargs: Kwargs) -> tuple[Asked, Permit]:
        if isinstance(ticket, complex):
            asked = self._asked(args, kwargs)
            return asked, Permit(self._engine, asked, 0, ticket.imag, int(ticket.real))
        asked = self._again(ticket.key, args, kwargs)
        return asked, Permit(self._engine, asked, 0, ticket.at_ms, ticket.permit)

    def _again(self, key: tuple[Any] | None, args: Args, kwargs: Kwargs) -> Asked:
        return self._asked(args, kwargs) if key is None else self._asked_for(key[0])

    def _whole(self, fn: Callable[..., R], args: Args, kwargs: Kwargs, key: tuple[Any] | None) -> R:
        """Nothing has been asked yet."""
        return self._run(self._again(key, args, kwargs), fn, args, kwargs).unwrap()

    def _refused(self, fn: Callable[..., R], args: Args, kwargs: Kwargs, refusal: Refusal) -> R:
        """The engine said no, once and for all."""
        refused: Result[R] = refusal
        return self._with_fallback(refused, args, kwargs).unwrap()

    def _hear(self, now_ms: float, said: str) -> None:
        """The engine was told of a failure that goes to the caller, and had something to say."""
        try:
            self._engine.take(said, now_ms)
        except BrownoutError as error:
            if not unknown_permit(error):
                raise

    def _told(self, fn: Callable[..., R], args: Args, kwargs: Kwargs, key: tuple[Any] | None, at_ms: float, said: str) -> R:
        """The engine was asked, and its answer was no plain grant."""
        asked = self._again(key, args, kwargs)
        first = self._once(answered(self._engine, asked, at_ms, self._engine.take(said, at_ms)), fn, args, kwargs)
        return self._rest(asked, at_ms, first, fn, args, kwargs).unwrap()

    def _raised(self, fn: Callable[..., R], args: Args, kwargs: Kwargs, ticket: Ticket, error: BaseException) -> R:
        """The function was called and raised."""
        asked, permit = self._unpacked(ticket, args, kwargs)
        first: Tried[R] = self._caught(permit, error, interrupted=False)
        return self._rest(asked, ticket.at_ms, first, fn, args, kwargs).unwrap()

    def _returned(self, fn: Callable[..., R], args: Args, kwargs: Kwargs, ticket: Ticket, value: R) -> R:
        """The function gave a value that has to be looked at."""
        asked, permit = self._unpacked(ticket, args, kwargs)
        first: Tried[R] = self._came(permit, value)
        return self._rest(asked, ticket.at_ms, first, fn, args, kwargs).unwrap()

    def _settled(
        self,
        fn: Callable[..., R],
        args: Args,
        kwargs: Kwargs,
        ticket: Ticket,
        value: R,
        now_ms: float,
        said: str,
    ) -> R:
        """The engine was told of the value, and had something to say."""
        asked = self._again(ticket.key, args, kwargs)
        return self._rest(asked, ticket.at_ms, self._heard(value, now_ms, said), fn, args, kwargs).unwrap()

    def _heard(self, value: R, now_ms: float, said: str) -> Tried[R]:
        try:
            settled = self._engine.take(said, now_ms)
        except BrownoutError as error:
            if not unknown_permit(error):
                raise
            return Ok(value), None
        return Ok(value, outcome=settled.get("outcome", "success")), settled.get("retry")

    async def _aelse(self, instead: Instead, fn: Callable[..., Any], args: Args, kwargs: Kwargs) -> Any:
        """No ticket: not asked yet, or no plain grant."""
        answer = instead.answer
        if isinstance(answer, Refusal):
            return (await self._arest(self._plain, 0.0, (answer, None), fn, args, kwargs)).unwrap()
        if answer is not None and len(answer) == 2:  # granted, and its time could not be set
            return await self._araised(answer[0], False, answer[1], fn, args, kwargs)
        if answer is None or len(answer) == 1:
            return (await self._arun(self._again(answer, args, kwargs), fn, args, kwargs)).unwrap()
        key, at_ms, said = answer
        asked = self._again(key, args, kwargs)
        first = await self._aonce(answered(self._engine, asked, at_ms, self._engine.take(said, at_ms)), fn, args, kwargs)
        return (await self._arest(asked, at_ms, first, fn, args, kwargs)).unwrap()

    async def _araised(
        self,
        ticket: Ticket | complex,
        told: bool | None,
        error: BaseException,
        fn: Callable[..., Any],
        args: Args,
        kwargs: Kwargs,
    ) -> Any:
        """What was raised has to be looked at, or came of its time being up (`told` is None)."""
        asked, permit = self._unpacked(ticket, args, kwargs)
        if told is None and isinstance(ticket, Ticket):
            error = self._late(error, ticket.timeout_ms)
        first = self._caught(permit, error, interrupted=True)
        return (await self._arest(asked, permit.granted_ms, first, fn, args, kwargs)).unwrap()

    async def _areturned(
        self, ticket: Ticket | complex, told: Any, value: Any, fn: Callable[..., Any], args: Args, kwargs: Kwargs
    ) -> Any:
        """The value has to be looked at (`told` is False), or the engine had something to say of it."""
        asked, permit = self._unpacked(ticket, args, kwargs)
        first = self._heard(value, *told) if told else self._worked(permit, value, interrupted=True)
        return (await self._arest(asked, permit.granted_ms, first, fn, args, kwargs)).unwrap()

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

    def _asked(self, args: Args, kwargs: Kwargs) -> Asked:
        return self._asked_for(self._key(*args, **kwargs) if callable(self._key) else self._key)

    def _asked_for(self, value: KeyValue | Keys) -> Asked:
        bound = bound_keys()
        ambient = {name: text for name, text in bound.items() if name in self._engine.names.key_set}
        if self._key is None:
            return replace(self._plain, keys={**ambient, **self._keys}) if ambient else self._plain
        named = value if isinstance(value, Mapping) else {self._only_key(): value}
        return replace(self._plain, keys={**ambient, **self._keys, **key_texts(named)})

    def _only_key(self) -> str:
        keys = self._engine.names.keys
        return keys[0] if len(keys) == 1 else "tenant"

    def _once(self, permit: Permit | Refusal, fn: Callable[..., R], args: Args, kwargs: Kwargs) -> Tried[R]:
        if isinstance(permit, Refusal):
            return permit, permit.advice
        try:
            value = fn(*args, **kwargs)
        except BaseException as error:
            return self._caught(permit, error, interrupted=False)
        return self._came(permit, value)

    async def _aonce(self, permit: Permit | Refusal, fn: Callable[..., Any], args: Args, kwargs: Kwargs) -> Tried[Any]:
        if isinstance(permit, Refusal):
            return permit, permit.advice
        scope: Scope | None = None
        try:
            if permit.timeout_ms is not None:
                scope = self._engine.give_time(permit.timeout_ms)
            value = fn(*args, **kwargs)
            if inspect.isawaitable(value):
                value = await value
        except BaseException as error:
            return self._caught(permit, self._in_time(scope, error), interrupted=True)
        if scope is not None:
            scope.leave()
        return self._worked(permit, value, interrupted=True)

    def _in_time(self, scope: Scope | None, error: BaseException) -> BaseException:
        """What a coroutine raised; `CallTimeout` where it was its time that was up."""
        if scope is None or not scope.failed(error):
            return error
        return self._late(error, scope.timeout_ms)

    def _late(self, error: BaseException, timeout_ms: float) -> CallTimeout:
        late = CallTimeout(self._plain.service, timeout_ms)
        late.__cause__ = error
        return late

    def _caught(self, permit: Permit, error: BaseException, *, interrupted: bool) -> Tried[Any]:
        if isinstance(error, Exception):
            return self._failed(permit, error, interrupted=interrupted)
        seen = _facts.of_error(error)
        permit.settle(seen)
        self._learn(error, seen)
        raise error

    def _learn(self, error: BaseException, seen: Settlement) -> None:
        """What the engine made of `error` holds for the next of its type, if its type was all there was to see."""
        if self._short is None or len(seen) > 1 or len(seen["facts"]) > 1 or not _facts.told_by_type(error):
            return
        outcome = self._engine.judged(self._plain.service, seen["facts"])
        if outcome is not None:
            self._short.learn(type(error), outcome)

    def _came(self, permit: Permit, value: R) -> Tried[R]:
        if isinstance(value, CoroutineType):
            value.close()
            permit.settle({"outcome": "neutral"})
            return Failed(permit.service, TypeError("`run` calls plain functions: use `arun` for a coroutine function")), None
        return self._worked(permit, value, interrupted=False)

    def _worked(self, permit: Permit, value: R, *, interrupted: bool) -> Tried[R]:
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

    def _failed(self, permit: Permit, error: Exception, *, interrupted: bool) -> Tried[Any]:
        seen = _facts.of_error(error)
        try:
            told = self._classified(seen, None, error)
            settled = permit.settle(told, timed=not interrupted)
        except Exception as worse:
            permit.settle(seen, timed=not interrupted)
            worse.__context__ = error
            return Failed(permit.service, worse, permit.attempt + 1), None
        if told is seen:
            self._learn(error, seen)
        outcome = None if settled is None else settled.get("outcome")
        return Failed(permit.service, error, permit.attempt + 1, outcome), _retry(settled)

    def _classified(self, seen: Settlement, value: Any, error: Exception | None) -> Settlement:
        if self._classify is None:
            return seen
        said = self._classify(value, error)
        if said is None:
            return seen
        return _facts.merge(seen, {"outcome": said} if isinstance(said, str) else said)

    def _with_fallback(self, result: Result[R], args: Args, kwargs: Kwargs) -> Result[R]:
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
