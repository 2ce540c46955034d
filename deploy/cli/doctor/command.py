"""`leadstream doctor`: what is needed here, what is there, and what to do about the rest."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from deploy.cli.doctor.finding import Finding
from deploy.cli.doctor.spool import spool_finding
from deploy.errors import BrokerUnreachable
from deploy.settings import DeploySettings, from_environment

__all__ = ["examine", "findings"]

_MARKS: Final = {"good": ("✓", "green"), "bad": ("✗", "bold red"), "absent": ("·", "yellow")}
_ANOTHER: Final = "leadstream up starts one; LEADSTREAM_KAFKA__BOOTSTRAP_SERVERS names another"
_WAY_IN: Final = "docs/how-to/secured-kafka.md says what brokers ask for, and how it is told"
_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")


def examine(console: Console, *, home: Path) -> int:
    """Print what was found; 1 when something is bad."""
    found = list(findings(from_environment(home)))
    for one in found:
        mark, style = _MARKS[one.verdict]
        console.print(Text.assemble((f" {mark} ", style), (f"{one.what:<12}", "bold"), one.says), soft_wrap=True)
        if one.do:
            console.print(Text(f"   {'':<12}{one.do}", style="dim"), soft_wrap=True)
    return int(any(one.verdict == "bad" for one in found))


def findings(settings: DeploySettings) -> Iterator[Finding]:
    """Every check, in the order in which one would mend them."""
    yield _crc32c()
    yield from _kafka(settings)
    yield from _redis(settings)
    yield spool_finding(settings.spool.directory)
    yield _java()
    yield _tool("node", ("node",), do="only the tracker's own tests and build need Node.js 20")
    yield _tool("chromium", _BROWSERS, do="only the browser tests need it (Debian: apt-get install chromium)")


def _crc32c() -> Finding:
    try:
        import crc32c  # noqa: F401  (whether it is there is the question)
    except ImportError:
        return Finding("crc32c", "bad", "missing: each record would cost four times as much", "pip install crc32c")
    return Finding("crc32c", "good", "hashes records in C")


def _kafka(settings: DeploySettings) -> Iterator[Finding]:
    from deploy.local import topics

    where = settings.kafka
    wanted = topics.wanted(
        settings.kafka.partitions, prefix=settings.kafka.topic_prefix, app_id=settings.worker.app_id,
        epoch=settings.kafka.epoch,
    )
    try:
        shown = topics.shown(where, wanted)
    except BrokerUnreachable as error:
        yield Finding("kafka", "bad", str(error), _WAY_IN if "LEADSTREAM_KAFKA__" in str(error) else _ANOTHER)
        return
    yield Finding("kafka", "good", f"answers at {where}")
    missing = [one.name for one, partitions, _ in shown if partitions == 0]
    differ = [one.name for one, partitions, _ in shown if partitions not in {0, one.partitions}]
    if missing:
        yield Finding("topics", "bad", f"missing: {', '.join(missing)}", "leadstream topics apply")
    if differ:
        yield Finding("topics", "bad", f"another number of partitions: {', '.join(differ)}",
                      "set LEADSTREAM_KAFKA__PARTITIONS to what is there")  # fmt: skip
    if not missing and not differ:
        yield Finding("topics", "good", f"all {len(shown)} are there")


def _redis(settings: DeploySettings) -> Iterator[Finding]:
    from redis import Redis, RedisError

    memory: dict[str, Any] = {}

    def ask() -> None:
        with Redis.from_url(settings.redis.url.get_secret_value(), socket_timeout=2, socket_connect_timeout=2) as redis:
            memory.update(redis.info("memory"))

    yield _asked("redis", ask, RedisError, do="leadstream up starts one; LEADSTREAM_REDIS__URL names another")
    policy = memory.get("maxmemory_policy", "noeviction")
    if memory.get("maxmemory") and policy != "noeviction":
        yield Finding("redis", "bad", f"throws cards out when it is full ({policy})", "maxmemory-policy noeviction")


def _asked(what: str, ask: Callable[[], None], error: type[Exception], *, do: str) -> Finding:
    try:
        ask()
    except (error, OSError) as refused:
        return Finding(what, "bad", f"{type(refused).__name__}: {refused}", do)
    return Finding(what, "good", "answers")


def _java() -> Finding:
    from deploy.local.apache_jars import java_missing

    missing = java_missing()
    if missing is None:
        return Finding("java", "good", "a real Apache Kafka can be started (--broker apache)")
    return Finding("java", "absent", missing, "only --broker apache and its tests need it")


def _tool(what: str, names: tuple[str, ...], *, do: str) -> Finding:
    found = next((path for name in names if (path := shutil.which(name))), None)
    return Finding(what, "good", found) if found else Finding(what, "absent", "not found", do)
