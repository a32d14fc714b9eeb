"""httpx behind a service's rules: `httpx.AsyncClient(transport=bo.transport("openai"))`, and the same for `httpx.Client`.

Each request asks first. The engine's timeouts bound it, its status or error is classified by the policy, `Retry-After` is
passed on, and the call is settled when the body ends or is closed. A refusal comes back as a 503 or 429 with problem
details, or is raised (`refusal="raise"`). Where the policy retries, a request whose body can be sent again is.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import anyio
import httpx

from brownout import _facts
from brownout._bind import KeyValue, bound_keys, key_texts
from brownout._facts import Settlement
from brownout._permit import Asked, Permit, ask
from brownout._problem import problem
from brownout._values import Refusal, Refused

if TYPE_CHECKING:
    from brownout._brownout import Brownout

_SAFE_TWICE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})  # RFC 9110, 9.2.2
_PHASES = ("connect", "read", "write", "pool")


class Transport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Wraps another transport; without one it opens httpx's own. `keys` and bound keys split the rules as everywhere else."""

    def __init__(
        self,
        bo: Brownout,
        service: str,
        wraps: Any = None,
        *,
        refusal: Literal["response", "raise"] = "response",
        **keys: KeyValue,
    ) -> None:
        self._engine = bo.engine
        self._sleeper = bo._sleeper
        self._service = service
        self._raises = refusal == "raise"
        self._keys = key_texts(keys)
        self._sync: httpx.BaseTransport | None = wraps if hasattr(wraps, "handle_request") else None
        self._async: httpx.AsyncBaseTransport | None = wraps if hasattr(wraps, "handle_async_request") else None
        if wraps is not None and self._sync is None and self._async is None:
            raise TypeError("`wraps` is an httpx transport")

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        inner = self._sync = self._sync or httpx.HTTPTransport()
        asked, attempt = self._asked(request), 0
        now = since = self._engine.clock.now_ms()
        timeouts = request.extensions.get("timeout", {})
        while True:
            answer = ask(self._engine, asked, now, attempt, since)
            if isinstance(answer, Refusal):
                retry = answer.decision.get("retry")
                if retry is None:
                    return self._refused(answer, request)
            else:
                exchange = _Exchange(self, answer, request, timeouts)
                try:
                    with exchange.settles_errors():
                        response = inner.handle_request(exchange.begun())
                        if not exchange.may_repeat(response):
                            return exchange.streaming(response)
                        body = b"".join(response.stream)  # type: ignore[arg-type]
                        response.close()
                except httpx.TransportError:
                    if exchange.retry is None:
                        raise
                else:
                    exchange.settle(response)
                    if exchange.retry is None:
                        return exchange.whole(response, body)
                retry = exchange.retry
            self._sleeper.sleep(retry["after_ms"])
            attempt, now = retry["attempt"], self._engine.clock.now_ms()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        inner = self._async = self._async or httpx.AsyncHTTPTransport()
        asked, attempt = self._asked(request), 0
        now = since = self._engine.clock.now_ms()
        timeouts = request.extensions.get("timeout", {})
        while True:
            answer = ask(self._engine, asked, now, attempt, since)
            if isinstance(answer, Refusal):
                retry = answer.decision.get("retry")
                if retry is None:
                    return self._refused(answer, request)
            else:
                exchange = _Exchange(self, answer, request, timeouts)
                try:
                    with exchange.settles_errors(), exchange.deadline():
                        response = await inner.handle_async_request(exchange.begun())
                        if not exchange.may_repeat(response):
                            return exchange.streaming(response)
                        body = b"".join([part async for part in response.stream])  # type: ignore[union-attr]
                        await response.aclose()
                except httpx.TransportError:
                    if exchange.retry is None:
                        raise
                else:
                    exchange.settle(response)
                    if exchange.retry is None:
                        return exchange.whole(response, body)
                retry = exchange.retry
            await self._sleeper.asleep(retry["after_ms"])
            attempt, now = retry["attempt"], self._engine.clock.now_ms()

    def close(self) -> None:
        if self._sync is not None:
            self._sync.close()

    async def aclose(self) -> None:
        if self._async is not None:
            await self._async.aclose()

    def _asked(self, request: httpx.Request) -> Asked:
        known = self._engine.names.key_set
        ambient = {name: text for name, text in bound_keys().items() if name in known}
        twice = request.method in _SAFE_TWICE or "idempotency-key" in request.headers
        retries = getattr(self._engine.names.services.get(self._service), "retries", False)
        return Asked(self._service, {**ambient, **self._keys}, idempotent=twice and retries)

    def _refused(self, refusal: Refusal, request: httpx.Request) -> httpx.Response:
        if self._raises:
            raise Refused(refusal)
        status, headers, body = problem(refusal)
        return httpx.Response(status, headers=headers, content=body, request=request, extensions={"brownout_refusal": refusal})


