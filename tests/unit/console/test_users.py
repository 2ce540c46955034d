"""Users of a file: signing in with a password of one's own, and how a session ends."""

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from argon2 import PasswordHasher

from streams.console.access.auth import IDLE_S, RENEW_S, SESSION_S, Auth
from streams.console.access.throttle import FOR_NAME, FROM_NETWORK, MOST, Tries
from streams.console.access.user_book import BadUser, UserBook, opened
from streams.console.access.user_file import read_user_file
from streams.console.access.users import Users
from streams.console.app import ConsoleOptions, make_app, one_time_link
from streams.errors import SettingsError
from streams.inbox import MemoryDoor
from streams.readmodel.keys import Changed
from streams.readmodel.reader import Reader
from tests.unit.clocks import Clock
from tests.unit.console.conftest import SECRET
from tests.unit.console.samples import Samples
from tests.unit.console.sights import sight
from tests.unit.console.visitor import Visitor, visiting

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
INES, VERA = "correct horse battery", "another long password"


def until(done: Callable[[], bool]) -> None:
    """Raises AssertionError after 20 s."""
    end = time.monotonic() + 20
    while not done():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.fixture
def clock() -> Clock[float]:
    return Clock(1_000.0)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "users.json"
    with opened(path, new=True, hasher=QUICK) as book:
        book.add("Ines Duarte", "rep", INES)
        book.add("Vera", "viewer", VERA)
    return path


@pytest.fixture
def users(file: Path, clock: Clock[float]) -> Users:
    return Users(file, hasher=QUICK, clock=clock)


@pytest.fixture
def office(valkey_url: str, prefix: str, users: Users, filled: Samples) -> Iterator[Visitor]:
    """Somebody at a console with users, not signed in."""
    options = ConsoleOptions(secret=SECRET, public_url="https://testserver", users=users)
    app = make_app(Reader.connect(valkey_url, prefix=prefix), MemoryDoor(), options, sight=sight())
    with visiting(app) as somebody:
        yield somebody


def came(office: Visitor, name: str, password: str) -> int:
    """Cookies of https are not sent over the test's http, so it is handed over."""
    answer = office.post("/login", data={"name": name, "password": password})
    if "set-cookie" in answer.headers:
        value = answer.headers["set-cookie"].partition("=")[2].partition(";")[0]
        office.cookies.clear()
        office.cookies.set("__Host-leadstream", value, domain="testserver.local")
    return answer.status_code


def test_a_user_signs_in_by_name_and_password_and_is_called_as_in_the_file(office: Visitor) -> None:
    assert came(office, " ines  duarte", INES) == 303
    assert "Ines Duarte" in office.get("/leads").text
    assert "Your role is rep:" in office.get("/me").text
    assert office.get("/rejected").status_code == 403


def test_the_cookie_is_kept_from_scripts_other_sites_and_plain_http(office: Visitor) -> None:
    answer = office.post("/login", data={"name": "Vera", "password": VERA})
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("__host-leadstream=")
    assert all(one in cookie for one in ("httponly", "samesite=strict", "path=/", "; secure"))
    assert "domain" not in cookie


@pytest.mark.parametrize(
    ("name", "password"),
    [("Ines Duarte", VERA), ("Ines Duarte", ""), ("Nobody", INES), ("", ""), ("Vera", "x" * 5_000), ("Vera", "\udcff")],
)
def test_others_do_not_and_are_not_told_which_part_was_wrong(office: Visitor, name: str, password: str) -> None:
    data = {"name": name, "password": password.encode("utf-8", "surrogatepass")}
    answer = office.post("/login", data=data)
    assert answer.status_code in {400, 401}
    if answer.status_code == 401:
        assert "do not go together" in answer.text


def test_a_disabled_users_sessions_end_within_seconds(office: Visitor, file: Path, clock: Clock[float]) -> None:
    came(office, "Vera", VERA)
    assert office.get("/leads").status_code == 200
    with opened(file, hasher=QUICK) as book:
        book.disable("vera")
    clock.now += 1.1
    assert office.get("/leads").status_code == 303
    assert came(office, "Vera", VERA) == 401
    with opened(file, hasher=QUICK) as book:
        book.enable("Vera")
    clock.now += 1.1
    assert office.get("/leads").status_code == 303  # what was ended stays so
    assert came(office, "Vera", VERA) == 303


