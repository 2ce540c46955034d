"""People of a company account: a provider that does not answer, who came from it, and a session of one of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from streams.console.access.auth import Auth
from streams.console.access.session_file import CompanyPerson, opened_sessions, person_id, read_sessions
from tests.browser.consoles import SECRET
from tests.unit.console.lead_samples import HOUR, MINUTE

__all__ = ["come_again", "company_settings", "cookie_of_priya"]

ISSUER: Final = "http://127.0.0.1:1/realms/northwind"
PRIYA: Final = CompanyPerson(
    subject="00u1a9f3k2", name="Priya Raman", role="operator", email="priya.raman@northwind-robotics.example"
)
OTHERS: Final = (
    CompanyPerson(subject="00u1b7", name="Jo", role="viewer"),
    CompanyPerson(subject="auth0|5f7c8ec7c33c6c004bbafe82-from-the-directory-of-the-partner-programme", role="rep",
                  name="Maximiliane Schneider-Wischnewski", email="maximiliane.schneider-wischnewski@partner.example"),
)  # fmt: skip


def company_settings(place: Path, now: int) -> Mapping[str, str]:
    """Of a console with a company account, some of whose people came during the last hours."""
    sessions = place / "sessions.json"
    for hours, people in ((3, ()), (2, OTHERS), (1, (PRIYA,))):  # the first looked before anybody came
        _came(sessions, people, at=now - hours * HOUR + 17 * MINUTE)
    return {
        "CONSOLE__SESSIONS": str(sessions), "CONSOLE__OPENID_ISSUER": ISSUER, "CONSOLE__OPENID_CLIENT_ID": "leadstream",
        "CONSOLE__OPENID_CLIENT_SECRET": "a secret of the provider",
        "CONSOLE__OPENID_ROLES": "sales=rep,sales-leads=leader,it=operator",
    }  # fmt: skip


def come_again(place: Path, now: int) -> None:
    """All of them, where the sessions of one were ended."""
    _came(place / "sessions.json", (*OTHERS, PRIYA), at=now)


def _came(sessions: Path, people: Sequence[CompanyPerson], *, at: int) -> None:
    with opened_sessions(sessions, now=lambda: at) as book:
        for one in people:
            book.came(person_id(ISSUER, one.subject), one)


def cookie_of_priya(place: Path) -> tuple[str, str]:
    """Name and value of a cookie of a session of hers."""
    key, auth = person_id(ISSUER, PRIYA.subject), Auth(SECRET, password=None, secure=False)
    version = read_sessions(place / "sessions.json").people[key].version
    return auth.cookie, auth.signed_in(PRIYA.name, role=PRIYA.role, version=version, person=key)[0]
