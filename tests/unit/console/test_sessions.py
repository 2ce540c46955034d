"""Sessions that end before their time: of company people, of oneself elsewhere, for good, and in every console."""

import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey
from redis import Redis

from streams.console.access.audit import entries
from streams.console.access.auth import one_time_link
from streams.console.access.openid import OpenId, OpenIdOptions, roles_of
from streams.console.access.session_file import (
    KEPT_MS,
    MOST,
    CompanyPerson,
    SessionBook,
    SessionFile,
    opened_sessions,
    read_sessions,
)
from streams.console.access.sessions import Sessions
from streams.console.access.user_book import opened
from streams.console.access.users import Users
from streams.console.access.ways_in import sessions_of
from streams.console.app import ConsoleOptions, make_app
from streams.errors import SettingsError
from streams.inbox import MemoryDoor
from streams.readmodel.reader import Reader
from streams.settings import ConsoleSettings
from tests.unit.clocks import Clock
from tests.unit.console.conftest import SECRET
from tests.unit.console.open_stream import ended_by
from tests.unit.console.samples import Samples
from tests.unit.console.sights import sight
from tests.unit.console.test_openid import BACK, ISSUER, LOGOUT, Provider, back, begun
from tests.unit.console.test_users import QUICK, until
from tests.unit.console.visitor import Visitor, signed_in, visiting

INES = "correct horse battery"
PERSON = CompanyPerson(subject="248289761001", name="Ines Duarte", role="rep")


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "sessions.json"


@pytest.fixture
def users(tmp_path: Path) -> Path:
    path = tmp_path / "users.json"
    with opened(path, new=True, hasher=QUICK) as book:
        book.add("Ines", "rep", INES)
    return path


class House:
    """Consoles of one installation, each with a clock that is not waited for."""

    def __init__(
        self, valkey_url: str, prefix: str, *, provider: Provider, kept: Path, users: Path, audit: Path
    ) -> None:
        self.prefix = prefix
        self.url = valkey_url
        self.provider = provider
        self.kept = kept
        self.users = users
        self.audit = audit

    @contextmanager
    def console(self, clock: Clock[float] | None = None) -> Iterator[Visitor]:
        options = OpenIdOptions(issuer=ISSUER, client_id="us", client_secret="s/s", redirect_uri=BACK,
                                roles=roles_of("sales=rep, admins=operator"), roles_claim="realm.roles")  # fmt: skip
        http = httpx.AsyncClient(transport=httpx.MockTransport(self.provider.answer))
        at = clock or Clock(0.0)
        console = ConsoleOptions(
            secret=SECRET, public_url="https://testserver", openid=OpenId(options, secret=SECRET, http=http),
            sessions=Sessions(self.kept, clock=at), users=Users(self.users, hasher=QUICK, clock=at), audit=self.audit,
        )  # fmt: skip
        reader = Reader.connect(self.url, prefix=self.prefix)
        with visiting(make_app(reader, MemoryDoor(), console, sight=sight())) as one:
            yield one


@pytest.fixture
def house(
    valkey_url: str, prefix: str, provider: Provider, kept: Path, users: Path, audit_log: Path, filled: Samples
) -> House:
    return House(valkey_url, prefix, provider=provider, kept=kept, users=users, audit=audit_log)


@pytest.fixture
def office(house: House) -> Iterator[Visitor]:
    with house.console() as one:
        yield one


def came(office: Visitor, provider: Provider, **claims: Any) -> dict[str, str]:
    """The cookies of a browser in which somebody came by the provider."""
    office.cookies.clear()
    provider.claims = claims
    assert back(office, provider, begun(office)).status_code == 200
    return dict(office.cookies)


def by_password(office: Visitor) -> dict[str, str]:
    office.cookies.clear()
    answer = office.post("/login", data={"name": "Ines", "password": INES})
    assert answer.status_code == 303
    keep(office, answer)
    return dict(office.cookies)


def keep(office: Visitor, answer: httpx.Response) -> None:
    for header in answer.headers.get_list("set-cookie"):
        name, _, rest = header.partition("=")
        office.cookies.set(name, rest.partition(";")[0], domain="testserver.local")


def sits(office: Visitor, cookies: dict[str, str]) -> Visitor:
    office.cookies.clear()
    for name, value in cookies.items():
        office.cookies.set(name, value, domain="testserver.local")
    return office


def is_in(office: Visitor, cookies: dict[str, str]) -> bool:
    return sits(office, cookies).get("/leads").status_code == 200


def act(office: Visitor, path: str, *, page: str = "/me", **fields: str) -> httpx.Response:
    csrf = re.search(r'name="csrf" value="([^"]+)"', office.get(page).text)
    assert csrf is not None
    answer = office.post(path, data={"csrf": csrf[1], **fields})
    keep(office, answer)
    return answer


