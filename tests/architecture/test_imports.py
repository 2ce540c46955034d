"""Who may import whom."""

import subprocess
import sys

import pytest

from tests.architecture.source import ROOT, modules, where

HEAVY = ("aiokafka", "faust", "granian", "httpx", "jinja2", "kafka", "mode", "pydantic_settings", "redis", "starlette")


def test_the_import_contracts_hold() -> None:
    """The contracts stand in pyproject.toml; a sideways or upward import breaks one by name."""
    ran = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("package", ["schemas", "streams.core"])
def test_what_is_pure_is_imported_without_faust_kafka_or_redis(package: str) -> None:
    prefix = package.replace(".", "/")
    names = [where(path) for path in modules() if where(path).startswith(f"{prefix}/")]
    imports = [name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for name in names]
    code = f"import sys, {', '.join(imports)}\nprint(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == []
