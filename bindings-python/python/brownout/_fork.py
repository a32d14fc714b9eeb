"""Forked workers: each child gets engines of its own, with the state that the parent had."""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class _Forkable(Protocol):
    def freeze(self) -> bytes | None: ...
    def thaw(self, frozen: bytes | None) -> None: ...


_engines: weakref.WeakSet[_Forkable] = weakref.WeakSet()
_frozen: list[tuple[_Forkable, bytes | None]] = []


def watch(engine: _Forkable) -> None:
    """From now on a fork gives the child a copy of its own."""
    _engines.add(engine)


def forget(engine: _Forkable) -> None:
    """No longer."""
    _engines.discard(engine)


def _before() -> None:
    _frozen[:] = [(engine, engine.freeze()) for engine in list(_engines)]


def _in_parent() -> None:
    _frozen.clear()


def _in_child() -> None:
    for engine, state in _frozen:
        engine.thaw(state)
    _frozen.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