def test_another_role_counts_from_the_next_click(office: Visitor, file: Path, clock: Clock[float]) -> None:
    came(office, "Vera", VERA)
    assert office.get("/rejected").status_code == 403
    with opened(file, hasher=QUICK) as book:
        book.give_role("Vera", "operator")
    clock.now += 1.1
    assert office.get("/rejected").status_code == 200


def test_another_password_ends_all_sessions(office: Visitor, file: Path, clock: Clock[float]) -> None:
    came(office, "Vera", VERA)
    with opened(file, hasher=QUICK) as book:
        book.set_password("Vera", "a third long password")
    clock.now += 1.1
    assert office.get("/leads").status_code == 303
    assert came(office, "Vera", VERA) == 401
    assert came(office, "Vera", "a third long password") == 303


def test_signing_out_everywhere(office: Visitor) -> None:
    came(office, "Vera", VERA)
    elsewhere = dict(office.cookies)
    came(office, "Vera", VERA)
    csrf = office.get("/me").text.partition('name="csrf" value="')[2].partition('"')[0]
    assert office.post("/me/sign-out-everywhere", data={"csrf": csrf}).status_code == 303
    assert office.get("/leads").status_code == 303
    office.cookies.update(elsewhere)
    assert office.get("/leads").status_code == 303


def test_a_user_file_that_cannot_be_written_is_said(office: Visitor, file: Path) -> None:
    came(office, "Vera", VERA)
    csrf = office.get("/me").text.partition('name="csrf" value="')[2].partition('"')[0]
    file.write_text("{")
    answer = office.post("/me/sign-out-everywhere", data={"csrf": csrf})
    assert (answer.status_code, "leadstream users signout" in answer.text) == (503, True)


def test_a_link_goes_on_to_work_beside_users_with_its_role(office: Visitor) -> None:
    answer = office.get(one_time_link(SECRET, "http://testserver", name="Guest", role="viewer"))
    value = answer.headers["set-cookie"].partition("=")[2].partition(";")[0]
    office.cookies.set("__Host-leadstream", value, domain="testserver.local")
    assert [office.get(path).status_code for path in ("/leads", "/rejected")] == [200, 403]


def test_a_stream_says_nothing_more_when_its_session_ended(office: Visitor, file: Path, clock: Clock[float]) -> None:
    came(office, "Vera", VERA)
    hub = office.app.state.desk.hub
    with ThreadPoolExecutor(1) as pool:
        told = pool.submit(office.get, "/live?watch=alert", headers={"accept": "text/event-stream"})
        try:
            until(lambda: hub.open_pages == 1)
            with opened(file, hasher=QUICK) as book:
                book.disable("Vera")
            clock.now += 1.1
            office.call(hub.tell, Changed("alert", "after"))
            text = told.result(20).text
        finally:
            office.call(hub.close)
    assert "after" not in text
    assert "event: ready" in text


def test_a_broken_file_keeps_the_last_good_one(users: Users, file: Path, clock: Clock[float]) -> None:
    file.write_text("{")
    clock.now += 1.1
    assert users.named("Vera") is not None
    file.unlink()
    clock.now += 1.1
    assert users.named("Vera") is not None


def test_at_the_start_it_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="leadstream users add"):
        Users(tmp_path / "none.json", hasher=QUICK)
    (tmp_path / "new.json").write_text('{"format": 2}')
    with pytest.raises(SettingsError, match="newer version"):
        Users(tmp_path / "new.json", hasher=QUICK)


def test_a_hash_of_yesterdays_parameters_is_renewed_at_the_next_sign_in(file: Path, clock: Clock[float]) -> None:
    dearer = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    users = Users(file, hasher=dearer, clock=clock)
    before = read_user_file(file)
    found = asyncio.run(users.verified("Vera", VERA))
    after = read_user_file(file)
    assert found is not None
    assert [dearer.check_needs_rehash(one.hash) for one in after.users] == [True, False]
    assert [one.version for one in after.users] == [one.version for one in before.users]  # no session ended
    clock.now += 1.1
    assert asyncio.run(Users(file, hasher=dearer).verified("Vera", VERA)) is not None


