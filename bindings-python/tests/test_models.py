"""The pydantic models of the core: documents, reports and problem details are theirs, and pydantic stays optional."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from pydantic import ValidationError

from brownout import Brownout, BrownoutError, policy_json
from brownout._core import Engine
from brownout._problem import problem, timeout_problem
from brownout.fastapi import PROBLEMS, health_router, install
from brownout.models import HealthReport, Limit, Names, Policy, Problem, Service

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(ROOT.glob("examples/policies/*.toml")) + [ROOT / "tests/data/everything.toml"]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_every_document_is_a_policy_and_says_the_same_after_it(path: Path) -> None:
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    policy = Policy.model_validate(document)
    assert json.loads(policy_json(policy)) == document


def test_a_policy_can_be_written_in_python() -> None:
    limit = Limit(name="minute", limit=1, period="1m", algorithm="fixed_window")
    policy = Policy(version=1, services={"afip": Service(impact="high", limits=[limit])})
    bo = Brownout(policy)
    assert bo.run("afip", lambda: 1).ok
    assert not bo.run("afip", lambda: 1).ok
    bo.close()


def test_the_names_of_an_engine_are_those_of_the_model() -> None:
    names = Names.model_validate_json(Engine('{"version":1,"services":{"afip":{"timeout":"10s"}}}', 1, 0.0).names())
    assert [(service.name, service.timeout_ms) for service in names.services] == [("afip", 10_000.0)]


@pytest.mark.parametrize(
    ("services", "place", "code"),
    [
        ({"a": {"impact": "huge"}}, ("services", "a", "impact"), "wrong_type"),
        ({"a": {"imapct": "high"}}, ("services", "a", "imapct"), "unknown_field"),
        ({"a": {"breaker": {"consecutive_failures": 0}}}, ("services", "a", "breaker"), "number_out_of_range"),
        ({"a": {"limits": [{"name": "x", "limit": 1}]}}, ("services", "a", "limits"), "missing_field"),
    ],
)
def test_models_refuse_what_the_reader_refuses(services: Any, place: tuple[str, ...], code: str) -> None:
    document = {"version": 1, "services": services}
    with pytest.raises(ValidationError) as found:
        Policy.model_validate(document)
    assert any(error["loc"][: len(place)] == place for error in found.value.errors())
    with pytest.raises(BrownoutError) as told:
        Brownout(document)
    assert told.value.code == code


def test_reports_and_problems_are_those_of_the_models() -> None:
    bo = Brownout({"version": 1, "services": {"afip": {"fallback": "queue", "breaker": {"consecutive_failures": 1}}}}, seed=1)
    bo.run("afip", lambda: 1 / 0)
    report = HealthReport.model_validate_json(bo.report("health", detail="detailed").body)
    assert (report.services["afip"].status, report.breakers["afip"].state) == ("offline", "open")
    assert report.traffic is not None
    assert report.traffic["afip"].outcomes.failure == 1
    refusal = bo.run("afip", lambda: 1)
    assert not refusal.ok
    _, _, body = problem(refusal)  # type: ignore[arg-type]
    told = Problem.model_validate_json(body)
    assert (told.status, told.code, told.gate, told.fallback) == (503, "circuit_open", "breaker", "queue")
    assert Problem.model_validate_json(timeout_problem("afip", "late")[2]).code == "timeout"
    bo.close()


def test_openapi_shows_the_health_report_and_the_problems() -> None:
    bo = Brownout({"version": 1, "services": {"afip": {}}})
    app = FastAPI()
    install(app, bo)
    app.include_router(health_router(bo))
    app.include_router(health_router(bo, path="/theirs", profile="vetmed"))

    @app.get("/invoices", responses=PROBLEMS)
    def invoices() -> str:
        return "sent"

    api = app.openapi()
    report = {"$ref": "#/components/schemas/HealthReport"}
    health = api["paths"]["/api/health"]["get"]["responses"]
    assert [health[status]["content"]["application/json"]["schema"] for status in ("200", "503")] == [report, report]
    assert api["components"]["schemas"]["HealthReport"]["properties"]["services"]["additionalProperties"] == {
        "$ref": "#/components/schemas/ServiceHealth"
    }
    assert "content" not in api["paths"]["/theirs"]["get"]["responses"]["503"]
    answers = api["paths"]["/invoices"]["get"]["responses"]
    for status in ("429", "503", "504"):
        assert answers[status]["content"]["application/problem+json"]["schema"]["title"] == "Problem"
    bo.close()


def test_the_package_carries_the_schema_of_the_document() -> None:
    own = files("brownout").joinpath("schema.json").read_text(encoding="utf-8")
    assert own == (ROOT / "schema/policy.schema.json").read_text(encoding="utf-8")


def test_pydantic_is_not_needed() -> None:
    code = "import sys; sys.modules['pydantic'] = None; import brownout; brownout.Brownout({'version': 1}).close(); print('ok')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.returncode) == ("ok", 0), done.stderr


def test_the_models_are_short_modules_by_topic_under_one_name() -> None:
    import brownout.models as models

    assert {"Answer", "HealthReport", "Limit", "Names", "Policy", "Problem", "Service"} <= set(models.__all__)
    homes = {getattr(models, name).__module__ for name in models.__all__}
    assert all(home.startswith("brownout.models.") for home in homes), homes
    folder = Path(models.__file__).parent
    assert {path.stem for path in folder.glob("*.py")} == {home.rpartition(".")[2] for home in homes} | {"__init__"}
    lengths = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in folder.glob("*.py")}
    assert max(lengths.values()) < 500, lengths


def test_the_models_are_read_when_they_are_wanted() -> None:
    asked = "'brownout.models' in sys.modules, sorted(f.PROBLEMS), f.PROBLEMS is f.PROBLEMS"
    said = f"import sys, brownout.fastapi as f; print({asked})"
    ran = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert ran.stdout.split("\n")[0] == "False [429, 503, 504] True"
