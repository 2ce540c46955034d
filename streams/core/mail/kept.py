"""What is remembered of the mails to one lead: joins, so that copies, lateness and order cannot matter.

Everything is kept like hits: walking from the freshest, an element is kept if fewer than its share of one message (one
click id) and fewer than the most in all are kept before it.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from typing import Any, Final, NamedTuple, TypeVar

from schemas.activity import Hit
from schemas.ids import hit_id_of, message_hash_of
from schemas.lookups import remembered
from schemas.mail import NO_MAIL, Click, Confirmed, Mail, Mark
from schemas.touches import Confirmation, MailEvent
from streams.core.activity.activity import kept_hits
from streams.core.events.machines import is_machine
from streams.core.rules import Rules

__all__ = ["heard_mail", "joined_mail"]

SOURCE: Final = "mail"  # of the hits that mail events make
MAX_TEXT: Final = 128
T = TypeVar("T")


class Share(NamedTuple):
    """At most `most` in all, `of_one` of one message or click id."""

    most: int
    of_one: int


CLICKS: Final = Share(24, 8)
CONFIRMATIONS: Final = Share(24, 8)
TRAPS: Final = Share(8, 2)
MARKS: Final = {
    "bounced": Share(2, 1), "complained": Share(2, 1), "delivered": Share(24, 2), "opened": Share(24, 4),
    "sent": Share(8, 1), "subscribed": Share(2, 1), "unsubscribed": Share(2, 1),
}  # fmt: skip


def heard_mail(mail: Mail, messages: Sequence[MailEvent | Confirmation], rules: Rules) -> Mail:
    """The mail with what came."""
    return joined_mail([mail, *(_told(message, rules) for message in messages)], rules)


def joined_mail(mails: Iterable[Mail], rules: Rules) -> Mail:
    """All that any of them knows, within the bounds: commutative, associative, idempotent."""
    found = [mail for mail in mails if mail is not NO_MAIL]
    if len(found) <= 1:
        return found[0] if found else NO_MAIL
    by_rule: dict[str, list[Hit]] = {}
    for mail in found:
        for name, kept in mail.hits.items():
            by_rule.setdefault(name, []).extend(kept)
    kinds = sorted({kind for mail in found for kind in mail.marks} & MARKS.keys())
    return Mail(
        clicks=_walked((one for mail in found for one in mail.clicks), CLICKS, by=_message, its=_hit_id),
        confirmations=_walked(
            (one for mail in found for one in mail.confirmations), CONFIRMATIONS, by=_click_id, its=_page
        ),
        traps=_walked((one for mail in found for one in mail.traps), TRAPS, by=_message, its=_hit_id),
        marks={
            kind: _walked(
                (one for mail in found for one in mail.marks.get(kind, ())), MARKS[kind], by=_marked, its=_itself
            )
            for kind in kinds
        },
        hits=kept_hits(by_rule, rules),
    )


def _told(message: MailEvent | Confirmation, rules: Rules) -> Mail:
    """What one message says, as a mail of its own."""
    if isinstance(message, Confirmation):
        said = Confirmed(message.at, message.click_id, message.visitor_id, message.dwell_ms, message.interactions)
        return Mail(confirmations=(said,))
    if message.kind == "clicked":
        return Mail(clicks=(_click(message),))
    if message.kind == "hidden_link":
        return Mail(traps=(_click(message),))
    if (message.kind == "bounced" and not message.permanent) or (message.kind == "replied" and message.auto):
        return NO_MAIL  # will be tried again; nobody wrote it
    message_id = _short(message.message_id)
    hit = (Hit(message.at, hit_id_of(SOURCE, message.mail_event_id), message_id),)
    mark = (Mark(message.at, message_hash_of(message_id)),)
    return Mail(
        marks={message.kind: mark} if message.kind in MARKS else {},
        hits={rule.name: hit for rule in rules.scoring.hit_by_mail(message.kind)},
    )


def _click(event: MailEvent) -> Click:
    agent = event.user_agent
    sign = event.sign or ("bot" if agent and is_machine(agent) else "")
    return Click(
        event.at, hit_id_of(SOURCE, event.mail_event_id), _short(event.message_id), _short(event.link),
        _short(event.click_id), _short(event.visitor_id), _short(sign), _short(event.ip),
        _agent_hash(agent) if agent else 0,
    )  # fmt: skip


@remembered("mail_user_agents", most=4_096)
def _agent_hash(agent: str) -> int:
    return int.from_bytes(blake2b(agent.encode("utf-8", "replace"), digest_size=6).digest(), "big")


def _short(text: str) -> str:
    """A text of any length within the bound of a row: what is too long is only told apart from others."""
    if len(text) <= MAX_TEXT:
        return text
    return blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


def _walked(
    found: Iterable[T], share: Share, *, by: Callable[[T], Any], its: Callable[[T], Any]
) -> tuple[T, ...]:
    """Freshest first. Of two tellings of one thing in one bucket the later."""
    kept: list[T] = []
    taken: dict[Any, set[Any]] = {}
    for one in sorted(found, reverse=True):  # type: ignore[type-var]
        ids = taken.setdefault(by(one), set())
        if (own := its(one)) not in ids and len(ids) < share.of_one:
            ids.add(own)
            kept.append(one)
            if len(kept) >= share.most:
                break
    return tuple(kept)


def _message(click: Click) -> str:
    return click.message_id


def _hit_id(click: Click) -> int:
    return click.hit_id


def _click_id(confirmed: Confirmed) -> str:
    return confirmed.click_id


def _page(confirmed: Confirmed) -> tuple[int, str]:
    """One page of one visitor tells of itself again and again, each time of more attention."""
    return confirmed.at, confirmed.visitor_id


def _marked(mark: Mark) -> int:
    return mark.message


def _itself(mark: Mark) -> Mark:
    return mark