def person_on(page: str, name: str) -> str:
    """The id in the form of somebody's line."""
    found = re.search(rf'<h4 id="company-\d+">{name}.*?name="person" value="([0-9a-f]+)"', page, re.DOTALL)
    assert found is not None, page
    return found[1]


def test_an_operator_ends_all_sessions_of_one_company_person(
    office: Visitor, provider: Provider, audit_log: Path
) -> None:
    first, second = came(office, provider, email="ines@acme.example"), came(office, provider)
    other = came(office, provider, sub="another", name="Kim Reyes")
    signed_in(office, "operator", name="Olga")
    page = office.get("/users").text
    assert all(one in page for one in ("Ines Duarte", "248289761001", "Kim Reyes", "another"))
    answer = act(office, "/users/company/sign-out", page="/users", person=person_on(page, "Ines Duarte"))
    assert answer.status_code == 303
    after = office.get(answer.headers["location"]).text
    assert "All sessions of Ines Duarte ended." in after
    assert "248289761001" not in after
    assert [is_in(office, one) for one in (first, second, other)] == [False, False, True]
    assert is_in(office, came(office, provider))  # may come again
    [line] = [one for one in entries(audit_log) if one.what == "end sessions of company account"]
    assert (line.user, line.id, line.answer) == ("Olga", "Ines Duarte (248289761001)", 303)


def test_only_an_operator_with_a_token_ends_somebodys(office: Visitor, provider: Provider) -> None:
    theirs = came(office, provider)
    signed_in(office, "operator")
    key = person_on(office.get("/users").text, "Ines Duarte")
    assert office.post("/users/company/sign-out", data={"person": key}).status_code == 403
    csrf = signed_in(office, "leader")
    assert office.post("/users/company/sign-out", data={"person": key, "csrf": csrf}).status_code == 403
    csrf = signed_in(office, "operator")
    answer = office.post("/users/company/sign-out", data={"person": "nobody", "csrf": csrf})
    assert (answer.status_code, "no session was open" in answer.text) == (409, True)
    assert is_in(office, theirs)


@pytest.mark.parametrize("way", ["provider", "password"])
def test_one_signs_out_in_other_browsers_and_stays_in_this(office: Visitor, provider: Provider, way: str) -> None:
    def come() -> dict[str, str]:
        return came(office, provider) if way == "provider" else by_password(office)

    there, here = come(), come()
    stranger = by_password(office) if way == "provider" else came(office, provider)
    copied = dict(here)
    answer = act(sits(office, here), "/me/sign-out-elsewhere")
    assert (answer.status_code, answer.headers["location"]) == (303, "/me?did=elsewhere")
    mine = dict(office.cookies)
    assert "This one goes on" in office.get("/me?did=elsewhere").text
    assert [is_in(office, one) for one in (there, copied, mine, stranger)] == [False, False, True, True]
    assert act(sits(office, mine), "/me/sign-out-everywhere").status_code == 303
    assert [is_in(office, one) for one in (mine, stranger, come())] == [False, True, True]


def test_who_came_by_a_link_has_no_other_sessions(office: Visitor) -> None:
    csrf = signed_in(office, "operator")
    for path in ("/me/sign-out-elsewhere", "/me/sign-out-everywhere"):
        answer = office.post(path, data={"csrf": csrf})
        assert (answer.status_code, "people with a company account" in answer.text) == (409, True)


