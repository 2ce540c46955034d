"""The table of faults in `docs/explanation/reliability.md`, from what was measured: `python -m tests.faults.table`."""

import re
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from tests.faults.record import Figure, Result, results

__all__ = ["DOC", "rendered", "with_table"]

DOC: Final = Path(__file__).parents[2] / "docs/explanation/reliability.md"
BEGIN: Final = "<!-- the table of faults, written by python -m tests.faults.table -->"
END: Final = "<!-- end of the table -->"
FAULTS: Final[dict[str, dict[str, str]]] = tomllib.loads(Path(__file__).with_name("faults.toml").read_text("utf-8"))
NUMBER: Final = re.compile(r"f0*(\d+)")
HEAD: Final = (
    "| | what breaks | must hold, beside a clean ledger | run | broker | accepted | lost | phantom | double "
    "| inversions | alerts missing, doubled | measured | outcome |\n"
    "|---|---|---|---|---|--:|--:|--:|--:|--:|--:|---|---|"
)


def rendered(found: Sequence[Result]) -> str:
    """The newest result of each run and broker, by number; a fault without one says so."""
    newest: dict[tuple[str, str], Result] = {(one.fault, one.broker): one for one in found}
    lines = [HEAD]
    for number, told in FAULTS.items():
        own = [newest[key] for key in sorted(newest) if number_of(key[0]) == number]
        start = f"| {number} | {told['breaks']} | {told['holds']} |"
        lines += [f"{start} {_cells(one)} |" for one in own] or [f"{start} not run | | | | | | | | | not run |"]
    return "\n".join(lines) + "\n\n" + _where(newest.values())


def number_of(fault: str) -> str:
    """`F7` of `f07-broker-kill`."""
    found = NUMBER.match(fault)
    return f"F{found[1]}" if found else ""


def with_table(text: str, table: str) -> str:
    """A document with this table between its markers."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table}{END}{after}"


def _cells(one: Result) -> str:
    counts = (one.lost, one.phantom, one.double, one.inversions)
    run = (f"`{one.fault}` seed {one.seed}", one.broker, f"{one.accepted:,}")
    alerts = f"{one.alerts_missing}, {one.alerts_doubled}"
    return " | ".join((*run, *map(str, counts), alerts, "; ".join(map(_figure, one.figures)), _outcome(one)))


def _figure(one: Figure) -> str:
    said = f"{one.name} {one.value:,.10g}{' ' if one.unit else ''}{one.unit}"
    return said if one.kept else f"**{said}** (bound {one.most if one.most is not None else one.least:g})"


def _outcome(one: Result) -> str:
    if one.failed:
        return f"**failed**: {one.failed.replace('|', '/')}"
    missed = [figure.name for figure in one.figures if not figure.kept]
    return f"clean; **{', '.join(missed)} missed**" if missed else "clean"


def _where(found: Iterable[Result]) -> str:
    runs = sorted({(one.at[:10], one.commit, one.machine) for one in found if one.machine}, key=str)
    said = [
        f"- {day}, commit `{commit}`: {box.cores} cores of {box.cpu}, {box.memory_gb} GB, Linux {box.kernel}, "
        f"Python {box.python}"
        for day, commit, box in runs
    ]
    return "Measured:\n\n" + "\n".join(said) + "\n" if said else "Nothing is measured yet.\n"


def main() -> None:
    """Write the table anew."""
    DOC.write_text(with_table(DOC.read_text("utf-8"), rendered(results())), "utf-8")


if __name__ == "__main__":
    main()
