"""How one may come in, as the settings say: users of a file, an OpenID provider. Checked at the start."""

from contextlib import closing

from streams.console.access.audit import Audit
from streams.console.access.openid import OpenId, OpenIdOptions, roles_of
from streams.console.access.sessions import Sessions
from streams.console.access.users import Users
from streams.errors import SettingsError
from streams.settings import ConsoleSettings

__all__ = ["openid_of", "sessions_of", "users_of"]


def users_of(ours: ConsoleSettings) -> Users | None:
    """Those of the file, where one is named. Raises SettingsError, also where the audit log cannot be written."""
    if ours.password and ours.users:
        raise SettingsError("LEADSTREAM_CONSOLE__PASSWORD: unset it, each of LEADSTREAM_CONSOLE__USERS has one")
    try:
        with closing(Audit(ours.audit)) as audit:
            audit.check()
    except OSError as error:
        raise SettingsError(f"LEADSTREAM_CONSOLE__AUDIT: cannot write {ours.audit}: {error.strerror}") from error
    return Users(ours.users) if ours.users else None


def sessions_of(ours: ConsoleSettings) -> Sessions:
    """What ended sessions. Raises SettingsError where it cannot be kept: an end that is forgotten is none."""
    try:
        return Sessions(ours.sessions)
    except OSError as error:
        raise SettingsError(
            f"LEADSTREAM_CONSOLE__SESSIONS: cannot write {ours.sessions}: {error.strerror}"
        ) from error


def openid_of(ours: ConsoleSettings, *, secret: str) -> OpenId | None:
    """The provider, where one is named. Raises SettingsError."""
    if not ours.openid_issuer:
        return None
    roles = roles_of(ours.openid_roles)
    if not (ours.openid_client_id and ours.openid_client_secret and ours.public_url and roles):
        raise SettingsError("LEADSTREAM_CONSOLE__OPENID_ISSUER needs LEADSTREAM_CONSOLE__OPENID_CLIENT_ID, "
                            "..._CLIENT_SECRET, ..._ROLES and LEADSTREAM_CONSOLE__PUBLIC_URL")  # fmt: skip
    return OpenId(OpenIdOptions(
        issuer=ours.openid_issuer, client_id=ours.openid_client_id, roles=roles, roles_claim=ours.openid_roles_claim,
        client_secret=ours.openid_client_secret.get_secret_value(), name_claim=ours.openid_name_claim,
        redirect_uri=f"{ours.public_url.rstrip('/')}/login/openid/back",
    ), secret=secret)  # fmt: skip
