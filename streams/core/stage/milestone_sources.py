"""What produces each kind of milestone besides people in sales: what nothing proves does not exist (ask A11)."""

from collections.abc import Mapping
from typing import Final

__all__ = ["DERIVED", "PRODUCED"]

PRODUCED: Final[Mapping[str, str]] = {
    "dead_end": "the lists of own and competitor domains, at identify",
    "deal_lost": "the CRM",
    "deal_open": "the CRM",
    "deal_won": "the CRM",
    "engaged": "hits of the rules in [engaged], and human clicks",
    "identified": "whoever names a person: form, identify, import, CRM person, human click",
    "merged": "an operator, an alias, or a user id that turned out to have an e-mail",
    "opted_in": "forms of kind opt_in",
    "page_seen": "a visitor's first event",
    "program_attended": 'track events of site.toml with program = "attended"',
    "qualified": "the score",
    "requested": "forms and track events of the kinds that ask for a talk",
    "target_attended": "attendance of an own program by somebody of a [[target]] with a rep",
    "visited": "days with a human hit, and human clicks",
}
# Made anew from what the row holds (or the CRM says) at each fold: to take one back, take back what it is made of.
DERIVED: Final = frozenset(
    {"deal_lost", "deal_open", "deal_won", "engaged", "identified", "merged", "page_seen", "visited"}
)
