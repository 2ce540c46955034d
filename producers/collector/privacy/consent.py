"""What an event says of its person's consent, as the SDKs in use spell it.

Segment and Jitsu: `context.consent.categoryPreferences`, a category and true or false each. RudderStack:
`context.consentManagement`, lists of ids that were allowed and denied. Our tracker speaks like Segment.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any

from producers.collector.reading.wire import HeadContext

__all__ = ["Consent", "consent_in"]


class Consent(StrEnum):
    """Nothing was said, or a person was asked and answered."""

    UNSAID = "unsaid"
    GIVEN = "given"
    DENIED = "denied"


def consent_in(context: HeadContext | None, purposes: frozenset[str]) -> Consent:
    """Whether these purposes (in small letters) were agreed to. Who refused all that was asked refused these as well.

    >>> asked = HeadContext(consent={"categoryPreferences": {"Analytics": True, "Advertising": False}})
    >>> consent_in(asked, frozenset({"analytics"})).value, consent_in(asked, frozenset({"advertising"})).value
    ('given', 'denied')
    """
    if context is None or (context.consent is None and context.consent_management is None):
        return Consent.UNSAID
    answers = [*_of_categories(context.consent), *_of_lists(context.consent_management)]
    ours = {given for name, given in answers if name in purposes}
    if False in ours or (answers and not any(given for _, given in answers)):
        return Consent.DENIED
    return Consent.GIVEN if ours else Consent.UNSAID


def _of_categories(said: Any) -> Iterator[tuple[str, bool]]:
    """A bare `false` refuses everything; a bare `true` does not say what was asked."""
    if isinstance(said, dict):
        said = said.get("categoryPreferences", said)
    if isinstance(said, dict):
        yield from ((name.casefold(), given) for name, given in said.items() if isinstance(given, bool))
    elif said is False:
        yield "", False


def _of_lists(said: Any) -> Iterator[tuple[str, bool]]:
    if isinstance(said, dict):
        yield from ((name, True) for name in _names(said.get("allowedConsentIds")))
        yield from ((name, False) for name in _names(said.get("deniedConsentIds")))


def _names(said: Any) -> Iterable[str]:
    """A list of ids; some providers make it an object whose keys or values are."""
    if isinstance(said, dict):
        said = [*said, *said.values()]
    return [one.casefold() for one in said if isinstance(one, str)] if isinstance(said, list) else []
