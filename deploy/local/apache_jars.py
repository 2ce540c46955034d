"""The jars of Apache Kafka, brought by Maven once and kept outside the source tree."""

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from deploy.errors import NoJava

__all__ = ["JAVA_AT_LEAST", "jars", "java_missing"]

HERE: Final = Path(__file__).parent / "kafka"
JAVA_AT_LEAST: Final = 17
BRING_S: Final = 600
_KAFKA: Final = re.compile(r"<artifactId>kafka_2\.13</artifactId>\s*<version>([^<]+)<")
_JAVA: Final = re.compile(r'version "(\d+)')


def java_missing() -> str | None:
    """None where a real Apache Kafka can be started, else what is missing and what to do."""
    java = shutil.which("java")
    if java is None:
        return f"no java: install OpenJDK {JAVA_AT_LEAST} or newer (Debian: openjdk-17-jre-headless)"
    told = _version(java)
    found = _JAVA.search(told)
    if found is None or int(found[1]) < JAVA_AT_LEAST:
        return f"java is too old, Apache Kafka needs {JAVA_AT_LEAST}: {told.partition(chr(10))[0]}"
    if not _kept().exists() and shutil.which("mvn") is None:
        return "no mvn: install Maven, it brings Kafka's jars (Debian: maven)"
    return None


@cache
def _version(java: str) -> str:
    """What it says of itself: a machine is started for it, and each command line of Kafka's asks."""
    return subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr


def jars() -> Path:
    """The directory that holds them. Raises NoJava, with Maven's last lines where Maven failed."""
    if (missing := java_missing()) is not None:
        raise NoJava(missing)
    kept = _kept()
    if not kept.exists():
        _bring(kept)
    return kept


def _bring(kept: Path) -> None:
    """Beside first, renamed when whole: two that start at once, or one that is stopped, leave no half directory."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(mkdtemp(prefix=f".{kept.name}-", dir=kept.parent))
    try:
        made = subprocess.run(
            ["mvn", "--batch-mode", "--quiet", "--file", str(HERE / "pom.xml"), "dependency:copy-dependencies",
             f"-DoutputDirectory={beside}"],
            capture_output=True, text=True, check=False, timeout=BRING_S, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        if made.returncode != 0:
            raise NoJava("Maven could not bring Kafka's jars:\n" + "\n".join(made.stdout.splitlines()[-5:]))
        if not kept.exists():
            beside.rename(kept)
    except subprocess.TimeoutExpired as error:
        raise NoJava(f"Maven did not bring Kafka's jars in {BRING_S} s") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _kept() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    version = _KAFKA.search((HERE / "pom.xml").read_text())
    return cache / "leadstream" / f"kafka-{version[1] if version else 'unknown'}"
