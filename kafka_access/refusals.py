"""Why Kafka does not let us in, in a sentence that says what to do.

Clients try again and again and say no more than that nobody answers. So whoever hears that asks here: one connection
to one broker after another, until one lets us in or one says what is wrong. It costs a second or two and is asked only
where something failed.
"""

import ssl
import struct
from typing import Final

from kafka_access.access import Access, Where
from kafka_access.talk import ILLEGAL_STATE, OTHER_MECHANISM, Talk

__all__ = ["because", "refusal"]

TIMEOUT_S: Final = 2.0  # for each answer: whoever hangs is away, and that is not for us to say
NAME: Final = "LEADSTREAM_KAFKA__"
RIGHTS: Final = frozenset({
    "ClusterAuthorizationFailedError", "GroupAuthorizationFailedError", "TopicAuthorizationFailedError",
    "TransactionalIdAuthorizationFailedError", "AuthorizationFailedError",
})  # fmt: skip
_TALKED = (OSError, EOFError, struct.error, UnicodeDecodeError)


class _Refused(Exception):
    """Says why."""


def because(where: Where, error: BaseException, *, otherwise: str = "") -> str:
    """What to say of a client's error: what is wrong with the way in, else `otherwise` or its name. Blocks a while."""
    name = type(error).__name__
    if name in RIGHTS:
        return f"{name}: {_who(where)} may not do this. docs/how-to/secured-kafka.md lists the rights that are needed"
    return refusal(where) or otherwise or name


def refusal(where: Where) -> str:
    """Why no broker lets us in; "" where one does, or where none is there to say it. Blocks for a while."""
    access = where if isinstance(where, Access) else Access(bootstrap_servers=where)
    said = ""
    for one in access.bootstrap_servers.split(","):
        host, _, port = one.rpartition(":")
        try:
            _let_in(access, host.strip("[]"), int(port))
        except _Refused as refused:
            said = said or f"{one} {refused}"
        except _TALKED:
            continue
        else:
            return ""
    return said


def _let_in(access: Access, host: str, port: int) -> None:
    """Raises _Refused, or what a connection raises where nobody is there."""
    try:
        with Talk(host, port, context=access.context, timeout_s=TIMEOUT_S) as talk:
            talk.versions()
            _identified(access, talk)
    except ssl.SSLCertVerificationError as error:
        raise _Refused(_distrusted(access, error, host=host)) from error
    except TimeoutError:
        raise
    except (EOFError, OSError) as error:
        if said := _other_tongue(access, host, port) or _unknown_certificate(access, error):
            raise _Refused(said) from error
        raise


def _identified(access: Access, talk: Talk) -> None:
    """Raises _Refused."""
    mechanism = access.sasl_mechanism or "PLAIN"
    code, offered = talk.mechanisms(mechanism)
    named = ", ".join(offered)
    if not access.names_us:
        if code in {0, OTHER_MECHANISM} and not _asks_nobody(access, talk):
            protocol = "SASL_SSL" if access.encrypted else "SASL_PLAINTEXT"
            raise _Refused(f"asks who we are: set {NAME}SECURITY_PROTOCOL={protocol}, {NAME}USERNAME, {NAME}PASSWORD "
                           f"and {NAME}SASL_MECHANISM ({named})")  # fmt: skip
    elif code == ILLEGAL_STATE:
        protocol = "SSL" if access.encrypted else "PLAINTEXT"
        raise _Refused(f"asks for no user: set {NAME}SECURITY_PROTOCOL={protocol} and take the user out, or name the "
                       "port that asks for one")  # fmt: skip
    elif code == OTHER_MECHANISM:
        raise _Refused(f"does not know {NAME}SASL_MECHANISM={mechanism}; it offers {named}")
    else:
        _spoken(access, talk)


def _asks_nobody(access: Access, begun: Talk) -> bool:
    """Whether it answers who has told no user. The embedded broker takes one as well, and needs none."""
    try:
        with begun.again(access.context) as talk:
            talk.brokers()
    except EOFError:
        return False
    return True


def _spoken(access: Access, talk: Talk) -> None:
    """The password, by the mechanism."""
    from kafka.net.sasl import get_sasl_mechanism  # noqa: PLC0415  the worker needs kafka-python for nothing else

    sasl = get_sasl_mechanism(access.sasl_mechanism)(host="", **access.options)
    while not sasl.is_done():
        code, message, token = talk.step(sasl.auth_bytes())
        if code:
            raise _Refused(
                f"refuses {_who(access)} by {access.sasl_mechanism}: wrong user name or password, or the user has none "
                f"for this mechanism. Look at {NAME}USERNAME and {NAME}PASSWORD. It says: {message or code}"
            )
        try:
            sasl.receive(token)
        except ValueError as error:
            raise _Refused(f"does not prove that it knows the password of {_who(access)}: {error}") from error


def _distrusted(access: Access, error: ssl.SSLCertVerificationError, *, host: str) -> str:
    said = (error.verify_message or "it cannot be verified").rstrip(".")
    if "mismatch" in said.lower():
        return (f"shows a certificate that is not for {host}: {said}. Name the broker as its certificate does, or set "
                f"{NAME}CHECK_HOSTNAME=false where the network between is yours")  # fmt: skip
    trusts = f"{access.ca} ({NAME}CA)" if access.ca else f"what this system trusts; {NAME}CA names another file"
    return f"shows a certificate that we do not trust: {said}. We trust {trusts}"


def _other_tongue(access: Access, host: str, port: int) -> str:
    """What is said where this port speaks TLS and we do not, or the other way about; else ""."""
    sasl = "SASL_" if access.names_us else ""
    if access.encrypted and _speaks(host, port, context=None):
        plain = f"{sasl}PLAINTEXT"
        return f"speaks no TLS: set {NAME}SECURITY_PROTOCOL={plain}, or name the port that does"
    if not access.encrypted and _speaks(host, port, context=_anybody()):
        return f"speaks TLS: set {NAME}SECURITY_PROTOCOL={sasl}SSL (or SASL_SSL where it asks for a user)"
    return ""


def _speaks(host: str, port: int, *, context: ssl.SSLContext | None) -> bool:
    try:
        with Talk(host, port, context=context, timeout_s=TIMEOUT_S) as talk:
            if context is None:
                talk.versions()
    except ssl.SSLError as error:
        return "ALERT" in str(error.reason)
    except (OSError, EOFError):
        return False
    return True


def _anybody() -> ssl.SSLContext:
    """For a look at whether TLS is spoken at all: nothing is told over it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _unknown_certificate(access: Access, error: BaseException) -> str:
    """What is said where the broker breaks TLS off."""
    if not isinstance(error, ssl.SSLError) or "ALERT" not in str(error.reason):
        return ""  # it hung up: one that restarts does that too
    said = str(error.reason).lower().replace("_", " ")
    if access.client_certificate is None:
        return f"breaks TLS off ({said}): it may ask who we are: set {NAME}CLIENT_CERTIFICATE and {NAME}CLIENT_KEY"
    return f"does not take {NAME}CLIENT_CERTIFICATE ({said}): is it signed by whom the broker trusts, and still valid?"


def _who(where: Where) -> str:
    if not isinstance(where, Access):
        return "who names no user"
    if where.names_us:
        return f"the user {where.username}"
    return "who the client certificate names" if where.client_certificate else "who names no user"


