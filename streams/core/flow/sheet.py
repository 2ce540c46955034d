"""One sheet of the books: flow and balance of one window and one choice of leads, with all that is said beside it."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from streams.core.flow.ageing import Age, Bottleneck, ages_of, bottleneck, more_wins
from streams.core.flow.books import LABELS, Arrival, Line, Stay, Wanted, Win, chosen
from streams.core.flow.cohorts import Cohort
from streams.core.flow.ledger import Ledger, Window, ledger_of, next_stage
from streams.core.stage.stages import Stages

__all__ = ["Mismatch", "Row", "Sheet", "Tallies", "first_comers", "sheet_of"]

NO_AGE: Final = Age(stage="", standing=0, p50_days=None, p90_days=None, above=(0, 0, 0))


class Tallies(Struct, frozen=True, kw_only=True):
    """What the books of all leads hold, and how often."""

    lines: Mapping[Line, int]
    arrivals: Mapping[Arrival, int]
    wins: Mapping[Win, int]
    stays: Collection[Stay]


class Mismatch(Struct, frozen=True):
    """The moves add up to another number than stands there: some are missing."""

    stage: str
    booked: int
    standing: int


class Row(Struct, frozen=True, kw_only=True):
    """The same books of one value of a label."""

    value: str
    ledger: Ledger
    cohorts: Mapping[str, Cohort]
    ages: Mapping[str, Age]


class Sheet(Struct, frozen=True, kw_only=True):
    """`ages` are those of now, whatever the window. `rows` are by the label that was asked for, the most people first.

    `mismatches`: only where the window lasts until now, for only then the balance can be counted in another way.
    """

    ledger: Ledger
    cohorts: Mapping[str, Cohort]
    ages: Mapping[str, Age]
    bottleneck: Bottleneck | None
    more_wins: Mapping[str, float]
    wins: int
    return_wins: int
    rows: tuple[Row, ...]
    mismatches: tuple[Mismatch, ...]

    @property
    def reconciles(self) -> bool:
        """Each line adds up, everybody stands somewhere, and as many stand there as the moves say."""
        return self.ledger.reconciles and not self.mismatches

    def age(self, stage: str) -> Age:
        """How long people stand there; nobody stands there: no days."""
        return self.ages.get(stage, NO_AGE)


def sheet_of(
    tallies: Tallies, window: Window, *, wanted: Wanted, by: str, stages: Stages, as_of: int, is_open: bool
) -> Sheet:
    """`by`: the label of the rows, "" for none. `is_open`: the window lasts until now. `as_of`: UTC milliseconds."""
    takes = wanted.among()
    tallies = replace(tallies, stays=[one for one in tallies.stays if takes(one.cut)])
    whole = _row("", tallies, window, wanted=wanted, stages=stages, as_of=as_of)
    wins = Counter[bool]()
    for win, count in tallies.wins.items():
        if window.begins <= win.at < window.ends and wanted.takes(win.cut):
            wins[win.returned] += count
    parts = _parts(tallies, by, wanted) if by else {}
    return Sheet(
        ledger=whole.ledger, cohorts=whole.cohorts, ages=whole.ages,
        bottleneck=bottleneck(whole.ledger, whole.ages, stages),
        more_wins={flow.stage: more_wins(whole.ledger, flow.stage) for flow in whole.ledger.flows},
        wins=wins.total(), return_wins=wins[True],
        rows=tuple(_row(value, part, window, wanted=wanted._replace(**{by: value}), stages=stages, as_of=as_of)
                   for value, part in parts.items()),
        mismatches=_mismatches(whole.ledger, tallies.stays) if is_open else (),
    )  # fmt: skip


def _row(value: str, tallies: Tallies, window: Window, *, wanted: Wanted, stages: Stages, as_of: int) -> Row:
    ledger = ledger_of(chosen(tallies.lines, wanted), window, stages)
    stays = ((one.stage, one.since) for one in tallies.stays)
    return Row(
        value=value, ledger=ledger, ages=ages_of(stays, as_of=as_of),
        cohorts=_cohorts(tallies.arrivals, window, wanted=wanted, stages=stages, as_of=as_of),
    )  # fmt: skip


def _cohorts(
    arrivals: Mapping[Arrival, int], window: Window, *, wanted: Wanted, stages: Stages, as_of: int
) -> Mapping[str, Cohort]:
    came, reached, takes = Counter[str](), Counter[str](), wanted.among()
    for one, count in arrivals.items():
        if window.begins <= one.at < window.ends and takes(one.cut):
            came[one.stage] += count
            reached[one.stage] += count if one.went_on else 0
    return {
        name: Cohort(stage=name, next_stage=next_stage(name, stages), came=came[name], reached=reached[name],
                     as_of=as_of)
        for name in stages.by_name
    }  # fmt: skip


def _parts(tallies: Tallies, label: str, wanted: Wanted) -> Mapping[str, Tallies]:
    """The books of each value by themselves, so that many values cost no more than one."""
    place = LABELS.index(label)
    lines, arrivals = defaultdict[str, dict[Line, int]](dict), defaultdict[str, dict[Arrival, int]](dict)
    stays = defaultdict[str, list[Stay]](list)
    for line, count in tallies.lines.items():
        lines[line.cut[place]][line] = count
    for arrival, count in tallies.arrivals.items():
        arrivals[arrival.cut[place]][arrival] = count
    for stay in tallies.stays:
        stays[stay.cut[place]].append(stay)
    return {
        value: Tallies(lines=lines[value], arrivals=arrivals[value], wins={}, stays=stays[value])
        for value in _most_first(tallies, label, wanted)
    }


def _most_first(tallies: Tallies, label: str, wanted: Wanted) -> list[str]:
    place = LABELS.index(label)
    counted, takes = Counter[str](), wanted.among()
    for line, count in tallies.lines.items():
        if takes(line.cut):
            counted[line.cut[place]] += count
    return sorted((value for value, count in counted.items() if count), key=lambda one: (-counted[one], one))


def _mismatches(ledger: Ledger, stays: Collection[Stay]) -> tuple[Mismatch, ...]:
    standing = Counter(one.stage for one in stays)
    found = {flow.stage: flow.closing for flow in ledger.flows}
    return tuple(
        Mismatch(stage, found.get(stage, 0), standing[stage])
        for stage in sorted(found.keys() | standing.keys()) if found.get(stage, 0) != standing[stage]
    )  # fmt: skip


def first_comers(
    arrivals: Mapping[Arrival, int], window: Window, *, wanted: Wanted, labels: Sequence[str]
) -> dict[tuple[str, ...], Counter[str]]:
    """By the values of these labels: how many came to each stage for the first time in the window."""
    places, takes = [LABELS.index(label) for label in labels], wanted.among()
    found = defaultdict[tuple[str, ...], Counter[str]](Counter)
    for one, count in arrivals.items():
        if window.begins <= one.at < window.ends and takes(one.cut):
            found[tuple(one.cut[place] for place in places)][one.stage] += count
    return dict(sorted(found.items(), key=lambda item: (-item[1].total(), item[0])))
