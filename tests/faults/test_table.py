"""The table of faults says what was measured: no more, no less."""

from pathlib import Path

import pytest

from tests.faults.record import Figure, Result, results, run_of
from tests.faults.table import DOC, FAULTS, number_of, rendered, with_table


def test_the_document_holds_what_the_results_say() -> None:
    """After a run: `python -m tests.faults.table`."""
    text = DOC.read_text("utf-8")
    assert text == with_table(text, rendered(results()))


def test_every_fault_has_a_line_and_one_without_a_result_says_so() -> None:
    table = rendered([Result(fault="f07-broker", broker="apache", accepted=4_000, seed=7)])
    assert list(FAULTS) == [f"F{number}" for number in range(1, 28)]
    assert [f"| {number} |" in table for number in FAULTS] == [True] * 27
    assert table.count("not run |\n") == 26
    assert "`f07-broker` seed 7 | apache | 4,000 | 0 | 0 | 0 | 0 | 0, 0 |  | clean |" in table


def test_a_failure_and_a_missed_bound_are_said() -> None:
    slow = Figure(name="p99", value=3.5, unit="s", most=2.0)
    table = rendered([
        Result(fault="f09-cut", broker="apache", figures=[slow]),
        Result(fault="f08-two", broker="3 x apache", lost=3, failed="AssertionError: 3 are lost"),
    ])  # fmt: skip
    assert "**p99 3.5 s** (bound 2)" in table
    assert "clean; **p99 missed**" in table
    assert "**failed**: AssertionError: 3 are lost" in table


def test_the_newest_result_counts() -> None:
    old = Result(fault="f01-kill", broker="apache", lost=1, failed="lost")
    new = Result(fault="f01-kill", broker="apache")
    assert "failed" not in rendered([old, new])


def broken() -> None:
    with run_of("f01-kill", broker="apache", seed=3) as result:
        result.accepted = 10
        raise RuntimeError("it broke\nhere")


def test_a_run_that_fails_is_kept_as_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.faults.record.RESULTS", tmp_path / "results.jsonl")
    monkeypatch.setenv("LEADSTREAM_FAULTS_RECORD", "1")
    with pytest.raises(RuntimeError):
        broken()
    (kept,) = results(tmp_path / "results.jsonl")
    assert (kept.failed, kept.accepted, kept.seed) == ("RuntimeError: it broke", 10, 3)
    assert kept.machine is not None
    assert kept.at


def test_numbers_come_from_names() -> None:
    assert [number_of(one) for one in ("f01-kill", "f27-chance", "kills")] == ["F1", "F27", ""]
