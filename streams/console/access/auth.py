"""Who is signed in: a signed cookie, opened by a user's password, the shared one, or a link that works once.

The cookie carries a name, a role, a random key and a version, signed. What it says is compared with the user file and
with what ended sessions at each request. The CSRF token follows from the key.
"""

import hmac
from collections.abc import Callable
from hashlib import sha256
from secrets import token_urlsafe
from typing import Final

import msgspec
from itsdangerous import BadData, URLSafeTimedSerializer
from msgspec import Struct
from starlette.responses import Response

from running.wall_clock import utc_ms
from streams.console.access.openid import OpenId
from streams.console.access.roles import Role
from streams.console.access.sessions import Sessions
from streams.console.access.user_file import LONGEST_NAME
from streams.console.access.users import Users
from streams.console.shown import plain

__all__ = ["IDLE_S", "LINK_S", "RENEW_S", "SESSION_S", "Auth", "Link", "Session", "one_time_link",
           "shown_name"]  # fmt: skip

SESSION_S: Final = 12 * 3_600
IDLE_S: Final = 4 * 3_600
RENEW_S: Final = 300
LINK_S: Final = 24 * 3_600
_SESSION: Final = "leadstream.console.session.v3"
_LINK: Final = "leadstream.console.link.v2"
_SHARED: Final = b"leadstream.console.shared.v1\0"
_CSRF: Final = b"leadstream.console.csrf.v1\0"


class Session(Struct, frozen=True, array_like=True):
    """Somebody at a browser. `name` is shown to others on what this person claims.

    `version` is that of the user or company person at signing in; 0 = by a link, below 0 = by the shared password of
    that time. `born`: UTC milliseconds. `person`, `sid`: whom the provider signed in, and in which session of its own.
    """

    name: str
    key: str
    role: Role
    version: int
    born: int
    person: str = ""
    sid: str = ""

    @property
    def is_users(self) -> bool:
        """Whether a user of the file is here."""
        return self.version > 0 and not self.person


class Link(Struct, frozen=True, array_like=True):
    """A one-time link that was signed by us and is not too old; whether it was spent is known in the read model."""

    link_id: str
    name: str
    role: Role


def one_time_link(secret: str, public_url: str, *, name: str = "Operator", role: Role = "operator") -> str:
    """An address that signs its first visitor in as `name`, within a day."""
    token = URLSafeTimedSerializer(secret, salt=_LINK).dumps([token_urlsafe(12), name, role])
    return f"{public_url.rstrip('/')}/login/{token}"


def shown_name(name: str) -> str:
    """A name as it can be shown to others."""
    return plain(name).strip()[:LONGEST_NAME] or "Operator"


def _version_of(secret: bytes, password: bytes) -> int:
    return -1 - int.from_bytes(hmac.new(secret, _SHARED + password, sha256).digest()[:6])


class Auth:
    """Signs and reads cookies and links. `secure` = the console is reached by https. `users` None = none but links."""

    def __init__(
        self, secret: str, *, password: str | None, secure: bool, users: Users | None = None,
        openid: OpenId | None = None, sessions: Sessions | None = None, now: Callable[[], int] = utc_ms,
    ) -> None:  # fmt: skip
        self._secret = secret.encode()
        self._password = None if not password else password.encode()
        self._cookies = URLSafeTimedSerializer(secret, salt=_SESSION)
        self._links = URLSafeTimedSerializer(secret, salt=_LINK)
        self._shared_version = 0 if self._password is None else _version_of(self._secret, self._password)
        self._now = now
        self.sessions = sessions or Sessions(None)
        self.users = users
        self.openid = openid
        self.secure = secure
        self.cookie = "__Host-leadstream" if secure else "leadstream"

    @property
    def has_password(self) -> bool:
        """Whether one can sign in by password."""
        return self.users is not None or self._password is not None

    def signed_in(
        self, name: str, *, role: Role = "operator", version: int = 0, person: str = "", sid: str = ""
    ) -> tuple[str, Session]:
        """A new cookie value and what it says."""
        session = Session(name=shown_name(name), key=token_urlsafe(18), role=role, version=version, born=self._now(),
                          person=person, sid=sid)  # fmt: skip
        return self._signed(session), session

    def kept_on(self, session: Session, version: int) -> str:
        """The cookie value with which this session outlives the others of its person."""
        return self._signed(msgspec.structs.replace(session, version=version))

    def session(self, cookie: str | None) -> Session | None:
        """What a cookie says, None where it is missing, altered, idle for 4 h, older than 12 h, or was ended."""
        if not cookie:
            return None
        try:
            session = msgspec.convert(self._cookies.loads(cookie, max_age=IDLE_S), Session)
        except (BadData, ValueError, TypeError):
            return None
        return self._still(session)

    def still(self, session: Session) -> bool:
        """Whether this session has not been ended meanwhile."""
        return self._still(session) is not None

    def renewed(self, cookie: str, session: Session) -> str | None:
        """A cookie that is idle from now on, None where this one is young enough."""
        try:
            self._cookies.loads(cookie, max_age=RENEW_S)
        except BadData:
            return self._signed(session)
        return None

    def set_cookie(self, answer: Response, value: str) -> None:
        """No script reads it, no other site sends it; over https it belongs to this host alone."""
        answer.set_cookie(
            self.cookie, value, max_age=SESSION_S, path="/", secure=self.secure, httponly=True, samesite="strict"
        )

    def link(self, token: str) -> Link | None:
        """What a one-time link says, None where it is altered or older than a day."""
        try:
            return msgspec.convert(self._links.loads(token, max_age=LINK_S), Link)
        except (BadData, ValueError, TypeError):
            return None

    def shared(self, text: str) -> int | None:
        """The version of a session that the shared password opens, None where it is another text or none is set.

        Compared in constant time.
        """
        good = self._password is not None and hmac.compare_digest(self._password, text.encode())
        return self._shared_version if good else None

    def csrf(self, session: Session) -> str:
        """The token that every POST of this session carries."""
        return hmac.new(self._secret, _CSRF + session.key.encode(), sha256).hexdigest()

    def is_csrf(self, session: Session, token: str) -> bool:
        """Compared in constant time, as bytes: a text that is not ASCII would raise."""
        return hmac.compare_digest(self.csrf(session).encode(), token.encode())

    def _signed(self, session: Session) -> str:
        return self._cookies.dumps(msgspec.to_builtins(session))

    def _still(self, session: Session) -> Session | None:
        if self._now() - session.born > SESSION_S * 1_000:
            return None
        if self.sessions.is_over(session.key, born=session.born, person=session.person, version=session.version,
                                 sid=session.sid):  # fmt: skip
            return None
        if session.person:
            return session
        if session.version <= 0:  # another shared password, or users in its place, ends what the old one opened
            return session if session.version in (0, self._shared_version) else None
        user = None if self.users is None else self.users.named(session.name)
        if user is None or user.version != session.version:
            return None
        return session if user.role == session.role else msgspec.structs.replace(session, role=user.role)
