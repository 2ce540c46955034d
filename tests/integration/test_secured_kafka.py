"""All processes on a real Kafka that asks who they are, each with the rights of `leadstream topics rights` alone."""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import httpx
import pytest
from typer.testing import CliRunner, Result

from deploy.cli.root import app
from deploy.local.embedded import embedded_valkey
from deploy.local.ports import HOST
from deploy.local.topics import shown
from deploy.upkeep.installation import Installation
from deploy.upkeep.rights import Process as Role
from kafka_access.access import Access
from kafka_access.refusals import refusal
from producers.sinks.producer import opened, stopped
from tests.integration.brokers import needed
from tests.integration.bus import Bus, wait_until
from tests.integration.certificates import Authority
from tests.integration.processes import Process
from tests.integration.secured_kafka import PASSWORD, Locked, allow, locked_kafka
from tests.integration.workers import SECRET

pytestmark = [pytest.mark.apache, pytest.mark.slow, pytest.mark.timeout(400)]

TOLD = {
    "LEADSTREAM_SECRET": SECRET, "LEADSTREAM_WRITE_KEYS": "wk_site=site", "LEADSTREAM_SERVER_KEYS": "sk_crm=crm",
    "LEADSTREAM_KAFKA__PARTITIONS": "2", "LEADSTREAM_WORKER__SESSION_TIMEOUT_S": "6",
    "LEADSTREAM_SIMULATE__WRITE_KEY": "wk_site", "LEADSTREAM_SIMULATE__SERVER_KEY": "sk_crm",
}  # fmt: skip
WAYS: dict[str, Callable[..., dict[str, str]]] = {"password": Locked.by_password, "certificate": Locked.by_certificate}


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Locked]:
    needed("apache")
    with locked_kafka(tmp_path_factory.mktemp("locked")) as kafka:
        yield kafka


class One(Process):
    """One process of ours, by the variable of its port."""

    def __init__(self, place: Path, module: str, *words: str, told: dict[str, str]) -> None:
        name = module.rpartition(".")[2]
        super().__init__(place, name=name)
        ports = {f"LEADSTREAM_{part}__PORT": str(self.port) for part in ("COLLECTOR", "WORKER", "CONSOLE")}
        self.run(["-m", module, *words], TOLD | told | ports)

    def says(self) -> str:
        """What /readyz answers, "" where nobody does."""
        with suppress(OSError):
            try:
                return str(urlopen(f"http://{HOST}:{self.port}/readyz", timeout=5).read())
            except HTTPError as error:
                return error.read().decode()
        return ""


def command(told: dict[str, str], *words: str) -> Result:
    env = {key: "" for key in os.environ if key.startswith("LEADSTREAM_")} | TOLD | told
    return CliRunner().invoke(app, [*words], env=env)


def named(way: str) -> dict[str, str]:
    return {"LEADSTREAM_KAFKA__TOPIC_PREFIX": f"{way}.", "LEADSTREAM_WORKER__APP_ID": way}


def items(http: httpx.Client, what: str) -> list[dict[str, Any]]:
    """What the API tells, none while it does not."""
    told = http.get(f"/api/v1/{what}")
    return list(told.json()["items"]) if told.status_code == 200 else []


def first_of(http: httpx.Client, what: str, *processes: Process) -> dict[str, Any]:
    """The first of them, once there is one."""
    found: list[dict[str, Any]] = []

    def told() -> bool:
        found[:] = items(http, what)
        return bool(found)

    tails = "\n".join(one.tail() for one in processes)
    wait_until(told, within_s=60, what=f"one of {what}\n{tails}")
    return found[0]


