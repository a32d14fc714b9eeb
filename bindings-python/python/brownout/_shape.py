"""Coroutine functions that take what another takes, written out: to pass `*args, **kwargs` on costs as much as a frame."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any, cast

_FREE = ("*args, **kwargs", "*args, **kwargs", "args", "kwargs")
_OWN = "_brownout_"


def shaped(fn: Callable[..., Any], source: str, names: dict[str, Any], *, free: bool) -> Callable[..., Any]:
    """A coroutine function in the place of `fn`, wrapped as `functools.wraps` does.

    `source` is its body; `CALL`, `ARGS` and `KWARGS` stand for what it is given, as arguments of a call, as a tuple and as a
    dictionary. `names` are what else the body uses; each begins with `_brownout_`. `free`: it takes everything as it comes,
    since somebody has to see just that.
    """
    shape = None if free else _parameters(fn)
    taken, given, args, kwargs = shape or _FREE
    body = source.replace("KWARGS", kwargs).replace("ARGS", args).replace("CALL", given)
    scope: dict[str, Any] = {}
    exec(_compiled(f"def {_OWN}({', '.join(names)}):\n async def {_OWN}({taken}):{body}\n return {_OWN}"), scope)
    made: FunctionType = scope[_OWN](**names)
    # the names of the module that `fn` is from: whoever reads annotations looks them up there
    home, name = getattr(fn, "__globals__", scope), getattr(fn, "__name__", _OWN)
    made = FunctionType(made.__code__, home, name, None, made.__closure__)
    if shape is not None and isinstance(fn, FunctionType):
        made.__defaults__, made.__kwdefaults__ = fn.__defaults__, cast("dict[str, Any]", fn.__kwdefaults__)
    return functools.wraps(fn)(made)


@functools.lru_cache(256)
def _compiled(text: str) -> CodeType:
    return compile(text, "<brownout>", "exec")


def _parameters(fn: Callable[..., Any]) -> tuple[str, str, str, str] | None:
    """What `fn` takes, and how that is handed on; None where it is no plain function, or names what is ours."""
    if not isinstance(fn, FunctionType):
        return None
    code = fn.__code__
    count, keyword = code.co_argcount, code.co_kwonlyargcount
    names = iter(code.co_varnames[: count + keyword + 2])
    placed, only = [next(names) for _ in range(count)], [next(names) for _ in range(keyword)]
    rest = next(names) if code.co_flags & inspect.CO_VARARGS else None
    more = next(names) if code.co_flags & inspect.CO_VARKEYWORDS else None
    if any(name.startswith(_OWN) or not name.isidentifier() for name in (*placed, *only, rest or "_", more or "_")):
        return None
    taken, unset = list(placed), [f"{name}=None" for name in placed[len(placed) - len(fn.__defaults__ or ()) :]]
    taken[len(placed) - len(unset) :] = unset
    if code.co_posonlyargcount:
        taken.insert(code.co_posonlyargcount, "/")
    if rest is not None or only:
        taken.append(f"*{rest or ''}")
    taken += [f"{name}=None" if name in (fn.__kwdefaults__ or {}) else name for name in only]
    given = [*placed, *([f"*{rest}"] if rest else []), *(f"{name}={name}" for name in only)]
    args = "".join(f"{part}, " for part in given[: len(placed) + bool(rest)])
    kwargs = "".join(f"{name!r}: {name}, " for name in only)
    if more is not None:
        taken.append(f"**{more}")
        given.append(f"**{more}")
        kwargs += f"**{more}"
    return ", ".join(taken), ", ".join(given), f"({args})", f"{{{kwargs}}}"
