"""The reference of settings and metrics is what the code says: `make reference` writes it."""

from producers.metrics import LISTED, REGISTRY
from streams.metrics import Metrics, console_exposed
from tests.reference.metrics_page import METRICS, exported, metrics_page
from tests.reference.settings_page import SETTINGS, said_twice, settings, settings_page


def test_the_page_of_settings_is_what_the_code_says() -> None:
    assert SETTINGS.read_text("utf-8") == settings_page()


def test_the_page_of_metrics_is_what_the_code_says() -> None:
    assert METRICS.read_text("utf-8") == metrics_page()


def test_every_setting_is_told_and_is_read_by_some_process() -> None:
    rows = [one for group in settings().values() for one in group.values()]
    assert [one.variable for one in rows if not one.says] == []
    assert [one.variable for one in rows if not one.readers] == []


def test_who_reads_a_setting_follows_from_its_code() -> None:
    found = {one.variable: one.readers for group in settings().values() for one in group.values()}
    assert found["LEADSTREAM_WORKER__STALL_S"] == ("worker",)
    assert found["LEADSTREAM_CONSOLE__COSTS"] == ("console",)
    assert found["LEADSTREAM_SLACK__USERS"] == ("console",)
    assert found["LEADSTREAM_CRM__HUBSPOT_SECRET"] == ("collector",)
    assert found["LEADSTREAM_KAFKA__EPOCH"] == ("worker", "console", "collector", "commands")


def test_a_variable_is_the_same_to_everybody_who_reads_it() -> None:
    assert [pair for pair in said_twice() if pair[0] != pair[1]] == []


def test_every_metric_that_is_exported_is_told_and_none_beside() -> None:
    told = {title: {one.name.removesuffix("_total") for one in rows} for title, rows in exported().items()}
    console = [line.split()[2] for line in console_exposed({}).decode().splitlines() if line.startswith("# HELP")]
    assert told["Worker"] == {family.name for family in Metrics().families()}
    assert told["Collector"] == {family.name for family in REGISTRY.collect()}
    assert told["Console"] == set(console)
    assert [one.name for one in LISTED if one.kind == "counter" and not one.name.endswith("_total")] == []
