"""Literal packages in one wheel: each has one owner, and takes its data along."""

import json
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.architecture.source import PACKAGES, ROOT

WHO_OWNS = """
import json
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path
owners = packages_distributions()
print(json.dumps({name: [owners.get(name), find_spec(name).origin] for name in %r}))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built here and now, without the network."""
    place = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(place)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = place.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty environment with nothing but the wheel; gives its Python."""
    place = tmp_path_factory.mktemp("empty") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    python = place / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*install, "--disable-pip-version-check", str(wheel)], check=True, capture_output=True)
    return python


def test_each_package_of_the_installed_wheel_has_one_owner(installed: Path, tmp_path: Path) -> None:
    """The names are generic: a second wheel that ships `streams` would silently take ours over."""
    ran = subprocess.run([installed, "-c", WHO_OWNS % (PACKAGES,)], cwd=tmp_path, check=True, capture_output=True)
    for name, (owners, origin) in json.loads(ran.stdout).items():
        assert owners == ["leadstream"], name
        assert Path(origin).is_relative_to(installed.parents[1])


def test_no_dependency_ships_a_package_of_our_name() -> None:
    owners = packages_distributions()
    assert {name: owners[name] for name in PACKAGES if set(owners.get(name, [])) - {"leadstream"}} == {}


def test_the_wheel_holds_our_packages_and_their_data_only(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == set(PACKAGES)
    tracked = subprocess.run(["git", "ls-files", *PACKAGES], cwd=ROOT, check=True, capture_output=True, text=True)
    assert set(tracked.stdout.split("\n")) - {""} - names == set(), "rules, templates, Lua, the tracker: all must be in"
