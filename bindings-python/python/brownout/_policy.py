"""Any way of writing a policy down, turned into the one JSON text that the core reads and judges."""

from __future__ import annotations

import datetime
import json
import math
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

from brownout._errors import BrownoutError, Fault

Syntax: TypeAlias = Literal["toml", "json", "yaml"]


class Model(Protocol):
    """A pydantic model, such as `brownout.models.Policy`."""

    def model_dump(self, *, mode: str, by_alias: bool, exclude_unset: bool) -> dict[str, Any]: ...


PolicySource: TypeAlias = "Mapping[str, Any] | str | os.PathLike[str] | Model"

_SUFFIXES: dict[str, Syntax] = {".toml": "toml", ".json": "json", ".yaml": "yaml", ".yml": "yaml"}
_MAX_DEPTH = 128  # where the core's own reader stops
_MAX_NODES = 1_000_000  # aliases in YAML can multiply a small text without end

_HELP = {
    "policy_unreadable": "pass a `.toml`, `.json`, `.yaml` or `.yml` file that this process can read",
    "policy_syntax": "the text is not one document of its syntax: see the place in the message",
    "duplicate_key": "a table holds each key once: remove one of the two",
    "wrong_type": "write the value in the form the message names",
    "number_not_finite": "send a finite number",
    "json_too_deep": "nest fewer than 128 levels",
    "too_many": "keep within the bound the message names",
}


def policy_json(source: PolicySource, syntax: Syntax | None = None) -> str:
    """The policy as JSON text.

    `source` is a mapping, a `brownout.models.Policy`, a path (by its ending `.toml`, `.json`, `.yaml`, `.yml`) or text.
    Text that begins with `{` is JSON, other text is TOML; `syntax` says otherwise. Errors: `policy_unreadable`,
    `policy_syntax`, `duplicate_key`, `wrong_type` (a native date, a key that is no text), `number_not_finite`,
    `json_too_deep`; everything else is the core's to judge.
    """
    if isinstance(source, Mapping):
        return _encode(source)
    if isinstance(source, os.PathLike):
        return _from_file(Path(source), syntax)
    if hasattr(source, "model_dump"):
        return _encode(source.model_dump(mode="json", by_alias=True, exclude_unset=True))
    if not isinstance(source, str):
        raise _error("wrong_type", "", f"a policy is a table, a path or text, not {_kind(source)}")
    if "\n" not in source and Path(source[:4096]).suffix.lower() in _SUFFIXES and not source.lstrip().startswith("{"):
        return _from_file(Path(source), syntax)
    return _from_text(source, syntax or ("json" if source.lstrip().startswith("{") else "toml"))


def _from_file(path: Path, syntax: Syntax | None) -> str:
    known = syntax or _SUFFIXES.get(path.suffix.lower())
    if known is None:
        raise _error("policy_unreadable", "", f"`{path.name}` has an ending that names no syntax")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as cause:
        reason = cause.strerror if isinstance(cause, OSError) and cause.strerror else "not utf-8 text"
        raise _error("policy_unreadable", "", f"`{path}` cannot be read: {reason.lower()}") from cause
    return _from_text(text, known)


def _from_text(text: str, syntax: Syntax) -> str:
    if syntax == "json":
        return text  # the core's reader names duplicate keys, depth and numbers itself
    try:
        document = tomllib.loads(text) if syntax == "toml" else _load_yaml(text)
    except tomllib.TOMLDecodeError as cause:
        repeated = re.search(r"overwrite|twice|already", str(cause), re.IGNORECASE) is not None
        raise _error("duplicate_key" if repeated else "policy_syntax", "", _sentence(cause)) from cause
    except RecursionError as cause:
        raise _error("json_too_deep", "", "the document nests too deep") from cause
    return _encode(document)


def _load_yaml(text: str) -> Any:
    try:
        from ruamel.yaml import YAML
        from ruamel.yaml.constructor import DuplicateKeyError
        from ruamel.yaml.error import YAMLError
    except ImportError as cause:
        raise _error("policy_unreadable", "", "yaml needs `pip install brownout[yaml]`") from cause
    reader = YAML(typ="safe", pure=True)  # YAML 1.2: `no` is text, `010` is ten
    try:
        return reader.load(text)
    except DuplicateKeyError as cause:
        raise _error("duplicate_key", "", _sentence(cause)) from cause
    except (YAMLError, ValueError) as cause:
        raise _error("policy_syntax", "", _sentence(cause)) from cause


def encode(document: Any) -> str:
    """Plain data as JSON text. Errors: a fault with its path for whatever JSON cannot carry."""
    try:
        return json.dumps(document, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):
        return _encode(document)


def _encode(document: Any) -> str:
    faults: list[Fault] = []
    budget = [_MAX_NODES]
    for fault in _faults(document, "", 0, budget):
        faults.append(fault)
        if fault.code in ("too_many", "json_too_deep"):
            break
    if faults:
        raise BrownoutError(faults)
    return json.dumps(document, allow_nan=False, separators=(",", ":"), default=dict)


def _faults(value: Any, path: str, depth: int, budget: list[int]) -> Iterator[Fault]:
    budget[0] -= 1
    if budget[0] < 0:
        yield _fault("too_many", path, "the document has more than 1000000 values")
    elif depth >= _MAX_DEPTH:
        yield _fault("json_too_deep", "", "the document nests too deep")
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if isinstance(key, str):
                yield from _faults(inner, f"{path}.{key}" if path else key, depth + 1, budget)
            else:
                yield _fault("wrong_type", path, f"a key is text, not {_kind(key)} `{key}`")
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            yield from _faults(inner, f"{path}[{index}]", depth + 1, budget)
    elif isinstance(value, float) and not math.isfinite(value):
        yield _fault("number_not_finite", path, f"`{value}` is not a finite number")
    elif not (value is None or isinstance(value, (str, int, float))):
        yield _fault("wrong_type", path, f"expected text, a number, a boolean, a list or a table, not {_kind(value)}")


def _kind(value: Any) -> str:
    if isinstance(value, (datetime.date, datetime.time)):
        return "a date: put it in quotes"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float)):
        return "a number"
    return f"a {type(value).__name__}"


def _sentence(cause: Exception) -> str:
    return " ".join(str(cause).split()).rstrip(".")


def _fault(code: str, path: str, message: str) -> Fault:
    return Fault(code, path, message, _HELP[code])


def _error(code: str, path: str, message: str) -> BrownoutError:
    return BrownoutError([_fault(code, path, message)])
