"""Consoles in front of invented companies, and what Redis holds in each scene.

One console sees Kafka, another one the same Redis and no Kafka. Scenes are set in the order of SCENES, so that what
needs the longest to come back comes last.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import time_ns
from typing import Final, Literal, TypeAlias

from deploy.local.embedded import embedded_broker
from schemas.codec import encode
from schemas.topics import changelog, partition_of
from streams.console.access.roles import Role
from streams.console.access.sign_ins import SignIn, note_sign_in
from streams.console.access.user_book import link_to, opened
from streams.console.app import one_time_link
from streams.readmodel.channels import ChannelBoard
from streams.readmodel.fills import Fills
from streams.readmodel.writer import Projection
from tests.browser.companies import Companies
from tests.browser.company_people import come_again, company_settings, cookie_of_priya
from tests.browser.consoles import SECRET, running
from tests.browser.rules_seen import write_rules
from tests.browser.rules_tried import kept_rows, write_book, write_draft
from tests.integration.bus import Bus
from tests.integration.shadows import Shadow
from tests.unit.console.lead_samples import MINUTE

__all__ = ["PASSWORD", "SCENES", "USER", "Scene", "Scenery", "scenery"]

Scene: TypeAlias = Literal["full", "stale", "filling", "unseen", "empty", "hangs", "away"]
USER, PASSWORD = "Ines Duarte", "correct horse battery"
TOLD, APP = "seen.", "seen"


class Scenery:
    """`url` sees Kafka, `alone` does not."""

    def __init__(self, shadow: Shadow, urls: tuple[str, str], *, bus: Bus, users: Path) -> None:
        self.url, self.alone = urls
        self.bus = bus
        self._users = users
        self._shadow = shadow
        self._beats = self._tells = False

    def set(self, scene: Scene) -> None:
        """Redis holds from now on what this scene shows."""
        self._shadow.thaw()
        if scene == "away":
            self.freeze()
            return
        self._shadow.flush()
        now = time_ns() // 1_000_000
        SCENES[scene](self._shadow.url, Companies(now))
        self._beats, self._tells = scene in BEATING, SCENES[scene] is _full

    def beat(self) -> None:
        """The projector and the workers are alive, where the scene has them: else all grows old under whoever looks."""
        now = time_ns() // 1_000_000
        if self._beats:
            with _projection(self._shadow.url) as projection:
                projection.beat(now)
        if self._tells:
            _tell(self._shadow.url, Companies(now))

    def freeze(self) -> None:
        """Redis does not answer any more."""
        self._beats = self._tells = False
        self._shadow.freeze()

    def link(self, role: Role, *, alone: bool = False) -> str:
        """Signs Ines in."""
        return one_time_link(SECRET, self.alone if alone else self.url, name=USER, role=role)

    def company_comes(self) -> None:
        """People of the company account sign in."""
        come_again(self._users.parent, time_ns() // 1_000_000)

    def company_cookie(self) -> tuple[str, str]:
        """Name and value of a session that a company account began."""
        return cookie_of_priya(self._users.parent)

    def password_link(self) -> str:
        """Lets somebody choose a password."""
        with opened(self._users) as book:
            return link_to(self.url, book.give_link("Yuna Park")[1])


def _full(redis: str, companies: Companies) -> None:
    _write(redis, companies, beat=companies.now)
    _tell(redis, companies)


def _stale(redis: str, companies: Companies) -> None:
    _write(redis, companies, beat=companies.now - 3 * MINUTE)


def _filling(redis: str, companies: Companies) -> None:
    _write(redis, companies, beat=companies.now)
    fills = Fills.connect(redis)
    fills.begin("leads.0", total=48_000)
    fills.note("leads.0", done=31_200, total=48_000)
    fills.close()


def _unseen(redis: str, companies: Companies) -> None:
    _write(redis, companies, beat=None)


def _empty(redis: str, companies: Companies) -> None:
    with _projection(redis) as projection:
        projection.beat(companies.now)


SCENES: Final[Mapping[Scene, Callable[[str, Companies], None]]] = {
    "full": _full, "stale": _stale, "filling": _filling, "unseen": _unseen, "empty": _empty, "hangs": _full,
    "away": _empty,
}  # fmt: skip

BEATING: Final = frozenset({"full", "filling", "empty", "hangs"})


def _write(redis: str, companies: Companies, *, beat: int | None) -> None:
    with _projection(redis) as projection:
        projection.write(**companies.entries())
        if beat is not None:
            projection.beat(beat)


def _tell(redis: str, companies: Companies) -> None:
    board = ChannelBoard.connect(redis)
    for one in companies.channels():
        board.tell(one)


@contextmanager
def _projection(redis: str) -> Iterator[Projection]:
    projection = Projection.connect(redis)
    try:
        yield projection
    finally:
        projection.close()


COSTS: Final = [
    f'[[cost]]\nmedium = "{medium}"\nsource = "{source}"\nprogram = "{program}"\nfrom = 2020-01-01\nto = 2039-12-31\n'
    f"amount = {amount}"
    for medium, source, program, amount in (
        ("search", "google", "", 1_250_000), ("fair", "", "spring-fair", 2_100_000),
        ("social", "", "batch-release-webinar", 640_000), ("radio", "", "", 90_000),
    )
]  # fmt: skip


def _fill(bus: Bus, now: int) -> None:
    bus.create()
    bus.write("transitions", ((0, encode(one)) for one in Companies(now).moves()))
    rows = ((partition_of(key, bus.partitions), key.encode(), row) for key, row in kept_rows(now))
    bus.write_keyed(changelog("leads", app_id=APP), rows)


def _people(users: Path, now: int) -> None:
    """Who may sign in: the last operator, others, one without a password, one who left."""
    with opened(users, new=True) as book:
        book.add("Olga Brandt", "operator", PASSWORD)
        book.add(USER, "rep", PASSWORD)
        book.add("Tom Okafor", "leader", PASSWORD)
        book.invite("Yuna Park", "viewer")
        book.add("Maximiliane Schneider-Wischnewski of the partner programme", "rep", PASSWORD)
        book.disable("Maximiliane Schneider-Wischnewski of the partner programme")
    note_sign_in(users, "Olga Brandt", SignIn(at=now - 9 * MINUTE, language="en"))
    note_sign_in(users, "Tom Okafor", SignIn(at=now - 3 * 24 * 60 * MINUTE, language="ko"))


def _rules(place: Path, now: int) -> dict[str, str]:
    """Settings of a console that knows former rules and a draft."""
    rules, book, drafts = place / "rules", place / "rules.jsonl", place / "drafts"
    write_rules(rules)
    write_book(book, now)
    write_draft(drafts)
    costs = place / "costs.toml"
    costs.write_text("\n".join(COSTS), "utf-8")
    return {"RULES_DIR": str(rules), "CONSOLE__RULES_BOOK": str(book), "CONSOLE__RULES_DRAFTS": str(drafts),
            "CONSOLE__COSTS": str(costs)}  # fmt: skip


@contextmanager
def scenery(place: Path) -> Iterator[Scenery]:
    """All of it on free ports, for as long as the block lasts. `place`: a folder for what it needs."""
    users = place / "users.json"
    _people(users, time_ns() // 1_000_000)
    with ExitStack() as stack:
        bootstrap = stack.enter_context(embedded_broker())
        shadow = stack.enter_context(Shadow(place))
        bus = Bus(bootstrap, prefix=TOLD, app_id=APP)
        stack.callback(bus.close)
        _fill(bus, time_ns() // 1_000_000)
        sees = {"KAFKA__BOOTSTRAP_SERVERS": bootstrap, "KAFKA__TOPIC_PREFIX": TOLD, "WORKER__APP_ID": APP,
                "CONSOLE__USERS": str(users), "COLLECTOR__PUBLIC_URL": "https://collect.northwind-robotics.example",
                **_rules(place, time_ns() // 1_000_000),
                **company_settings(place, time_ns() // 1_000_000)}  # fmt: skip
        urls = stack.enter_context(running(shadow.url, **sees)), stack.enter_context(running(shadow.url))
        stack.callback(shadow.thaw)  # before the consoles are ended: they would wait for it
        yield Scenery(shadow, urls, bus=bus, users=users)
