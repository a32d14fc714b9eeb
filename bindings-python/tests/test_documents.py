"""What the documentation shows is what runs."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from test_fastapi import serving
from upstream import Upstream

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    upstream = Upstream()
    yield upstream
    upstream.close()


def test_readme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, upstream: Upstream) -> None:
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("## FastAPI in 60 seconds")[2].partition("\n## ")[0]
    blocks = dict(BLOCK.findall(section))
    monkeypatch.chdir(tmp_path)
    Path("policy.toml").write_text(blocks["toml"], encoding="utf-8")
    space: dict[str, Any] = {"__name__": "readme"}
    exec(compile(blocks["python"], "readme", "exec"), space)
    space["afip"].base_url = upstream.url
    with serving(space["app"]) as client:
        assert client.post("/invoices/7").json() == {"status": "issued"}
        for _ in range(3):
            space["bo"].run("afip", lambda: 1 / 0)
        calls = len(upstream.requests)
        refused = client.post("/invoices/7")
    assert (refused.status_code, refused.headers["content-type"]) == (503, "application/problem+json")
    assert 29 <= int(refused.headers["retry-after"]) <= 33
    assert len(upstream.requests) == calls == 1


def test_quickstart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, upstream: Upstream) -> None:
    blocks = BLOCK.findall((ROOT / "docs/quickstart-fastapi.md").read_text(encoding="utf-8"))
    monkeypatch.chdir(tmp_path)
    for syntax, text in blocks:
        if syntax == "toml":
            Path("policy.toml").write_text(text, encoding="utf-8")
    space: dict[str, Any] = {"__name__": "quickstart"}
    for number, text in enumerate(text for syntax, text in blocks if syntax == "python"):
        exec(compile(text, f"quickstart block {number}", "exec"), space)
    space["afip"].base_url = upstream.url
    with serving(space["app"]) as client:
        assert client.post("/invoices/7").json() == {"status": "issued"}
        assert client.post("/drafts/7").json() == {"status": "sent"}
        for _ in range(3):
            space["bo"].run("afip", lambda: 1 / 0)
        calls = len(upstream.requests)
        refused = client.post("/invoices/7")
        assert client.post("/drafts/7").json() == {"status": "kept"}
        assert len(upstream.requests) == calls
        assert client.get("/api/health").status_code == 200
    assert refused.status_code == 503
    assert 29 <= int(refused.headers["retry-after"]) <= 33
    shown = next(text for syntax, text in blocks if syntax == "http").partition("\n\n")[2]
    told = refused.json()
    assert told.pop("retry_at_ms") > 0
    assert told == httpx.Response(200, text=shown).json()


def test_example(monkeypatch: pytest.MonkeyPatch, upstream: Upstream) -> None:
    monkeypatch.setenv("AFIP_URL", upstream.url)
    spec = importlib.util.spec_from_file_location("example_app", ROOT / "examples/fastapi/app.py")
    assert spec is not None
    assert spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "example_app", example)
    spec.loader.exec_module(example)
    one, two = {"x-organization": "org_1"}, {"x-organization": "org_2"}
    with serving(example.app) as client:
        assert client.post("/invoices/1", headers=one).json() == {"status": "issued"}
        with example.bo.bind(tenant="org_1"):
            for _ in range(10):
                example.bo.run("afip", lambda: 1 / 0)
        queued = client.post("/invoices/2", headers=one)
        assert (queued.status_code, queued.json()) == (202, {"status": "queued", "because": "circuit_open"})
        assert client.post("/invoices/3", headers=two).json() == {"status": "issued"}
        assert client.get("/api/health").status_code == 200
    assert example.queue == [2]


def test_guide() -> None:
    space: dict[str, Any] = {"__name__": "guide"}
    for number, (syntax, text) in enumerate(BLOCK.findall((ROOT / "docs/python.md").read_text(encoding="utf-8"))):
        assert syntax == "python"
        exec(compile(text, f"guide block {number}", "exec"), space)
    assert space["text"] == "CAE 7"
