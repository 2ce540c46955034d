"""What a test needs of the machine is said by its marker; a lack skips it here and fails it in CI.

Redis and Kafka have the time that a busy machine needs; tests of a patience that ends set their own.
"""

import gc
import os
import shutil
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from deploy.local.apache_jars import java_missing
from tests.left_behind import pytest_configure
from tests.patience import patient
from tests.spread import Together, begun_first

__all__ = ["pytest_configure"]

SDKS: Final = Path(__file__).with_name("contract") / "sdks"
AXE: Final = Path(__file__).with_name("browser") / "node_modules/axe-core"
CHROMIUM: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def _node_missing() -> str | None:
    return None if shutil.which("node") else "no node: install Node.js 20 or newer"


def _sdks_missing() -> str | None:
    if not (SDKS / ".venv/.made").exists() or not (SDKS / "node_modules/.installed").exists():
        return _node_missing() or "the SDKs of others are not installed: make dev"
    return _node_missing()


def _chromium_missing() -> str | None:
    if os.environ.get("LEADSTREAM_TEST_CHROMIUM") or any(map(shutil.which, CHROMIUM)):
        return None
    return "no Chromium: install it (Debian: chromium), or name it in LEADSTREAM_TEST_CHROMIUM"


def _axe_missing() -> str | None:
    return None if AXE.is_dir() else _node_missing() or "axe-core is not installed: make dev"


NEEDS: Final[Mapping[str, Callable[[], str | None]]] = {
    "apache": java_missing,
    "axe": _axe_missing,
    "browser": _chromium_missing,
    "node": _node_missing,
    "sdks": _sdks_missing,
}
PATIENT: Final = ("readmodel.reader", "readmodel.writer", "inbox", "window")  # in production 2 to 5 s
IN_CI: Final = os.environ.get("CI") == "true"


@pytest.fixture(autouse=True)
def patient_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are imported."""
    patient(monkeypatch, PATIENT, name="PATIENCE_S")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip with the reason and the remedy; in CI nothing may be missing."""
    for name, lack in NEEDS.items():
        if item.get_closest_marker(name) is None or (missing := lack()) is None:
            continue
        if IN_CI:
            pytest.fail(f"CI=true, and {missing}", pytrace=False)
        pytest.skip(missing)


def pytest_collection(session: pytest.Session) -> None:
    """Nothing of what is collected is garbage."""
    gc.disable()


def pytest_collection_finish(session: pytest.Session) -> None:
    """It stays to the end: whoever looks for garbage from here on need not look through it again."""
    gc.enable()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together | None:
    """What shares something stays together where `--dist loadgroup` asks for it."""
    return Together(config, log) if config.option.dist == "loadgroup" else None


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Generator[None]:
    """Only where processes share the tests: sorted after all was shuffled."""
    yield
    if hasattr(config, "workerinput"):
        begun_first(items)
