"""The keys of the calls made in this context: whose tenant, whose user."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from contextvars import ContextVar, Token
from types import MappingProxyType, TracebackType
from typing import TypeAlias

from brownout._core import keys_are_bound
from brownout._errors import BrownoutError, Fault

KeyValue: TypeAlias = str | int | uuid.UUID | None

_NOTHING: Mapping[str, str] = MappingProxyType({})
_bound: ContextVar[Mapping[str, str]] = ContextVar("brownout_keys", default=_NOTHING)


read_bound = _bound.get
"""The same as `bound_keys`, without a frame of its own."""


def bound_keys() -> Mapping[str, str]:
    """The keys bound here."""
    return _bound.get()


def key_texts(keys: Mapping[str, KeyValue]) -> dict[str, str]:
    """Keys as text; None leaves one out. Errors: `wrong_type`."""
    texts: dict[str, str] = {}
    for name, value in keys.items():
        if isinstance(value, str):
            texts[name] = value
        elif isinstance(value, (int, uuid.UUID)) and not isinstance(value, bool):
            texts[name] = str(value)
        elif value is not None:
            message = f"a key is text, an integer or a uuid, not a {type(value).__name__}"
            raise BrownoutError([Fault("wrong_type", f"keys.{name}", message, "pass the key as text")])
    return texts


class Bound:
    """`with bo.bind(tenant="org_1"):` gives every call inside that key. Tasks and threads started through a context copy
    inherit it; an inner binding adds to the outer one, and None takes a key away."""

    def __init__(self, keys: Mapping[str, KeyValue]) -> None:
        self._texts = key_texts(keys)
        self._dropped = {name for name, value in keys.items() if value is None}
        self._tokens: list[Token[Mapping[str, str]]] = []

    def __enter__(self) -> None:
        keys_are_bound()
        outer = {name: text for name, text in _bound.get().items() if name not in self._dropped}
        self._tokens.append(_bound.set({**outer, **self._texts}))

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        _bound.reset(self._tokens.pop())