class _Exchange:
    """One attempt at one request: its permit, its timeouts, its ending."""

    def __init__(self, transport: Transport, permit: Permit, request: httpx.Request, given: dict[str, Any]) -> None:
        self._clock = transport._engine.clock
        self._known = transport._engine.names.services.get(permit.service)
        self._permit = permit
        self._request = request
        self._given = given
        self._timeouts: dict[str, Any] = {}
        self.retry: dict[str, Any] | None = None

    def begun(self) -> httpx.Request:
        """The request with its timeouts bounded by the engine's."""
        given = self._given
        left = self.left_s()
        first = self._seconds(self._known.first_byte_ms if self._known else None)
        for phase in _PHASES:
            bounds = [s for s in (given.get(phase), left, first if phase == "read" else None) if s is not None]
            self._timeouts[phase] = min(bounds) if bounds else None
        self._idle = [s for s in (given.get("read"), self._seconds(self._known.idle_ms if self._known else None)) if s]
        self._request.extensions = {**self._request.extensions, "timeout": self._timeouts}
        return self._request

    def left_s(self) -> float | None:
        """Real seconds until the attempt's timeout; None without one."""
        if self._permit.timeout_ms is None:
            return None
        return self._seconds(self._permit.granted_ms + self._permit.timeout_ms - self._clock.now_ms())

    def _seconds(self, span_ms: float | None) -> float | None:
        wait = None if span_ms is None else self._clock.wait_s(span_ms)
        return None if wait is None else max(wait, 0.0)

    @contextmanager
    def deadline(self) -> Iterator[None]:
        """Interrupts an awaited step at the attempt's timeout."""
        left = self.left_s()
        if left is None:
            yield
            return
        try:
            with anyio.fail_after(left):
                yield
        except TimeoutError as late:
            raise self.late() from late

    def late(self) -> httpx.ReadTimeout:
        """What is raised at the timeout."""
        return httpx.ReadTimeout(
            f"`{self._permit.service}` took longer than {self._permit.timeout_ms:g} ms", request=self._request
        )

    @contextmanager
    def settles_errors(self) -> Iterator[None]:
        """Whatever is raised inside ends the attempt."""
        try:
            yield
        except GeneratorExit:  # a body that nobody reads to its end: `close` says how that went
            raise
        except BaseException as error:
            self._tell(_facts.of_error(error))
            if not self._repeatable():
                self.retry = None
            raise

    def settle(self, response: httpx.Response) -> None:
        """The attempt ended as its status says."""
        self._tell(_facts.of_value(response))

    def _tell(self, settlement: Settlement) -> None:
        settled = self._permit.settle(settlement)
        self.retry = None if settled is None else settled.get("retry")

    def _repeatable(self) -> bool:
        return isinstance(self._request.stream, httpx.ByteStream)

    def may_repeat(self, response: httpx.Response) -> bool:
        """Could the engine want this tried again? Then the error's body is read first, so that it can be asked."""
        return response.status_code >= 400 and self._known is not None and self._known.retries and self._repeatable()

    def streaming(self, response: httpx.Response) -> httpx.Response:
        """The response, whose body settles the attempt when it ends."""
        if self._idle:
            bounds = [*self._idle, *([left] if (left := self.left_s()) is not None else [])]
            self._timeouts["read"] = min(bounds)
        body = _Body(self, response)
        return httpx.Response(response.status_code, headers=response.headers, stream=body, extensions=response.extensions)

    @staticmethod
    def whole(response: httpx.Response, body: bytes) -> httpx.Response:
        """The response of an attempt that is settled and was read."""
        return httpx.Response(
            response.status_code, headers=response.headers, stream=httpx.ByteStream(body), extensions=response.extensions
        )


class _Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that settles its attempt once, when it ends, breaks or is closed."""

    def __init__(self, exchange: _Exchange, response: httpx.Response) -> None:
        self._exchange = exchange
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        with self._exchange.settles_errors():
            for part in self._response.stream:  # type: ignore[union-attr]
                yield part
                left = self._exchange.left_s()
                if left is not None and left <= 0.0:
                    raise self._exchange.late()
        self._exchange.settle(self._response)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        parts = aiter(self._response.stream)  # type: ignore[arg-type]
        with self._exchange.settles_errors():
            while True:
                try:
                    with self._exchange.deadline():
                        part = await anext(parts)
                except StopAsyncIteration:
                    break
                yield part
        self._exchange.settle(self._response)

    def close(self) -> None:
        self._exchange.settle(self._response)
        self._response.stream.close()  # type: ignore[union-attr]

    async def aclose(self) -> None:
        self._exchange.settle(self._response)
        await self._response.stream.aclose()  # type: ignore[union-attr]
