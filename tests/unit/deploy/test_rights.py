"""The least rights: what is written down of who writes a topic is what they may, and a shell reads the commands."""

import shlex

import pytest

from deploy.upkeep.installation import Installation
from deploy.upkeep.rights import PROCESSES, lines, rights
from schemas.topics import TOPICS

OURS = Installation(prefix="t.", app_id="ours", epoch=2, partitions=4)


@pytest.mark.parametrize("process", ["collector", "console"])
def test_who_is_named_as_a_writer_may_write(process: str) -> None:
    may = {one.name for one in rights(OURS) if one.process == process and "Write" in one.operations}
    assert {OURS.full(one.name) for one in TOPICS if process in one.writers} <= may


def test_the_collector_may_write_and_nothing_else() -> None:
    found = [one for one in rights(OURS) if one.process == "collector"]
    assert {(one.kind, one.operations, one.prefixed) for one in found} == {("topic", ("Write",), False)}


def test_only_the_operator_may_make_and_delete() -> None:
    for one in rights(OURS):
        if one.process != "operator":
            assert set(one.operations) <= {"Read", "Write"}
            assert not one.prefixed


def test_a_shell_reads_the_commands_and_each_names_its_user() -> None:
    told = list(lines(OURS, servers="one:9092", principals={one: f"User:{one}" for one in PROCESSES}))
    assert len(told) == len(list(rights(OURS)))
    for line, one in zip(told, rights(OURS), strict=True):
        words = shlex.split(line)
        assert words[words.index("--allow-principal") + 1] == f"User:{one.process}"
        assert [words[at + 1] for at, word in enumerate(words) if word == "--operation"] == list(one.operations)
        assert ("--cluster" in words) == (one.kind == "cluster")
        assert one.kind == "cluster" or words[words.index(f"--{one.kind}") + 1] == one.name
