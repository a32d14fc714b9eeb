"""A module of `brownout types` in a program: a type checker takes the policy's names and no others."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = """
from names import feature, key, limit, service

names: list[str] = [service("afip"), feature("invoicing.afip"), limit("minute"), key("tenant")]
wrong: list[str] = [service("afpi"), feature("invoicing"), limit("minutes"), key("tenants")]
"""


def test_a_misspelt_name_is_an_error_of_the_type_checker(tmp_path: Path) -> None:
    shutil.copy(ROOT / "tests/data/names.py", tmp_path / "names.py")
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--hide-error-context", "program.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    found = [line for line in done.stdout.splitlines() if ": error: " in line]
    told = [line.partition(" has incompatible type ")[2].partition(";")[0].strip('"') for line in found]
    assert told == [f"Literal['{name}']" for name in ("afpi", "invoicing", "minutes", "tenants")], done.stdout
    assert all(line.startswith("program.py:5:") for line in found)
