"""`leadstream replay` and `supply count` on a broker: of each key the newest row, from changelogs; only read."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from time import time_ns

import pytest
from kafka import KafkaProducer
from msgspec.structs import replace
from typer.testing import CliRunner

from deploy.cli.root import app
from deploy.errors import BrokerUnreachable
from schemas.activity import Version
from schemas.topics import changelog
from streams.core.rows import ROWS
from streams.core.rulebook.threshold_text import with_threshold
from streams.replay.kept_rows import KeptRows
from streams.rules_files import read_texts
from streams.window import Window
from tests.integration.brokers import broker
from tests.integration.bus import Bus
from tests.unit.console.test_rules import lead
from tests.unit.core.made import ANN, BEN, NAMING
from tests.unit.core.test_comparison import account
from tests.unit.core.told import ACME

pytestmark = pytest.mark.kafka
APP = "tried"
LEADS, ACCOUNTS = (changelog(table, app_id=APP) for table in ("leads", "accounts"))


@pytest.fixture(scope="module")
def bus() -> Iterator[Bus]:
    with broker("embedded") as bootstrap, closing(Bus(bootstrap, prefix="tried.", app_id=APP)) as one:
        one.create()
        yield one


@pytest.fixture(scope="module")
def written(bus: Bus) -> Bus:
    """Ann in several versions, the newest not last; Ben erased; Acme with its lost deal; a row that nobody can read."""
    row = lead(time_ns() // 1_000_000, "Ann")
    newest = replace(row, version=Version(1, 9))
    encode = ROWS["leads"].encode
    producer = KafkaProducer(bootstrap_servers=bus.bootstrap, acks="all")
    with closing(producer):
        for key, value in (
            (ANN, encode(replace(row, version=Version(0, 3), sources={}))), (ANN, encode(newest)),
            (ANN, encode(replace(row, version=Version(0, 7), sources={}))), (BEN, encode(row)), (BEN, None),
            ("who", b"\x02nothing that can be read"),
        ):  # fmt: skip
            producer.send(LEADS, key=key.encode(), value=value, partition=1).get(60)
        producer.send(ACCOUNTS, key=ACME.encode(), value=ROWS["accounts"].encode(account().row), partition=2).get(60)
    return bus


def told(bus: Bus, *arguments: object) -> str:
    environment = {
        "LEADSTREAM_KAFKA__BOOTSTRAP_SERVERS": bus.bootstrap, "LEADSTREAM_KAFKA__TOPIC_PREFIX": "tried.",
        "LEADSTREAM_WORKER__APP_ID": APP, "LEADSTREAM_SECRET": NAMING.secret.decode(), "COLUMNS": "160",
        "LEADSTREAM_RULES_DIR": "",
    }  # fmt: skip
    said = CliRunner(env=environment).invoke(app, [str(one) for one in arguments])
    if said.exception is not None:
        raise said.exception
    return said.stdout


def rules(place: Path, name: str, threshold: float) -> Path:
    directory = place / name
    directory.mkdir()
    (directory / "stages.toml").write_text(with_threshold(read_texts(None)["stages.toml"], threshold), "utf-8")
    return directory


def test_of_each_key_the_newest_version_is_read_and_what_was_erased_is_gone(written: Bus) -> None:
    steps: list[tuple[str, int, int]] = []
    with closing(Window(written.bootstrap, topic_prefix="tried.")) as window:
        found = dict(KeptRows(window, application=APP).of("leads", told=lambda *step: steps.append(step)))
    assert {key: None if row is None else row.version for key, row in found.items()} == {ANN: (1, 9), "who": None}
    assert steps[0] == ("leads", 0, 6)
    assert steps[-1] == ("leads", 6, 6)


def test_rules_are_tried_against_each_other_and_nothing_is_written(written: Bus, tmp_path: Path) -> None:
    """Ask A14."""
    before, after, ends = rules(tmp_path, "a", 100), rules(tmp_path, "b", 75), written.ends()
    output = told(written, "replay", before, after, "--csv", tmp_path / "sides.csv")
    for wanted in ("leads above the threshold, of 1", "+1 / -0", "below -> above", "none: the threshold does",
                   "1 rows could not be read"):  # fmt: skip
        assert wanted in output, wanted
    [_, line] = (tmp_path / "sides.csv").read_text("utf-8-sig").splitlines()
    assert line.startswith(f"{ANN},")
    assert line.endswith(",False,True,")
    assert written.ends() == ends


def test_crossings_are_counted_for_the_proposal(written: Bus, tmp_path: Path) -> None:
    """Ask A34."""
    counted = told(written, "supply", "count")
    assert set(json.loads(counted)) >= {"70", "100", "140"}
    (tmp_path / "crossings.json").write_text(counted, "utf-8")
    assert "This week: from 100 to 90" in told(written, "supply", "propose", tmp_path / "crossings.json", "--sdrs", 3,
                                               "--attempts", 4)  # fmt: skip


def test_without_kafka_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.window.PATIENCE_S", 0.5)
    monkeypatch.setenv("LEADSTREAM_KAFKA__BOOTSTRAP_SERVERS", "127.0.0.1:1")
    monkeypatch.setenv("LEADSTREAM_SECRET", "x" * 32)
    directory = rules(tmp_path, "a", 100)
    result = CliRunner().invoke(app, ["replay", str(directory), str(directory)])
    assert isinstance(result.exception, BrokerUnreachable)
