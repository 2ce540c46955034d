"""Where the read model keeps what in Redis: one hash per kind of card, and sorted sets to list them.

| key (after the prefix) | holds |
|---|---|
| `leads`, `accounts`, `alerts` | hash: id -> card (JSON) |
| `leads:versions`, `accounts:versions`, `alerts:versions` | hash: id -> its version (30 digits; erased: all 9) |
| `leads:by_score` | lead ids by score in tenths |
| `accounts:by_engagement` | account ids by roll-up E in tenths |
| `leads:terms`, `accounts:terms` | `term NUL id` of each term that a card is found by, by the alphabet (`terms.py`) |
| `leads:named`, `accounts:named` | hash: id -> what the card says of its name, and the terms made of that |
| `leads:visitors` | hash: id -> what the card says of its visitors (the browsers of that person) |
| `leads:by_visitor` | `visitor NUL id` of each of them, by the alphabet |
| `audiences` | set: names of audiences that have lists |
| `audience:<name>`, `audience:<name>:left` | lead ids by when they entered, by when they left (the last 10,000) |
| `alerts:<status>` | alert ids: open and claimed ones by level and strength, closed ones by time |
| `rejected`, `rejected:by_time` | the newest 1,000 rejected by place (`2:991`), and `2:991:replayed`: its note |
| `filled` | hash: part of a card topic (`leads.3`) -> how far it was read into this Redis (`fills.py`) |
| `channels` | hash: worker -> how its channels stand, said every few seconds (`channels.py`) |
| `trials` | list: tests of channels that somebody wants (`trials.py`) |
| `trials:results` | hash: channel -> what became of its newest test |
| `pasted`, `pasted:by_look` | hash: version -> rules brought to be tried; by when somebody last looked (`pasted.py`) |
| `beat` | when the projector was last alive (UTC milliseconds) |

Messages on the channel `live` say which cards changed: `[{"kind": "alert", "id": "al_..."}, ...]`.
"""

from typing import Final, Literal, TypeAlias, get_args

from msgspec import Struct

from schemas.activity import Version
from schemas.cards import AlertStatus

__all__ = ["ALERT_STATUSES", "Changed", "Keys", "Kind", "pack_version"]

Kind: TypeAlias = Literal["lead", "account", "alert", "rejected"]
ALERT_STATUSES: Final[tuple[AlertStatus, ...]] = get_args(AlertStatus)


class Changed(Struct, frozen=True):
    """One item of a message on the live channel: this card has a newer version. `id` "" = a list changed."""

    kind: Kind
    id: str


class Keys(Struct, frozen=True):
    """The names of all keys. `prefix` separates installations and tests in one Redis."""

    prefix: str = "leadstream:"

    @property
    def live(self) -> str:
        """The channel of changes."""
        return f"{self.prefix}live"

    @property
    def beat(self) -> str:
        """When the projector was last alive."""
        return f"{self.prefix}beat"

    @property
    def channels(self) -> str:
        """The hash of what workers say of their channels."""
        return f"{self.prefix}channels"

    @property
    def trials(self) -> str:
        """The list of tests of channels that somebody wants."""
        return f"{self.prefix}trials"

    @property
    def trial_results(self) -> str:
        """The hash of what became of them."""
        return f"{self.prefix}trials:results"

    @property
    def pasted(self) -> str:
        """The hash of rules that were brought to be tried."""
        return f"{self.prefix}pasted"

    @property
    def pasted_looks(self) -> str:
        """The sorted set of when somebody last looked at them."""
        return f"{self.prefix}pasted:by_look"

    @property
    def filled(self) -> str:
        """The hash of what was read into this Redis."""
        return f"{self.prefix}filled"

    def cards(self, kind: Kind) -> str:
        """The hash of one kind of card."""
        return f"{self.prefix}{'rejected' if kind == 'rejected' else kind + 's'}"

    def versions(self, kind: Kind) -> str:
        """The hash of those cards' versions."""
        return f"{self.cards(kind)}:versions"

    def named(self, kind: Kind) -> str:
        """The hash of what those cards are found by."""
        return f"{self.cards(kind)}:named"

    def terms(self, kind: Kind) -> str:
        """The sorted set of terms, by the alphabet."""
        return f"{self.cards(kind)}:terms"

    @property
    def visitors(self) -> str:
        """The hash of what leads' cards say of their visitors."""
        return f"{self.prefix}leads:visitors"

    @property
    def by_visitor(self) -> str:
        """The sorted set of visitors, by the alphabet."""
        return f"{self.prefix}leads:by_visitor"

    @property
    def audiences(self) -> str:
        """The set of audiences that have lists."""
        return f"{self.prefix}audiences"

    def index(self, name: str) -> str:
        """A sorted set of ids: `leads:by_score`, `alerts:open`, ..."""
        return f"{self.prefix}{name}"

    def spent(self, link_id: str) -> str:
        """A one-time link that was used."""
        return f"{self.prefix}spent:{link_id}"


def pack_version(version: Version) -> bytes:
    """A version as text that sorts as it does.

    >>> pack_version(Version(1, 42))
    b'000000000100000000000000000042'
    """
    return b"%010d%020d" % version
