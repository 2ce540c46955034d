"""Which leads' bodies a lead keeps apart when very many forward to it."""

from schemas.activity import Version
from schemas.lead_body import Known, LeadBody
from streams.core.lead.absorbed import bounded_absorbed
from streams.core.lead.body import JOINED
from streams.core.lead.row import Absorbed
from streams.core.parts import Part
from tests.unit.core.made import DAY, NOW, RULES
from tests.unit.core.told import did, hits


def part(n: int, *through: tuple[str, ...], stands: bool = True) -> Part[Absorbed]:
    body = LeadBody(vias={f"v{n}@u{n:02}": Known(NOW, "claimed", did(points=hits("form", NOW - n * DAY)))})
    return Part(Version(0, n), NOW + n, Absorbed(through or ((f"u{n:02}",),), body) if stands else None)


def of(*parts: Part[Absorbed]) -> dict[str, Part[Absorbed]]:
    return {f"u{one.version.offset:02}": one for one in parts}


def test_sixteen_stand_by_themselves_and_the_stalest_beyond_as_one() -> None:
    assert bounded_absorbed(of(*map(part, range(16))), RULES) == of(*map(part, range(16)))
    kept = bounded_absorbed(of(*map(part, range(18))), RULES)
    assert list(kept) == sorted([JOINED, *(f"u{n:02}" for n in range(2, 18))])
    joined = kept[JOINED]
    assert (joined.version, joined.as_of) == (Version(0, 1), NOW + 1)
    assert joined.body is not None
    assert joined.body.body is not None
    assert joined.body.through == (("u00",), ("u01",))
    assert [one.at for one in joined.body.body.vias[JOINED].activity.hits["form"]] == [NOW, NOW - DAY]


def test_the_shortest_ways_of_what_is_joined_are_kept_first() -> None:
    long = [("a", f"b{n:02}") for n in range(80)]
    parts = of(part(0, *long), part(1, ("z",)), *map(part, range(2, 18)))
    body = bounded_absorbed(parts, RULES)[JOINED].body
    assert body is not None
    assert body.through == (("z",), *long[:63])


def test_what_withdrew_is_remembered_of_the_64_newest() -> None:
    parts = of(*(part(n, stands=False) for n in range(66)), part(70))
    assert list(bounded_absorbed(parts, RULES)) == [*(f"u{n:02}" for n in range(2, 66)), "u70"]
