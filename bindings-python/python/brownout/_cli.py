"""`brownout COMMAND …`: reads arguments and files, asks the core, prints its answer. What is printed is the core's own text."""

from __future__ import annotations

import argparse
import base64
import errno
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

from brownout import _core
from brownout._errors import BrownoutError
from brownout._policy import policy_json

_SYNTAX = {".toml": "toml", ".yaml": "yaml", ".yml": "yaml", ".json": "json"}
_LANGUAGES = {"ts": "typescript", "typescript": "typescript", "python": "python", "py": "python"}


class _Unusable(Exception):
    """What could not be asked: exit code 2."""


class _Answer:
    def __init__(self, code: int, out: str) -> None:
        self.exit = code
        self.out = out


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise _Unusable(message)


def _ask(op: str, payload: Mapping[str, Any]) -> _Answer:
    """An operation that answers with an exit code and a text. Errors: every fault that kept it from being asked."""
    text = _core.call(op, json.dumps(payload, ensure_ascii=False))
    answer = json.loads(text)
    if "error" in answer or "errors" in answer:
        raise BrownoutError(text)
    return _Answer(answer["exit"], answer["out"])


def _why(error: OSError) -> str:
    return errno.errorcode.get(error.errno or 0, "unknown")


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise _Unusable(f"`{path}` cannot be read: {_why(error)}") from error


def _text(path: str) -> str:
    return _read(path).decode("utf-8", errors="replace")


def _policy(path: str) -> str:
    return policy_json(Path(path))


def _into(path: str | None, answer: _Answer) -> _Answer:
    if path is None or answer.exit != 0:
        return answer
    try:
        if not os.path.exists(path) or _text(path) != answer.out:
            Path(path).write_text(answer.out, encoding="utf-8", newline="")
    except OSError as error:
        raise _Unusable(f"`{path}` cannot be written: {_why(error)}") from error
    return _Answer(answer.exit, "")


def _cases(paths: Sequence[str]) -> list[dict[str, str]]:
    """All cases under files and folders, in the order of their paths."""
    files: list[str] = []

    def walk(path: str) -> None:
        if not os.path.exists(path):
            raise _Unusable(f"`{path}` cannot be read: ENOENT")
        if not os.path.isdir(path):
            files.append(path)
            return
        for entry in sorted(os.listdir(path)):
            inner = os.path.normpath(os.path.join(path, entry))
            if os.path.isdir(inner) or (entry.endswith(".json") and entry != "schema.json"):
                walk(inner)

    for path in paths:
        walk(path)
    return [{"file": file, "text": _text(file)} for file in files]


def _pairs(pairs: Sequence[str] | None, option: str) -> dict[str, str]:
    found = {}
    for pair in pairs or ():
        name, sign, value = pair.partition("=")
        if not sign or not name:
            raise _Unusable(f"--{option} wants NAME=VALUE, not `{pair}`")
        found[name] = value
    return found


def _whole(value: str, option: str) -> int:
    if not re.fullmatch(r"[0-9]{1,15}", value):
        raise _Unusable(f"--{option} wants a whole number, not `{value}`")
    return int(value)


def _linted(file: str) -> dict[str, Any]:
    """One policy file for `lint`: its JSON, or what was wrong with the way it is written."""
    source = _text(file)
    syntax = _SYNTAX.get(Path(file).suffix.lower())
    if syntax is None:
        raise _Unusable(f"`{file}` has an ending that names no syntax")
    told: dict[str, Any] = {"file": file, "source": source, "syntax": syntax}
    try:
        return {**told, "policy": _policy(file)}
    except BrownoutError as error:
        return {**told, "faults": [asdict(fault) for fault in error.faults]}


def _lint(given: argparse.Namespace) -> _Answer:
    files = [_linted(file) for file in given.policies]
    return _ask("lint", {"files": files, "strict": given.strict, "json": given.json})


def _types(given: argparse.Namespace) -> _Answer:
    language = _LANGUAGES.get(given.language or "")
    if language is None:
        raise _Unusable("--language wants `ts` or `python`")
    return _into(given.output, _ask("types", {"policy": _policy(given.policy_file), "language": language}))


def _explain(given: argparse.Namespace) -> _Answer:
    if given.service is None:
        raise _Unusable("wanted: --service S")
    if given.state is not None and given.from_ is not None:
        raise _Unusable("either --state or --from")
    amounts = {unit: _whole(n, "amount") for unit, n in _pairs(given.amount, "amount").items()}
    payload: dict[str, Any] = {
        "policy": _policy(given.policy_file),
        "service": given.service,
        "keys": _pairs(given.key, "key"),
        "json": given.json,
    }
    if amounts:
        payload["amounts"] = amounts
    if given.weight is not None:
        payload["weight"] = _whole(given.weight, "weight")
    if given.state is not None:
        payload["state"] = base64.b64encode(_read(given.state)).decode("ascii")
    if given.from_ is not None:
        payload["recording"] = _text(given.from_)
    for name in ("until", "at"):
        if getattr(given, name) is not None:
            payload[name] = getattr(given, name)
    return _ask("explain", payload)


