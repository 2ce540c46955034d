"""A message in words, before a channel gives it its form: plain text without markup; each channel escapes it."""

from msgspec import Struct

from schemas.cards import AlertStatus

__all__ = ["Button", "Line", "Told", "ToldDigest"]


class Line(Struct, frozen=True):
    """One line: what it is about, and what there is to say."""

    label: str
    text: str


class Button(Struct, frozen=True):
    """One answer that sales may give: the verb of an action, and its name."""

    verb: str
    text: str


class Told(Struct, frozen=True, kw_only=True):
    """One alert. `lines` are six: account, lost deal, who, pages, score, next act; `more` is the rest.

    `badge`: its level; `occasion`: why it is told again, "" for the first time; `status` "" while it is open;
    `url` "" where the console has no public address.
    """

    post_id: str
    alert_id: str
    subject: str
    badge: str
    occasion: str
    state: AlertStatus
    status: str
    lines: tuple[Line, ...]
    more: tuple[Line, ...]
    buttons: tuple[Button, ...]
    url: str
    open_text: str


class ToldDigest(Struct, frozen=True, kw_only=True):
    """One morning's digest: alerts, the best first; then lost accounts worth a call; how many wait for the next."""

    post_id: str
    subject: str
    alerts: tuple[Told, ...]
    ahead_title: str
    ahead: tuple[Line, ...]
    waiting: str
    url: str
    open_text: str
