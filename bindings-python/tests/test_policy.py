"""One document in three syntaxes is one policy; what no syntax can carry is a coded error with its path."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest

from brownout import Brownout, BrownoutError, policy_json
from brownout.testing import ManualClock

TOML = """
version = 1
name = "same"
[services.afip]
timeout = "30s"
per = "tenant"
breaker = { failure_rate = 0.5, window = "1m", min_calls = 5, open = { base = "60s", growth = 2.0 } }
limits = [{ name = "minute", limit = 60, period = "1m", algorithm = "sliding_window" }]
"""
YAML = """
version: 1
name: same
services:
  afip:
    timeout: 30s
    per: tenant
    breaker: {failure_rate: 0.5, window: 1m, min_calls: 5, open: {base: 60s, growth: 2}}
    limits:
      - {name: minute, limit: 60, period: 1m, algorithm: sliding_window}
"""
JSON = """{"version": 1, "name": "same", "services": {"afip": {"timeout": "30s", "per": "tenant",
 "breaker": {"failure_rate": 0.5, "window": "1m", "min_calls": 5.0, "open": {"base": "60s", "growth": 2}},
 "limits": [{"name": "minute", "limit": 60, "period": "1m", "algorithm": "sliding_window"}]}}}"""


def test_three_syntaxes_one_policy(tmp_path: Path) -> None:
    """A snapshot holds the hash of its policy and nothing that differs here."""
    files = []
    for ending, text in (("toml", TOML), ("yaml", YAML), ("yml", YAML), ("json", JSON)):
        files.append(tmp_path / f"policy.{ending}")
        files[-1].write_text(text, encoding="utf-8")
    sources: list[Any] = [*files, str(files[0]), TOML, JSON, json.loads(JSON), policy_json(YAML, "yaml")]
    clock = ManualClock()
    snapshots = {Brownout(source, seed=1, clock=clock).snapshot() for source in sources}
    assert len(snapshots) == 1
    other = Brownout(TOML.replace("60s", "61s"), seed=1, clock=clock).snapshot()
    assert other not in snapshots


def test_yaml_is_version_1_2() -> None:
    assert json.loads(policy_json("a: no\nb: 0o10\nc: 010", "yaml")) == {"a": "no", "b": 8, "c": 10}


@pytest.mark.parametrize(
    ("source", "syntax", "code", "path"),
    [
        ("a = 2026-01-01", "toml", "wrong_type", "a"),
        ("[s]\na = [07:30:00]", "toml", "wrong_type", "s.a[0]"),
        ("a: 2026-01-01", "yaml", "wrong_type", "a"),
        ({"a": datetime.date(2026, 1, 1)}, None, "wrong_type", "a"),
        ("a = 1\na = 2", "toml", "duplicate_key", ""),
        ("[a]\n[a]", "toml", "duplicate_key", ""),
        ("a: 1\na: 2", "yaml", "duplicate_key", ""),
        ("1: x", "yaml", "wrong_type", ""),
        ("s: {true: x}", "yaml", "wrong_type", "s"),
        ({"s": {3: "x"}}, None, "wrong_type", "s"),
        ("a = nan", "toml", "number_not_finite", "a"),
        ("a: .inf", "yaml", "number_not_finite", "a"),
        ({"s": [float("nan")]}, None, "number_not_finite", "s[0]"),
        ({"s": {1, 2}}, None, "wrong_type", "s"),
        ("a = ", "toml", "policy_syntax", ""),
        ("a: [", "yaml", "policy_syntax", ""),
        ("a: !!python/object:os.system x", "yaml", "policy_syntax", ""),
        ("a = " + "[" * 10_000, "toml", "json_too_deep", ""),
        ("a: " + "[" * 10_000, "yaml", "json_too_deep", ""),
        (3, None, "wrong_type", ""),
        (Path("nowhere.toml"), None, "policy_unreadable", ""),
        (Path("nowhere.ini"), None, "policy_unreadable", ""),
    ],
)
def test_what_no_policy_can_hold(source: Any, syntax: Any, code: str, path: str) -> None:
    with pytest.raises(BrownoutError) as wrong:
        policy_json(source, syntax)
    assert (wrong.value.code, wrong.value.path) == (code, path)
    assert wrong.value.help


def test_a_table_nested_without_end() -> None:
    loop: dict[str, Any] = {}
    loop["a"] = loop
    with pytest.raises(BrownoutError) as wrong:
        policy_json(loop)
    assert wrong.value.code == "json_too_deep"


def test_aliases_cannot_multiply_without_end() -> None:
    text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)
    )
    with pytest.raises(BrownoutError) as wrong:
        policy_json(text, "yaml")
    assert wrong.value.code == "too_many"


def test_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_bytes(b"name = '\xff'")
    with pytest.raises(BrownoutError) as wrong:
        policy_json(tmp_path / "p.toml")
    assert (wrong.value.code, wrong.value.message.endswith("not utf-8 text")) == ("policy_unreadable", True)