@pytest.mark.parametrize("way", ["elsewhere", "everywhere", "operator", "provider"])
def test_open_streams_end_at_once(
    office: Visitor, provider: Provider, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not when they would have said something anyway."""
    monkeypatch.setattr("streams.console.live.changes.QUIET_S", 3_600.0)
    theirs = came(office, provider)

    def ended() -> None:
        if way in ("elsewhere", "everywhere"):
            assert act(sits(office, theirs), f"/me/sign-out-{way}").status_code == 303
        elif way == "operator":
            signed_in(office, "operator")
            key = person_on(office.get("/users").text, "Ines Duarte")
            assert act(office, "/users/company/sign-out", page="/users", person=key).status_code == 303
        else:
            assert said_by(office, provider.logout_token(sub="248289761001")).status_code == 200

    assert ended_by(office, ended).endswith("event: over\ndata: {}\n\n")


def test_an_end_outlives_the_console_and_an_emptied_redis(house: House, provider: Provider) -> None:
    with house.console() as one:
        ended, left = came(one, provider), came(one, provider, sub="another")
        assert act(sits(one, ended), "/me/sign-out-everywhere").status_code == 303
        copied = came(one, provider, sub="third")
        assert act(sits(one, copied), "/logout").status_code == 303
    Redis.from_url(house.url).flushdb()
    with house.console() as again:
        names = [*range(3)]
        assert [sits(again, who).get("/users").status_code for who in (ended, left, copied)] == [303, 403, 303], names


def test_a_link_works_once_whatever_becomes_of_redis(house: House, provider: Provider) -> None:
    link = one_time_link(SECRET, "", name="Olga")
    with house.console() as one:
        assert one.get(link).status_code == 303
    Redis.from_url(house.url).flushdb()
    with house.console() as again:
        assert again.get(link).status_code == 401
        house.kept.write_text("{")
        answer = again.get(one_time_link(SECRET, "", name="Olga"))
        assert (answer.status_code, "lets nobody in" in answer.text) == (503, True)


def test_two_consoles_on_one_file_know_of_each_others_ends(house: House, provider: Provider) -> None:
    clock = Clock(0.0)
    with ExitStack() as stack:
        one, other = stack.enter_context(house.console()), stack.enter_context(house.console(clock))
        person, single = came(one, provider), came(one, provider, sub="another")
        assert [is_in(other, who) for who in (person, single)] == [True, True]
        assert act(sits(one, person), "/me/sign-out-elsewhere").status_code == 303
        stays = dict(one.cookies)
        assert act(sits(one, single), "/logout").status_code == 303
        clock.now += 1.0
        assert [is_in(other, who) for who in (person, single, stays)] == [False, False, True]


def test_who_comes_at_a_console_that_has_not_heard_yet_stays(house: House, provider: Provider) -> None:
    """The version is read under the lock, not from what a console knows."""
    with house.console() as one, house.console() as deaf:
        assert act(sits(one, came(one, provider)), "/me/sign-out-everywhere").status_code == 303
        late = came(deaf, provider)
        assert [is_in(one, late), is_in(deaf, late)] == [True, True]


def test_a_file_that_was_lost_ends_what_was_open(house: House, provider: Provider, kept: Path) -> None:
    """What it said is not known, so nobody who had been shown out comes in again."""
    with house.console() as one:
        theirs = came(one, provider)
    kept.unlink()
    begun_by = now_ms()
    until(lambda: now_ms() > begun_by)  # sessions begin in whole milliseconds
    with house.console() as again:
        assert not is_in(again, theirs)
        assert is_in(again, came(again, provider))


@pytest.mark.parametrize("harm", ["gone", "broken", "fixed"])
def test_a_file_that_is_harmed_while_the_console_runs_revives_nobody(
    house: House, provider: Provider, kept: Path, harm: str
) -> None:
    clock = Clock(0.0)
    with house.console(clock) as one:
        ended, left = came(one, provider), came(one, provider, sub="another")
        assert act(sits(one, ended), "/me/sign-out-everywhere").status_code == 303
        if harm == "gone":
            kept.unlink()
        elif harm == "broken":
            kept.write_text("{")
        else:
            lock = kept.with_name("sessions.json.lock")
            lock.unlink()
            lock.mkdir()
        clock.now += 2.0
        assert [is_in(one, who) for who in (ended, left)] == [False, True]
        answer = act(sits(one, left), "/me/sign-out-everywhere")
        if harm == "gone":  # begun anew with what is known here
            assert (answer.status_code, read_sessions(kept).people[_key_of(one, ended)].version > 0) == (303, True)
        else:
            assert (answer.status_code, "none ended" in answer.text) == (503, True)
            assert act(sits(one, left), "/logout").status_code == 303  # here at once, all the same
            assert not is_in(one, left)
            assert office_says(one, provider) == 401


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def _key_of(office: Visitor, cookies: dict[str, str]) -> str:
    auth = office.app.state.desk.auth
    return str(auth._cookies.loads(cookies[auth.cookie])[5])


def office_says(office: Visitor, provider: Provider) -> int:
    """How signing in by the provider ends."""
    office.cookies.clear()
    return back(office, provider, begun(office)).status_code


def said_by(office: Visitor, token: str) -> httpx.Response:
    """The provider's own request: no cookie, no browser."""
    before = dict(office.cookies)
    office.cookies.clear()
    answer = office.post("/login/openid/logout", data={"logout_token": token})
    sits(office, before)
    return answer


def test_the_provider_ends_one_of_its_sessions_or_all_of_a_person(
    office: Visitor, provider: Provider, audit_log: Path
) -> None:
    first, second = came(office, provider, sid="s1"), came(office, provider, sid="s2")
    other = came(office, provider, sub="another", sid="s3")
    answer = said_by(office, provider.logout_token(sub="248289761001", sid="s1"))
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert [is_in(office, one) for one in (first, second, other)] == [False, True, True]
    assert said_by(office, provider.logout_token(sub="248289761001", exp=None)).status_code == 200
    assert [is_in(office, one) for one in (second, other)] == [False, True]
    assert said_by(office, provider.logout_token(sid="s3")).status_code == 200
    assert not is_in(office, other)
    lines = [(one.user, one.role, one.id) for one in entries(audit_log) if one.what == "signed out at the provider"]
    known = ("Ines Duarte", "provider", "248289761001")
    assert lines == [known, known, ("", "provider", "")]


def test_a_logout_token_is_heard_once(office: Visitor, provider: Provider) -> None:
    token = provider.logout_token(sub="248289761001")
    assert said_by(office, token).status_code == 200
    theirs = came(office, provider)
    assert said_by(office, token).status_code == 200
    assert is_in(office, theirs)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"}, {"aud": "somebody else"}, {"iat": None}, {"iat": 1_000_000_000},
        {"iat": 99_999_999_999}, {"exp": 1_000_000_000}, {"jti": None}, {"jti": 7}, {"events": None}, {"events": {}},
        {"events": [*LOGOUT]}, {"events": {"http://schemas.openid.net/event/backchannel-logout": "yes"}},
        {"nonce": "n"}, {"sub": None}, {"sub": 7}, {"sub": "", "sid": ""}, {"sub": "x" * 256}, {"sid": ["s1"]},
    ],
    ids=json.dumps,
)  # fmt: skip
def test_a_logout_token_that_does_not_say_all_that_it_must_ends_nothing(
    office: Visitor, provider: Provider, kept: Path, claims: dict[str, Any]
) -> None:
    theirs = came(office, provider, sid="s1")
    before = kept.read_bytes()
    answer = said_by(office, provider.logout_token(**{"sub": "248289761001"} | claims))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert kept.read_bytes() == before
    assert is_in(office, theirs)