def _replay(given: argparse.Namespace) -> _Answer:
    payload: dict[str, Any] = {
        "policy": _policy(given.policy_file),
        "recording": _text(given.recording),
        "json": given.json,
    }
    if given.policy is not None:
        payload.update(other=_policy(given.policy), other_name=given.policy)
    return _ask("replay", payload)


def _test(given: argparse.Namespace) -> _Answer:
    return _ask("test", {"policy": _policy(given.policy_file), "cases": _cases(given.cases), "json": given.json})


def _schema(given: argparse.Namespace) -> _Answer:
    return _into(given.output, _Answer(0, _text(str(Path(__file__).with_name("schema.json")))))


def _version(_: argparse.Namespace) -> _Answer:
    return _Answer(0, f"{_core.version()}\n")


def _record(given: argparse.Namespace) -> _Answer:
    """Runs a command whose engines record themselves."""
    if given.output is None or not given.command:
        raise _Unusable("wanted: -o FILE -- COMMAND…")
    policy = None if given.policy is None else _policy(given.policy)

    def file(n: int) -> str:
        return str(given.output) if n == 1 else f"{given.output}.{n}"

    n = 1
    while os.path.exists(file(n)):
        os.remove(file(n))
        n += 1
    try:
        code = subprocess.run(given.command, env={**os.environ, "BROWNOUT_RECORD": given.output}, check=False).returncode
    except OSError as error:
        raise _Unusable(f"`{given.command[0]}` cannot be run: {_why(error)}") from error
    n = 0
    while os.path.exists(file(n + 1)):
        n += 1
        said = ""
        if policy is not None:
            said = ": " + _ask("replay", {"policy": policy, "recording": _text(file(n))}).out.split("\n")[0]
        sys.stderr.write(f"brownout: recorded {file(n)}{said}\n")
    if n == 0:
        sys.stderr.write("brownout: nothing was recorded: the command made no engine\n")
    if code < 0:
        code = 128 + signal.Signals(-code).value
    return _Answer(1 if code == 0 and n == 0 else code, "")


_COMMANDS = {
    "lint": _lint,
    "types": _types,
    "explain": _explain,
    "record": _record,
    "replay": _replay,
    "test": _test,
    "schema": _schema,
    "version": _version,
}


def _parser(command: str) -> _Parser:
    parser = _Parser(prog=f"brownout {command}", add_help=False, allow_abbrev=False)
    if command == "lint":
        parser.add_argument("policies", nargs="+", metavar="POLICY")
        parser.add_argument("--strict", action="store_true")
    elif command in ("types", "explain", "replay", "test"):
        parser.add_argument("policy_file", metavar="POLICY")
    if command == "replay":
        parser.add_argument("recording", metavar="RECORDING")
    if command == "test":
        parser.add_argument("cases", nargs="+", metavar="CASES")
    if command in ("replay", "record"):
        parser.add_argument("--policy")
    if command == "types":
        parser.add_argument("--language")
    if command == "explain":
        for name in ("--service", "--weight", "--state", "--until", "--at"):
            parser.add_argument(name)
        parser.add_argument("--from", dest="from_")
        parser.add_argument("--key", action="append")
        parser.add_argument("--amount", action="append")
    if command in ("types", "record", "schema"):
        parser.add_argument("-o", "--output")
    if command in ("lint", "explain", "replay", "test"):
        parser.add_argument("--json", action="store_true")
    return parser


def _say(command: str, error: BrownoutError) -> None:
    for fault in error.faults:
        path = f"{fault.path}: " if fault.path else ""
        sys.stderr.write(f"brownout {command}: {fault.code}: {path}{fault.message}\n    help: {fault.help}\n")


def _help(command: str) -> str:
    return str(json.loads(_core.call("help", command)))


def _obey(command: str, args: list[str]) -> int:
    end = args.index("--") if command == "record" and "--" in args else len(args)
    own, behind = args[:end], args[end + 1 :]
    try:
        given = _parser(command).parse_args(own)
        given.command = behind
        answer = _COMMANDS[command](given)
        sys.stdout.write(answer.out)
        sys.stdout.flush()
        return answer.exit
    except BrownoutError as error:
        _say(command, error)
    except _Unusable as error:
        sys.stderr.write(f"brownout {command}: {error}\n")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:
        sys.stderr.write(f"brownout {command}: it stopped: {error}\n")
    return 2


def main(argv: Sequence[str] | None = None) -> int:
    """The command line; the exit code."""
    given = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", newline="")
    command, args = (given[0], given[1:]) if given else ("", [])
    own = args[: args.index("--")] if command == "record" and "--" in args else args
    if "--help" in own or "-h" in own or command in ("help", "--help", "-h"):
        topic = command if command in _COMMANDS else (args[0] if args else "")
        sys.stdout.write(_help(topic))
        return 0
    if command == "--version":
        command = "version"
    if command not in _COMMANDS:
        sys.stderr.write(_help(""))
        return 2
    return _obey(command, args)
