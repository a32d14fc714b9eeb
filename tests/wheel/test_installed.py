"""The built wheel and the sources, installed in clean environments, used by consumers that know nothing of this repository."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

BUILT = Path(os.environ["BROWNOUT_WHEELS"])
CONSUMERS = Path(__file__).parent / "consumers"
MACHINES = {"x86_64": 62, "aarch64": 183}  # the numbers of the ELF format
PACKAGES = ["fastapi>=0.115", "httpx>=0.27", "mypy==2.4.1", "pyright==1.1.414", "pytest==9.2.0"]


def wheels() -> list[Path]:
    return sorted(BUILT.glob("*.whl"))


def clean(folder: Path) -> Path:
    """The interpreter of an environment with nothing in it."""
    venv.create(folder, with_pip=True)
    return folder / "bin" / "python"


def run(python: Path, *args: object, cwd: Path, **more: str) -> str:
    kept = {
        name: os.environ[name]
        for name in ("PATH", "HOME", "CARGO_HOME", "RUSTUP_HOME", "CARGO_TARGET_DIR")
        if name in os.environ
    }
    done = subprocess.run(
        [str(python), *map(str, args)], cwd=cwd, env={**kept, **more}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    python = clean(folder / "venv")
    machine = sysconfig.get_platform().rsplit("-", 1)[-1]
    wheel = next(wheel for wheel in wheels() if machine in wheel.name)
    run(python, "-m", "pip", "install", "-q", "--disable-pip-version-check", wheel, *PACKAGES, cwd=folder)
    return python


@pytest.mark.parametrize("wheel", wheels(), ids=lambda wheel: wheel.name)
def test_what_a_wheel_holds(wheel: Path) -> None:
    name, _, python, abi, platform = wheel.stem.split("-")
    assert (name, python, abi) == ("brownout", "cp311", "abi3")
    assert "manylinux2014" in platform
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        core = archive.read("brownout/_core.abi3.so")
        told = archive.read(next(name for name in names if name.endswith("/entry_points.txt"))).decode()
    assert {"brownout/py.typed", "brownout/_core.pyi", "brownout/__init__.py"} <= names
    assert {name.rsplit("/", 1)[-1] for name in names} >= {"LICENSE-MIT", "LICENSE-APACHE", "METADATA"}
    assert not [name for name in names if name.startswith(("tests", "bench")) or "/tests/" in name]
    assert core[:4] == b"\x7fELF"
    assert int.from_bytes(core[18:20], "little") == MACHINES[platform.rsplit(".", 1)[-1].split("_", 3)[-1]]
    assert len(core) < 4_000_000
    assert "brownout.pytest_plugin" in told


def test_what_the_sources_hold() -> None:
    with tarfile.open(next(BUILT.glob("*.tar.gz"))) as archive:
        names = {name.split("/", 1)[-1] for name in archive.getnames()}
    assert {"PKG-INFO", "README.md", "LICENSE-MIT", "LICENSE-APACHE", "Cargo.lock", "core/src/lib.rs"} <= names


@pytest.mark.parametrize("script", ["plain.py", "service.py"])
def test_a_consumer_runs(installed: Path, tmp_path: Path, script: str) -> None:
    said = run(installed, "-I", CONSUMERS / script, cwd=tmp_path)
    assert said.endswith("ok\n")
    assert str(installed.parent.parent) in said  # the package in use is the installed one


def test_the_pytest_plugin_is_found(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text((CONSUMERS / "own_tests.py").read_text())
    assert "2 passed" in run(installed, "-m", "pytest", "-q", "test_own.py", cwd=tmp_path)


@pytest.mark.parametrize("checker", [["mypy", "--strict"], ["pyright"]], ids=lambda checker: checker[0])
def test_types_read_well(installed: Path, tmp_path: Path, checker: list[str]) -> None:
    right, wrong = (tmp_path / name for name in ("right.py", "wrong.py"))
    right.write_text((CONSUMERS / "typed.py").read_text())
    wrong.write_text((CONSUMERS / "mistyped.py").read_text())
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    more = ["--pythonpath", str(installed)] if checker[0] == "pyright" else []
    run(installed, "-m", *checker, *more, right, cwd=tmp_path)
    lines = wrong.read_text().splitlines()
    faults = [number for number, line in enumerate(lines, 1) if line.endswith("# wrong")]
    with pytest.raises(AssertionError) as said:
        run(installed, "-m", *checker, *more, wrong, cwd=tmp_path)
    found = {number for number in range(1, len(lines) + 1) if f"wrong.py:{number}:" in str(said.value)}
    assert found == set(faults)


def test_the_sources_build_and_run(tmp_path: Path) -> None:
    python = clean(tmp_path / "venv")
    # quick to build, slow to run: whether it builds is the question
    quick = {
        "CARGO_PROFILE_RELEASE_LTO": "off",
        "CARGO_PROFILE_RELEASE_OPT_LEVEL": "0",
        "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16",
    }
    run(
        python, "-m", "pip", "install", "-q", "--disable-pip-version-check", next(BUILT.glob("*.tar.gz")), cwd=tmp_path, **quick
    )
    assert run(python, "-I", CONSUMERS / "plain.py", cwd=tmp_path).endswith("ok\n")


def test_this_runs_where_wheels_were_built() -> None:
    assert wheels(), f"no wheel in {BUILT}"
    assert sys.version_info >= (3, 11)