def test_a_hash_is_not_renewed_over_a_password_that_was_changed_meanwhile() -> None:
    book = UserBook((), at=0, hasher=QUICK)
    before = book.add("Vera", "viewer", VERA)
    changed = book.set_password("Vera", INES)
    book.rehash("Vera", VERA, version=before.version)
    assert book.named("Vera") == changed


def test_the_default_is_argon2id() -> None:
    book = UserBook((), at=0)
    assert book.add("Ines", "rep", INES).hash.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


@pytest.mark.parametrize("name", ["", " ", " Ines", "a\nb", "x" * 61, "\u202eInes"])
def test_a_name_can_be_seen(name: str) -> None:
    with pytest.raises(BadUser, match="is no name"):
        UserBook((), at=0, hasher=QUICK).add(name, "rep", INES)


@pytest.mark.parametrize("password", ["", "short", "x" * 1_001])
def test_a_password_is_neither_short_nor_endless(password: str) -> None:
    with pytest.raises(BadUser, match="characters"):
        UserBook((), at=0, hasher=QUICK).add("Ines", "rep", password)


def test_two_spellings_are_one_user(users: Users, file: Path) -> None:
    with pytest.raises(BadUser, match="is there already"), opened(file, hasher=QUICK) as book:
        book.add("INES duarte", "operator", INES)
    assert users.named("\uff29nes Duarte") is not None


def test_sessions_end_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    """After 4 h without a click, and 12 h after signing in, however many there were."""
    seconds = 1_000_000
    monkeypatch.setattr("itsdangerous.timed.time", SimpleNamespace(time=lambda: seconds))
    auth = Auth(SECRET, password=None, secure=False, now=lambda: seconds * 1_000)
    value, session = auth.signed_in("Ines")
    assert auth.renewed(value, session) is None
    seconds += RENEW_S + 1
    later = auth.renewed(value, session)
    assert later is not None
    seconds += IDLE_S - RENEW_S
    assert (auth.session(value), auth.session(later)) == (None, session)
    while seconds <= 1_000_000 + SESSION_S:
        assert auth.session(later) == session
        later = auth.renewed(later, session) or later
        seconds += 3_600
    assert auth.session(later) is None


def test_a_click_keeps_a_session_from_being_idle(office: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    came(office, "Vera", VERA)
    assert "set-cookie" not in office.get("/leads").headers
    monkeypatch.setattr("streams.console.access.auth.RENEW_S", -1)
    cookie = office.get("/leads").headers["set-cookie"].lower()
    assert all(one in cookie for one in ("__host-leadstream=", "httponly", "samesite=strict", "; secure"))


def test_another_shared_password_or_users_in_its_place_end_what_it_opened(users: Users) -> None:
    old = Auth(SECRET, password="shared before", secure=False)
    value, session = old.signed_in("Ines", version=old.shared("shared before") or 0)
    assert old.session(value) == session
    for newer in (
        Auth(SECRET, password="shared now", secure=False), Auth(SECRET, password=None, secure=False, users=users),
    ):  # fmt: skip
        assert newer.session(value) is None


def test_tries_are_counted_for_a_name_a_network_and_both() -> None:
    one = Tries()
    assert [one.wait_s("Ines", "203.0.113.7", now=1) for _ in range(MOST + 1)] == [0] * MOST + [60]
    assert one.wait_s("INES", "203.0.113.200", now=2) > 0  # the same name, the same network
    assert one.wait_s("Vera", "203.0.113.7", now=2) == 0
    assert one.wait_s("Ines", "198.51.100.1", now=2) == 0
    for n in range(FROM_NETWORK):
        one.wait_s(f"user {n}", "203.0.113.9", now=3)
    assert one.wait_s("somebody new", "203.0.113.9", now=4) > 0
    for n in range(FOR_NAME):
        one.wait_s("Ines", f"198.18.{n}.1", now=5)
    assert one.wait_s("Ines", "192.0.2.1", now=6) > 0
    assert one.wait_s("Ines", "192.0.2.1", now=120_000) == 0


def test_a_try_that_was_right_does_not_count() -> None:
    one = Tries()
    for now in range(1, 4 * MOST):
        assert one.wait_s("Ines", "203.0.113.7", now=now) == 0
        one.passed("Ines", "203.0.113.7", now=now)
