"""Whose alerts are whose: somebody at the console as a rep of `routing.toml`, and those whom they sell with.

>>> mine = Seat(names=frozenset({"ines duarte"}))
>>> mine.is_called("Ines Duarte (Slack)"), mine.is_called("Tom Berg")
(True, False)
"""

from typing import Final, Literal, TypeAlias

from msgspec import Struct

from schemas.deals import Owner
from streams.core.routing import Routing

__all__ = ["IN_SLACK", "WHOSE", "Seat", "Whose", "seat_of"]

Whose: TypeAlias = Literal["mine", "team", "all"]
WHOSE: Final[tuple[Whose, ...]] = ("mine", "team", "all")
IN_SLACK: Final = " (Slack)"  # what the console writes behind who presses there


class Seat(Struct, frozen=True, kw_only=True):
    """`by`: the rep that somebody is, None = not one that we know. `names`: what they and their address are called.

    `team` and `team_names`: the same of those who have the same leader, and of those whom one leads.
    """

    names: frozenset[str]
    by: Owner | None = None
    team: frozenset[str] = frozenset()
    team_names: frozenset[str] = frozenset()

    def is_called(self, name: str) -> bool:
        """Whether this name is one of theirs."""
        return _key(name) in self.names

    def has(self, whose: Whose, *, recipient: Owner | None, claimed_by: str) -> bool:
        """Whether an alert is theirs: that they claimed, or that nobody did and they are to. Of the team: also others'.

        What goes to nobody in particular is the team's.
        """
        if whose == "all" or self.is_called(claimed_by):
            return True
        if whose == "mine":
            return not claimed_by and recipient is not None and self._is(recipient)
        if recipient is None or self._is(recipient) or recipient.recipient_id in self.team:
            return True
        return _key(claimed_by) in self.team_names

    def _is(self, owner: Owner) -> bool:
        known = self.by is not None and owner.recipient_id == self.by.recipient_id
        return known or _key(owner.name) in self.names or _key(owner.email) in self.names


def seat_of(name: str, routing: Routing) -> Seat:
    """The seat of whoever signed in by this name: a rep's name or address, else of somebody whom the file lacks."""
    found = next((who for who, rep in routing.reps.items() if _keys(name) & _keys(rep.name, rep.email)), None)
    if found is None:
        return Seat(names=_keys(name))
    rep, mates = routing.reps[found], _mates(found, routing)
    return Seat(
        names=_keys(name, rep.name, rep.email),
        by=Owner(found, rep.name, rep.email),
        team=frozenset(mates),
        team_names=_keys(*(one for who in mates for one in (routing.reps[who].name, routing.reps[who].email))),
    )


def _mates(rep: str, routing: Routing) -> list[str]:
    """Whom this rep leads, and who has the same leader."""
    above = {rep, routing.leader_of(rep)} - {None}
    return [who for who in routing.reps if who != rep and routing.leader_of(who) in above]


def _keys(*names: str) -> frozenset[str]:
    """Nobody is called by an empty name."""
    return frozenset(map(_key, names)) - {""}


def _key(name: str) -> str:
    return name.removesuffix(IN_SLACK).strip().casefold()
