"""FastAPI with Brownout: refusals as problem details, health as a router, tenants from a header, guards as dependencies."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from brownout._bind import bound_keys
from brownout._brownout import Brownout
from brownout._call import Call
from brownout._errors import BrownoutError
from brownout._problem import CONTENT_TYPE, problem, timeout_problem
from brownout._values import CallTimeout, Refused

KeysOf = Callable[[Request], Mapping[str, str | int | None]]

PROBLEMS: dict[int | str, dict[str, Any]]
"""What a guarded endpoint may answer instead, for its OpenAPI: `@app.post("/invoices", responses=PROBLEMS)`."""


def __getattr__(name: str) -> Any:
    if name != "PROBLEMS":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from brownout.models import Problem  # a tenth of a second, for those who want it

    words = {429: "too many calls: a limit refuses", 503: "the service is held back", 504: "the service did not answer in time"}
    content = {CONTENT_TYPE: {"schema": Problem.model_json_schema()}}
    globals()[name] = {status: {"description": said, "content": content} for status, said in words.items()}
    return globals()[name]


def install(app: FastAPI, bo: Brownout, *, tenant_header: str | None = None) -> None:
    """Puts `bo` behind `app`: `app.state.brownout`, and answers for `Refused` (503 or 429 with `Retry-After`) and for
    `CallTimeout` (504) as RFC 9457 problem details. `tenant_header` names the header that binds the tenant of a request."""
    app.state.brownout = bo
    app.add_exception_handler(Refused, _answer_refusal)
    app.add_exception_handler(CallTimeout, _answer_timeout)
    if tenant_header is not None:
        app.add_middleware(TenantMiddleware, bo=bo, header=tenant_header)


async def _answer_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    status, headers, body = problem(error.refusal)
    return Response(body, status, headers)


async def _answer_timeout(request: Request, error: Exception) -> Response:
    assert isinstance(error, CallTimeout)
    status, headers, body = timeout_problem(error.service, str(error))
    return Response(body, status, headers)


class TenantMiddleware:
    """Binds a key of every request to the value of a header. Plain ASGI: it adds about a microsecond."""

    def __init__(self, app: ASGIApp, bo: Brownout, header: str = "x-tenant", key: str = "tenant") -> None:
        self._app = app
        self._bo = bo
        self._header = header.lower().encode("latin-1")
        self._key = key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        value = self._value(scope) if scope["type"] in ("http", "websocket") else None
        if not value:
            await self._app(scope, receive, send)
            return
        with self._bo.bind(**{self._key: value}):
            await self._app(scope, receive, send)

    def _value(self, scope: Scope) -> str | None:
        for name, value in scope["headers"]:
            if name == self._header:
                return str(value.decode("latin-1"))
        return None


def health_router(
    bo: Brownout,
    *,
    profile: str | None = None,
    path: str = "/api/health",
    production: bool | None = None,
    per_tenant: bool = False,
) -> APIRouter:
    """`GET path` answers the health view (`?format=`, `?detailed=`, `?lang=`), `path/live` and `path/ready` the other two.

    `per_tenant` answers for the keys bound to the request: what that tenant sees, where it differs from what all see.
    """
    router = APIRouter(tags=["health"])

    async def answer(view: str, **fields: Any) -> Response:
        try:
            report = bo.report(view, profile=profile, production=production, **fields)
        except BrownoutError as error:
            body = {"type": "about:blank", "title": "Bad Request", "status": 400, "detail": error.message, "code": error.code}
            return Response(json.dumps(body), 400, {"content-type": CONTENT_TYPE})
        return Response(report.body, report.status, {"content-type": report.content_type, "cache-control": "no-store"})

    # other dialects have forms of their own
    native: dict[str, Any] = {}
    if not production and profile in (None, "native"):
        from brownout.models import HealthReport

        native["model"] = HealthReport

    @router.get(path, name="health", responses={200: native, 503: {"description": "the service is offline", **native}})
    async def health(format: str | None = None, detailed: bool | None = None, lang: str | None = None) -> Response:
        detail = None if detailed is None else ("detailed" if detailed else "basic")
        known = bo.engine.names.key_set
        keys = {name: text for name, text in bound_keys().items() if name in known} if per_tenant else {}
        return await answer("health", format=format, detail=detail, lang=lang, keys=keys or None)

    @router.get(f"{path}/live", name="live")
    async def live() -> Response:
        return await answer("live")

    @router.get(f"{path}/ready", name="ready", responses={503: {"description": "not ready"}})
    async def ready() -> Response:
        return await answer("ready")

    return router


def guard_dependency(
    service: str, *, keys: KeysOf | None = None, weight: float = 1.0, idempotent: bool = False
) -> Callable[[Request], AsyncIterator[Call]]:
    """`Depends(guard_dependency("afip"))` holds a call open while the endpoint runs and hands it the `Call`.

    Needs `install`. `keys(request)` names keys beyond the bound ones. An `HTTPException` of the endpoint counts by its status.
    """

    async def dependency(request: Request) -> AsyncIterator[Call]:
        bo: Brownout = request.app.state.brownout
        with bo.bind(**(keys(request) if keys is not None else {})):
            call = bo.call(service, weight=weight, idempotent=idempotent)
        async with call:
            yield call

    return dependency


__all__ = ["PROBLEMS", "TenantMiddleware", "guard_dependency", "health_router", "install"]
