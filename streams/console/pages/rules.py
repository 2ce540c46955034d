"""The rules in force, in words: which version, since when, what the version before said, and whether all run them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from streams.console.access.roles import may
from streams.console.access.security import session_of
from streams.console.desk import Desk, desk_of
from streams.console.flow.laid import shown
from streams.console.rules.at_hand import unreadable_rules
from streams.console.tongue import Text, said_of
from streams.core.rulebook.in_words import Change, Section, changes, explained
from streams.core.rulebook.past import unknown_past
from streams.core.rules import Rules, RulesError
from streams.readmodel.errors import ReadModelAway
from streams.rules_book import REVIEW_MS, Published

__all__ = ["ROUTES", "Story", "story_of"]

SAMPLE: Final = 50  # cards that are asked by which rules they were made


class Story(Struct, frozen=True, kw_only=True):
    """How the rules in force came. `newest`: a version that was published later than the one that this console runs.

    `before` None: the book knows of none. `is_reviewed_until`: UTC milliseconds, None where nothing is to be reviewed.
    """

    here: Published
    before: Published | None
    newest: Published | None
    reviewed_until: int | None


async def rules_page(request: Request) -> Response:
    """`GET /rules`."""
    desk = desk_of(request)
    try:
        rules, story = desk.sight.known.in_force(), story_of(desk)
    except (RulesError, OSError) as error:
        return await unreadable_rules(desk, request, error)
    before, why = _former(desk, story)
    found: Sequence[Change] = () if before is None else changes(before, rules)
    values: dict[str, Any] = {
        "rules": rules, "story": story, "why": why, "changes": found,
        "unknown": () if before is None else unknown_past(before, rules), "files": _by_file(rules),
        "made_by": await _made_by(desk, rules), "leads": may(session_of(request).role, "leader"),
    }  # fmt: skip
    return await shown(desk, request, "rules.html", **values)


def story_of(desk: Desk) -> Story:
    """Of the rules in force. Raises RulesError, OSError."""
    now = desk.now()
    found, place = desk.sight.known.history(now)
    here, before = found[place], found[place - 1] if place else None
    until = here.at + REVIEW_MS
    return Story(
        here=here, before=before, newest=found[-1] if place != len(found) - 1 else None,
        reviewed_until=until if before is not None and now < until else None,
    )  # fmt: skip


def _former(desk: Desk, story: Story) -> tuple[Rules | None, Text]:
    """The version before, or why this release cannot read it."""
    if story.before is None:
        return None, ""
    try:
        return desk.sight.known.of(story.before.version), ""
    except (RulesError, KeyError) as error:
        return None, said_of(error)


def _by_file(rules: Rules) -> Mapping[str, Sequence[Section]]:
    found: dict[str, list[Section]] = {}
    for section in explained(rules):
        found.setdefault(section.file, []).append(section)
    return found


async def _made_by(desk: Desk, rules: Rules) -> tuple[int, int] | None:
    """Of the cards with the highest scores: how many were made by these rules. None while Redis is away."""
    try:
        cards = await desk.reader.leads(limit=SAMPLE)
    except ReadModelAway:
        return None
    return sum(one.rules_version == rules.version for one in cards), len(cards)


ROUTES: Final = [Route("/rules", rules_page)]