def test_a_logout_token_of_somebody_else_or_none_ends_nothing(office: Visitor, provider: Provider) -> None:
    theirs, openid = came(office, provider), office.app.state.desk.auth.openid
    provider.signs_with = ECKey.generate_key("P-256", {"kid": "one"}, private=True)
    assert said_by(office, provider.logout_token(sub="248289761001")).status_code == 400
    provider.signs_with = provider.key
    sign_in = openid.options  # a token that signs somebody in is none that signs out
    assert said_by(office, provider.token("a nonce")).status_code == 400
    assert [said_by(office, one).status_code for one in ("", "x", "a.b.c", "ü")] == [400] * 4
    assert is_in(office, theirs)
    assert sign_in.issuer == ISSUER


def test_an_end_at_the_provider_that_cannot_be_kept_is_not_said_to_be(
    office: Visitor, provider: Provider, kept: Path
) -> None:
    kept.write_text("{")
    assert said_by(office, provider.logout_token(sub="248289761001")).status_code == 503


def test_a_book_forgets_after_a_day_and_never_gives_a_version_twice() -> None:
    book = SessionBook(SessionFile(), at=1_000)
    assert book.came("p", PERSON).version == 0
    first = book.end_person("p").version
    second = book.end_person("p").version  # in the same millisecond
    assert (first, second, book.end("key"), book.end("key")) == (1_000, 1_001, True, False)
    assert book.came("p", PERSON).version == second
    later = SessionBook(book.file(), at=second + KEPT_MS - 1)
    assert [*later.people] == ["p"]
    later = SessionBook(book.file(), at=second + KEPT_MS)
    assert (later.people, later.file().ended) == ({}, {})
    later.came("p", PERSON)
    assert later.end_person("p").version > second
    with pytest.raises(KeyError):
        later.end_person("nobody")


def test_many_who_write_at_once_lose_nothing(kept: Path) -> None:
    def end(number: int) -> None:
        with opened_sessions(kept, now=now_ms) as book:
            book.end(str(number))

    with ThreadPoolExecutor(4) as pool:
        assert len([*pool.map(end, range(100))]) == 100
    assert set(read_sessions(kept).ended) == set(map(str, range(100)))


def test_more_ends_than_can_be_kept_end_everything() -> None:
    book = SessionBook(SessionFile(ended=dict.fromkeys(map(str, range(MOST)), 1_000)), at=2_000)
    assert book.end("one more")
    assert (book.file().since, book.file().ended) == (2_000, {"one more": 2_000})


def test_without_a_file_ends_last_as_long_as_the_process() -> None:
    sessions = sessions_of(ConsoleSettings(sessions=None))
    assert sessions.is_over("key", born=0) is False


@pytest.mark.parametrize("harm", ["broken", "newer", "nowhere"])
def test_a_console_that_could_end_nothing_does_not_start(tmp_path: Path, harm: str) -> None:
    place = tmp_path / "file"
    place.write_text("{" if harm == "broken" else '{"format": 2}')
    with pytest.raises(SettingsError, match="LEADSTREAM_CONSOLE__SESSIONS"):
        sessions_of(ConsoleSettings(sessions=place / "below" if harm == "nowhere" else place))
    assert place.is_file()