@pytest.mark.parametrize("way", WAYS)
def test_an_event_becomes_an_alert_and_an_answer_to_it(way: str, locked: Locked, tmp_path: Path) -> None:
    def may(role: Role, **more: str) -> dict[str, str]:
        return WAYS[way](locked, role, **more) | named(way)

    allow(locked.plain, Installation(prefix=f"{way}.", app_id=way, epoch=0, partitions=2))
    made = command(may("operator"), "topics", "apply")
    assert made.exit_code == 0, made.output
    assert command(may("operator"), "topics", "apply").exit_code == 0  # there are settings to compare now
    with ExitStack() as stack:
        redis = {"LEADSTREAM_REDIS__URL": stack.enter_context(embedded_valkey())}
        keys = tmp_path / "keys.json"
        key = command({}, "api-keys", "create", "test", "--scope", "alerts:read", "--scope", "alerts:act", "--scope",
                      "leads:read", "--file", str(keys), "--audit", os.devnull).stdout.split()[0]  # fmt: skip
        worker = stack.enter_context(One(tmp_path, "streams", "worker", told=may("worker") | redis | {
            "LEADSTREAM_WORKER__DATADIR": str(tmp_path / "rows")}))  # fmt: skip
        by_plain = {"SASL_MECHANISM": "PLAIN"} if way == "password" else {}
        collector = stack.enter_context(One(tmp_path, "producers.collector", told=may("collector", **by_plain)))
        console = stack.enter_context(One(tmp_path, "deploy.console", told=may("console") | redis | {
            "LEADSTREAM_CONSOLE__API_KEYS": str(keys), "LEADSTREAM_CONSOLE__AUDIT": str(tmp_path / "audit"),
            "LEADSTREAM_CONSOLE__SESSIONS": "", "LEADSTREAM_CONSOLE__RULES_BOOK": os.devnull}))  # fmt: skip
        collector.await_ready()
        worker.await_ready()
        console.await_ready()
        story = stack.enter_context(One(tmp_path, "producers.simulate", "--once", "--pace", "0", told={
            "LEADSTREAM_SIMULATE__COLLECTOR_URL": f"http://{HOST}:{collector.port}"}))  # fmt: skip
        url, allowed = f"http://{HOST}:{console.port}", {"authorization": f"Bearer {key}"}
        http = stack.enter_context(httpx.Client(base_url=url, headers=allowed, timeout=30, trust_env=False))
        raised = first_of(http, "alerts", worker, console)["alert_id"]
        acted = http.post(f"/api/v1/alerts/{raised}/actions", json={"action": "claim", "actor": "Ines"})
        assert acted.status_code == 202, acted.text + console.tail()
        wait_until(lambda: http.get(f"/api/v1/alerts/{raised}").json().get("claimed_by") == "Ines", within_s=60,
                   what=worker.tail())  # fmt: skip
        first_of(http, "transitions", console)
        wait_until(lambda: story.code is not None, within_s=60, what=f"the end of the story\n{story.tail()}")
        assert story.code == 0, story.tail()
        with closing(Bus(locked.plain, prefix=f"{way}.", app_id=way, partitions=2)) as bus:
            wait_until(bus.settled, within_s=60, what=f"nothing waits any more\n{worker.tail()}")
        for process in (worker, collector, console):
            assert PASSWORD not in process.log.read_text()
        assert worker.leave() >= 0
        assert command(may("operator") | redis, "rejected", "list").exit_code == 0
        assert command(may("operator"), "grow", "prepare", "--partitions", "4").exit_code == 0
        grown = command(may("operator"), "grow", "move")
        assert grown.exit_code == 0, grown.output
        kept = command(may("operator"), "backup", "create", str(tmp_path / "backup"))
        assert kept.exit_code == 0, kept.output
        gone = command(may("operator") | {"LEADSTREAM_KAFKA__EPOCH": "1"}, "grow", "retire", "--epoch", "0", "--yes")
        assert gone.exit_code == 0, gone.output


@pytest.mark.parametrize("protocol", ["SASL_SSL", "SASL_PLAINTEXT"])
@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
async def test_both_clients_come_in_by_every_mechanism(mechanism: str, protocol: str, locked: Locked) -> None:
    door = {"BOOTSTRAP_SERVERS": locked.sasl, "CA": ""} if protocol == "SASL_PLAINTEXT" else {}
    told = locked.by_password("collector", SASL_MECHANISM=mechanism, SECURITY_PROTOCOL=protocol, **door)
    access = Access(**{name.removeprefix("LEADSTREAM_KAFKA__").lower(): value for name, value in told.items()})
    assert (await asyncio.to_thread(refusal, access), await asyncio.to_thread(shown, access, [])) == ("", [])
    producer, why = await opened(access, {})
    assert producer is not None, why
    await stopped(producer, deadline_s=5)


def test_who_is_not_let_in_says_why(locked: Locked, tmp_path: Path) -> None:
    """By the doctor, and by each process at /readyz and in its log: nobody has to guess."""
    stranger = Authority(tmp_path / "other", "stranger")
    cases = {
        "wrong user name or password": locked.by_password("collector", PASSWORD="of-somebody-else"),
        "a certificate that we do not trust": locked.by_password("collector", CA=str(stranger.ca)),
        "speaks TLS: set LEADSTREAM_KAFKA__SECURITY_PROTOCOL": {"LEADSTREAM_KAFKA__BOOTSTRAP_SERVERS": locked.tls},
        "does not take LEADSTREAM_KAFKA__CLIENT_CERTIFICATE":
            locked.by_certificate("collector", CLIENT_CERTIFICATE=str(stranger.signed("collector"))),
    }  # fmt: skip
    with ExitStack() as stack:
        collectors, workers = [], []
        for number, told in enumerate(cases.values()):
            place = tmp_path / str(number)
            place.mkdir()
            collectors.append(stack.enter_context(One(place, "producers.collector", told=told)))
            if number == 0:
                more = {"LEADSTREAM_REDIS__URL": "", "LEADSTREAM_WORKER__DATADIR": str(place / "rows")}
                workers.append(stack.enter_context(One(place, "streams", "worker", told=told | more)))
        for process, said in [*zip(collectors, cases, strict=True), *zip(workers, cases, strict=False)]:
            told = f"{said}\n{process.says()}{process.tail()}"
            wait_until(lambda: said in process.says(), within_s=90, what=told)  # noqa: B023
            wait_until(lambda: said in process.log.read_text(), within_s=60, what=f"{said} in the log")  # noqa: B023
            assert "of-somebody-else" not in process.log.read_text()
        for said, told in cases.items():
            doctor = command(told, "doctor")
            assert said in " ".join(doctor.output.split())
            assert doctor.exit_code == 1
