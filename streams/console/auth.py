"""Who is signed in: a signed cookie, opened by the password or by a link that works once.

Nothing is kept on the server: the cookie carries a name and a random key, signed. The CSRF token follows from that key.
"""

import hmac
from hashlib import sha256
from secrets import token_urlsafe
from typing import Final

from itsdangerous import BadData, URLSafeTimedSerializer
from msgspec import Struct

from streams.console.shown import plain

__all__ = ["LINK_S", "SESSION_S", "Auth", "Link", "Session", "one_time_link"]

SESSION_S: Final = 12 * 3_600
LINK_S: Final = 24 * 3_600
LONGEST_NAME: Final = 60
_SESSION: Final = "leadstream.console.session.v1"
_LINK: Final = "leadstream.console.link.v1"
_CSRF: Final = b"leadstream.console.csrf.v1\0"


class Session(Struct, frozen=True):
    """Somebody at a browser. `name` is shown to others on what this person claims."""

    name: str
    key: str


class Link(Struct, frozen=True):
    """A one-time link that was signed by us and is not too old; whether it was spent is known in the read model."""

    link_id: str
    name: str


def one_time_link(secret: str, public_url: str, *, name: str = "Operator") -> str:
    """An address that signs its first visitor in as `name`, within a day."""
    token = URLSafeTimedSerializer(secret, salt=_LINK).dumps([token_urlsafe(12), name])
    return f"{public_url.rstrip('/')}/login/{token}"


class Auth:
    """Signs and reads cookies and links. `secure` = the console is reached by https."""

    def __init__(self, secret: str, *, password: str | None, secure: bool) -> None:
        self._secret = secret.encode()
        self._password = None if not password else password.encode()
        self._sessions = URLSafeTimedSerializer(secret, salt=_SESSION)
        self._links = URLSafeTimedSerializer(secret, salt=_LINK)
        self.secure = secure
        self.cookie = "__Host-leadstream" if secure else "leadstream"

    @property
    def has_password(self) -> bool:
        """Whether one can sign in by password."""
        return self._password is not None

    def signed_in(self, name: str) -> tuple[str, Session]:
        """A new cookie value and what it says."""
        session = Session(name=plain(name).strip()[:LONGEST_NAME] or "Operator", key=token_urlsafe(18))
        value = self._sessions.dumps([session.name, session.key])
        return value, session

    def session(self, cookie: str | None) -> Session | None:
        """What a cookie says, None where it is missing, altered or older than 12 h."""
        if not cookie:
            return None
        try:
            name, key = self._sessions.loads(cookie, max_age=SESSION_S)
        except (BadData, ValueError, TypeError):
            return None
        return Session(name=str(name), key=str(key))

    def link(self, token: str) -> Link | None:
        """What a one-time link says, None where it is altered or older than a day."""
        try:
            link_id, name = self._links.loads(token, max_age=LINK_S)
        except (BadData, ValueError, TypeError):
            return None
        return Link(link_id=str(link_id), name=str(name))

    def is_password(self, text: str) -> bool:
        """Compared in constant time; never true where no password is set."""
        return self._password is not None and hmac.compare_digest(self._password, text.encode())

    def csrf(self, session: Session) -> str:
        """The token that every POST of this session carries."""
        return hmac.new(self._secret, _CSRF + session.key.encode(), sha256).hexdigest()

    def is_csrf(self, session: Session, token: str) -> bool:
        """Compared in constant time, as bytes: a text that is not ASCII would raise."""
        return hmac.compare_digest(self.csrf(session).encode(), token.encode())
