"""Which audiences a lead is in: all rows of audiences.toml that are true of it. Predicates as in segments.toml."""

from streams.core.rulebook.audiences_rules import AudiencesRules
from streams.core.rulebook.segments_rules import single_tests
from streams.core.segment.segments import Fields, holds

__all__ = ["Audiences"]


class Audiences:
    """`audiences.toml` made ready. Immutable.

    `is_used` False: there is nothing to find and nobody to tell. `falls_tenths`: scores below which somebody enters or
    leaves, in tenths. `heard`: audiences that a webhook follows.
    """

    __slots__ = ("falls_tenths", "heard", "is_used", "rules")

    def __init__(self, rules: AudiencesRules) -> None:
        self.rules = rules
        self.is_used = bool(rules.audience or rules.announce)
        self.heard = frozenset(one.name for one in rules.audience if one.announce)
        tests = [test for one in rules.audience for test in single_tests(one.when) if test.field == "score"]
        self.falls_tenths = tuple(sorted({
            round(10 * float(str(test.value))) + (test.op == "at_most") for test in tests
            if test.op in ("at_least", "at_most")
        }))  # fmt: skip

    def of(self, fields: Fields) -> frozenset[str]:
        """The names of all that are true."""
        return frozenset(one.name for one in self.rules.audience if holds(one.when, fields))
