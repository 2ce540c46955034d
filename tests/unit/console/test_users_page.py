"""The page Users: an operator makes, changes and ends users; what is refused, and what a file that is fixed does."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from deploy.local.ports import free_ports
from streams.console.access.audit import entries
from streams.console.access.openid import OpenId, OpenIdOptions
from streams.console.access.sign_ins import read_sign_ins
from streams.console.access.user_book import LINK_MS, BadUser, UserBook, link_to, opened
from streams.console.access.user_file import UserEntry, read_user_file
from streams.console.access.users import Users
from streams.console.app import ConsoleOptions, make_app
from streams.inbox import MemoryDoor
from streams.readmodel.reader import Reader
from tests.unit.console.conftest import SECRET
from tests.unit.console.open_stream import ended_by
from tests.unit.console.samples import Samples
from tests.unit.console.sights import sight
from tests.unit.console.test_users import QUICK
from tests.unit.console.visitor import Visitor, signed_in, visiting

OLGA, KIM, CHOSEN = "an operator's password", "a rep's long password", "chosen behind a link"
PAST_PROXIES = "http://testserver"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "users.json"
    with opened(path, new=True, hasher=QUICK) as book:
        book.add("Olga", "operator", OLGA)
        book.add("Kim Reyes", "rep", KIM)
    return path


@contextmanager
def a_console(valkey_url: str, prefix: str, file: Path | None, audit: Path, **more: object) -> Iterator[Visitor]:
    users = None if file is None else Users(file, hasher=QUICK)
    options = ConsoleOptions(secret=SECRET, public_url=PAST_PROXIES, users=users, audit=audit, **more)  # type: ignore[arg-type]
    app = make_app(Reader.connect(valkey_url, prefix=prefix), MemoryDoor(), options, sight=sight())
    with visiting(app) as somebody:
        yield somebody


@pytest.fixture
def office(valkey_url: str, prefix: str, file: Path, filled: Samples, audit_log: Path) -> Iterator[Visitor]:
    """Nobody is signed in."""
    with a_console(valkey_url, prefix, file, audit_log) as somebody:
        yield somebody


@pytest.fixture
def olga(office: Visitor) -> Visitor:
    come(office, "Olga", OLGA)
    return office


def come(office: Visitor, name: str, password: str) -> int:
    office.cookies.clear()
    return office.post("/login", data={"name": name, "password": password}).status_code


def act(olga: Visitor, what: str, **fields: str) -> httpx.Response:
    csrf = re.search(r'name="csrf" value="([^"]+)"', olga.get("/users").text)
    assert csrf is not None
    return olga.post(f"/users/{what}", data={"csrf": csrf[1], **fields})


def named(file: Path, name: str) -> UserEntry:
    return UserBook(read_user_file(file).users, at=0).named(name)


def link_in(answer: httpx.Response) -> str:
    found = re.search(r'readonly value="http://testserver(/login/password/[^"]+)"', answer.text)
    assert found is not None, answer.text
    return found[1]


def test_an_operator_sees_who_may_sign_in_and_when_they_did(olga: Visitor) -> None:
    text = olga.get("/users").text
    assert all(one in text for one in ("Olga", "Kim Reyes", "May sign in", "No sign-in is known.", "Last signed in"))
    assert "argon2" not in text
    come(olga, "Kim Reyes", KIM)
    assert olga.get("/users").status_code == 403


def test_the_language_shown_is_that_of_the_last_sign_in(olga: Visitor, file: Path) -> None:
    data = {"name": "kim reyes", "password": KIM}
    before = file.read_bytes()
    assert olga.post("/login", data=data, headers={"accept-language": "ko"}).status_code == 303
    assert read_sign_ins(file)["kim reyes"].language == "ko"
    assert file.read_bytes() == before  # who may is not written anew for that
    come(olga, "Olga", OLGA)
    assert "Language: 한국어." in olga.get("/users").text


def test_a_new_user_chooses_a_password_behind_a_link_that_works_once(olga: Visitor, file: Path) -> None:
    answer = act(olga, "add", name="  Vera   Lind ", role="leader")
    link, entry = link_in(answer), named(file, "Vera Lind")
    assert (answer.status_code, entry.role, entry.hash) == (200, "leader", "")
    assert link.rpartition("/")[2] not in file.read_text()  # only a digest is kept
    assert link not in olga.get("/users").text
    olga.cookies.clear()
    assert "You sign in as Vera Lind" in olga.get(link).text
    assert olga.get(link).status_code == 200  # a look uses nothing up
    unlike = {"password": CHOSEN, "again": "something else entirely"}
    assert olga.post(link, data=unlike).status_code == 422
    assert olga.post(link, data={"password": "short", "again": "short"}).status_code == 422
    assert olga.post(link, data={"password": CHOSEN, "again": CHOSEN}).status_code == 303
    assert "Your role is leader" in olga.get("/me").text
    assert "Sign out everywhere" in olga.get("/me").text  # it is a session of the user's own
    olga.cookies.clear()
    assert olga.post(link, data={"password": "x" * 20, "again": "x" * 20}).status_code == 409
    assert come(olga, "Vera Lind", CHOSEN) == 303


def test_who_has_no_password_yet_cannot_sign_in(olga: Visitor) -> None:
    act(olga, "add", name="Vera", role="rep")
    assert [come(olga, "Vera", one) for one in ("", "x" * 20)] == [401, 401]


def test_a_new_link_ends_the_former_one_and_a_disabled_user_has_none(olga: Visitor) -> None:
    first = link_in(act(olga, "link", name="Kim Reyes"))
    second = link_in(act(olga, "link", name="Kim Reyes"))
    assert [olga.get(one).status_code for one in (first, second)] == [409, 200]
    act(olga, "disable", name="Kim Reyes")
    assert olga.get(second).status_code == 409
    assert "a link would let nobody in" in act(olga, "link", name="Kim Reyes").text
    act(olga, "enable", name="Kim Reyes")
    assert olga.get(second).status_code == 409  # what was taken back stays so
    assert come(olga, "Kim Reyes", KIM) == 303


def test_a_link_is_too_old_after_a_day() -> None:
    book = UserBook((), at=1_000, hasher=QUICK)
    _, token = book.invite("Vera", "rep")
    book.at += LINK_MS - 1
    assert book.behind(token) == book.named("Vera")
    book.at += 1
    assert book.behind(token) is None
    with pytest.raises(BadUser, match="too old"):
        book.use_link(token, CHOSEN)


def test_another_role_and_an_end_count_at_once(olga: Visitor) -> None:
    """At the next request, with the console's own clock: nobody waits for the file to be looked at."""
    mine = dict(olga.cookies)
    come(olga, "Kim Reyes", KIM)
    theirs = dict(olga.cookies)
    assert olga.get("/flow/report/leaders").status_code == 403

    def as_olga(what: str, **fields: str) -> int:
        olga.cookies.clear()
        olga.cookies.update(mine)
        status = act(olga, what, name="Kim Reyes", **fields).status_code
        olga.cookies.clear()
        olga.cookies.update(theirs)
        return status

    assert (as_olga("role", role="leader"), olga.get("/flow/report/leaders").status_code) == (303, 200)
    assert (as_olga("role", role="viewer"), olga.get("/flow/report/leaders").status_code) == (303, 403)
    assert (as_olga("disable"), olga.get("/leads").status_code) == (303, 303)
    assert as_olga("enable") == 303
    assert olga.get("/leads").status_code == 303
    come(olga, "Kim Reyes", KIM)
    theirs = dict(olga.cookies)
    assert olga.get("/leads").status_code == 200
    assert (as_olga("sign-out"), olga.get("/leads").status_code) == (303, 303)


def test_open_pages_are_told_and_who_was_shown_out_is_told_to_look_again(olga: Visitor, file: Path) -> None:
    mine = dict(olga.cookies)
    come(olga, "Kim Reyes", KIM)

    def disabled() -> None:
        olga.cookies.clear()
        olga.cookies.update(mine)
        assert act(olga, "disable", name="Kim Reyes").status_code == 303

    assert ended_by(olga, disabled).endswith("event: over\ndata: {}\n\n")


def test_oneself_and_the_last_operator_stay(olga: Visitor, file: Path) -> None:
    for what in ("disable", "role"):
        answer = act(olga, what, name=" OLGA", role="viewer")
        assert (answer.status_code, "This is you" in answer.text) == (409, True)
    signed_in(olga, "operator", name="by a link")
    for what in ("disable", "role"):
        answer = act(olga, what, name="Olga", role="leader")
        assert (answer.status_code, "last operator who can sign in" in answer.text) == (409, True)
    act(olga, "add", name="Vera", role="operator")  # who has no password yet does not count
    assert act(olga, "disable", name="Olga").status_code == 409
    assert act(olga, "role", name="Kim Reyes", role="operator").status_code == 303
    assert act(olga, "disable", name="Olga").status_code == 303
    assert (named(file, "Olga").disabled_at is None, named(file, "Kim Reyes").role) == (False, "operator")


def test_of_two_operators_who_end_each_other_one_stays(file: Path) -> None:
    with opened(file, hasher=QUICK) as book:
        book.give_role("Kim Reyes", "operator")

    def end(name: str) -> bool:
        try:
            with opened(file, hasher=QUICK) as book:
                book.disable(name)
        except BadUser:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(end, ("Olga", "Kim Reyes"))) == [False, True]


def test_an_operator_may_be_ended_all_the_same_where_others_come_otherwise(file: Path) -> None:
    with opened(file, hasher=QUICK) as book:
        book.give_role("Olga", "rep", even_last=True)
    assert named(file, "Olga").role == "rep"


@pytest.mark.parametrize(
    ("what", "fields", "status", "said"),
    [
        ("add", {"name": "KIM reyes", "role": "rep"}, 409, "is there already"),
        ("add", {"name": "", "role": "rep"}, 409, "is no name"),
        ("add", {"name": "<img src=x>", "role": "king"}, 400, "form was not complete"),
        ("role", {"name": "Kim Reyes", "role": ""}, 400, "form was not complete"),
        ("role", {"name": "Nobody", "role": "rep"}, 409, "no user is called Nobody"),
        ("enable", {"name": "Kim Reyes"}, 409, "is not disabled"),
        ("link", {}, 409, "no user is called"),
    ],
)
def test_what_cannot_be_is_said_and_changes_nothing(
    olga: Visitor, file: Path, what: str, fields: dict[str, str], status: int, said: str
) -> None:
    before = file.read_bytes()
    answer = act(olga, what, **fields)
    assert (answer.status_code, said in answer.text) == (status, True), answer.text
    assert file.read_bytes() == before


def test_a_name_is_shown_as_text(olga: Visitor) -> None:
    answer = act(olga, "add", name="<script>alert(1)</script>", role="rep")
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert(1)" in answer.text


@pytest.mark.parametrize("what", ["add", "role", "disable", "enable", "link", "sign-out"])
def test_every_act_needs_its_token_and_an_operator(olga: Visitor, file: Path, what: str) -> None:
    before, data = file.read_bytes(), {"name": "Kim Reyes", "role": "operator"}
    assert olga.post(f"/users/{what}", data=data).status_code == 403
    csrf = signed_in(olga, "leader")
    answer = olga.post(f"/users/{what}", data={"csrf": csrf, **data})
    assert (answer.status_code, "needs the role operator" in answer.text) == (403, True)
    assert file.read_bytes() == before


def test_every_act_is_in_the_audit_log_with_whom_and_to_what(olga: Visitor, audit_log: Path) -> None:
    act(olga, "role", name="Kim Reyes", role="viewer")
    link = link_in(act(olga, "link", name="Kim Reyes"))
    act(olga, "disable", name="Olga")
    olga.cookies.clear()
    olga.post(link, data={"password": CHOSEN, "again": CHOSEN})
    acts = [(one.user, one.what, one.id, one.to, one.answer) for one in entries(audit_log)]
    assert [one for one in acts if one[1] != "users"] == [
        ("Olga", "sign in", "", "", 200), ("Olga", "give role to user", "Kim Reyes", "viewer", 303),
        ("Olga", "make a link for user", "Kim Reyes", "", 200), ("Olga", "disable user", "Olga", "", 409),
        ("Kim Reyes", "choose a password by a link", "", "", 200), ("Kim Reyes", "sign in", "", "", 200),
    ]  # fmt: skip
    assert link.rpartition("/")[2] not in audit_log.read_text()


def test_without_a_file_of_users_the_page_says_how_to_have_one(
    valkey_url: str, prefix: str, filled: Samples, audit_log: Path
) -> None:
    with a_console(valkey_url, prefix, None, audit_log, password="open sesame") as one:
        csrf = signed_in(one, "operator")
        text = one.get("/users").text
        assert all(part in text for part in ("has no users of its own", "LEADSTREAM_CONSOLE__USERS=", "all share"))
        answer = one.post("/users/add", data={"csrf": csrf, "name": "Kim", "role": "rep"})
        assert (answer.status_code, "reads no file of users" in answer.text) == (409, True)
        assert one.get("/login/password/anything").status_code == 409


@pytest.mark.parametrize("harm", ["fixed", "broken", "gone"])
def test_a_file_that_cannot_be_written_is_said_and_no_failure(olga: Visitor, file: Path, harm: str) -> None:
    link = link_in(act(olga, "link", name="Kim Reyes"))
    if harm == "fixed":  # as root, rights keep nobody out: a directory where the lock must be does
        lock = file.with_name("users.json.lock")
        lock.unlink()
        lock.mkdir()
    elif harm == "broken":
        file.write_text("{")
    else:
        file.unlink()
    page = olga.get("/users")
    assert (page.status_code, 'id="fixed"' in page.text, "Kim Reyes" in page.text) == (200, True, True)
    assert 'action="/users/disable"' not in page.text
    answer = act(olga, "disable", name="Kim Reyes")
    assert (answer.status_code, "Nothing was changed" in answer.text) == (503, True)
    olga.cookies.clear()
    assert olga.post(link, data={"password": CHOSEN, "again": CHOSEN}).status_code == (503 if harm == "fixed" else 409)
    assert come(olga, "Kim Reyes", KIM) == 303  # signing in goes on


def test_users_are_looked_after_while_redis_is_away(file: Path, audit_log: Path) -> None:
    (port,) = free_ports(1)
    with a_console(f"redis://127.0.0.1:{port}/0", "x:", file, audit_log) as one:
        assert come(one, "Olga", OLGA) == 303
        assert one.get("/leads").status_code == 503
        assert (one.get("/users").status_code, act(one, "disable", name="Kim Reyes").status_code) == (200, 303)
        assert link_in(act(one, "add", name="Vera", role="rep"))
    assert named(file, "Kim Reyes").disabled_at is not None


def test_company_accounts_are_not_kept_and_the_page_says_where_their_roles_come_from(
    valkey_url: str, prefix: str, file: Path, filled: Samples, audit_log: Path
) -> None:
    openid = OpenId(OpenIdOptions(
        issuer="https://id.example.com/realms/acme", client_id="x", client_secret="the secret of the client",
        redirect_uri="x", roles={"sales": "rep", "platform": "operator"}, roles_claim="realm_access.roles",
    ), secret=SECRET)  # fmt: skip
    with a_console(valkey_url, prefix, file, audit_log, openid=openid) as one:
        signed_in(one, "operator")
        text = one.get("/users").text
    wanted = ("https://id.example.com/realms/acme", "realm_access.roles", "platform", "known here for a day")
    assert all(part in text for part in wanted)
    assert "the secret of the client" not in text


@pytest.mark.slow
def test_two_operators_and_the_command_at_once_lose_nothing(
    valkey_url: str, prefix: str, file: Path, filled: Samples, tmp_path: Path
) -> None:
    """Two consoles in front of one file and processes of `leadstream users`, all writing."""
    commands = [
        subprocess.Popen(
            [sys.executable, "-c", _COMMANDS.format(file=str(file), part=part)],
            env={**os.environ, "PYTHONPATH": ".", "LEADSTREAM_CONSOLE__AUDIT": str(tmp_path / "a.jsonl")},
        )
        for part in range(2)
    ]  # fmt: skip
    try:
        with (
            a_console(valkey_url, prefix, file, tmp_path / "a.jsonl") as one,
            a_console(valkey_url, prefix, file, tmp_path / "b.jsonl") as other,
            ThreadPoolExecutor(4) as pool,
        ):
            tokens = [signed_in(who, "operator", name="by a link") for who in (one, other)]

            def add(number: int) -> int:
                who, csrf = (one, tokens[0]) if number % 2 else (other, tokens[1])
                data = {"csrf": csrf, "name": f"page {number}", "role": "rep"}
                return who.post("/users/add", data=data).status_code

            assert set(pool.map(add, range(40))) == {200}
        assert [one.wait(240) for one in commands] == [0, 0]
    finally:
        for command in commands:
            if command.poll() is None:
                command.kill()
                command.wait()
    wanted = {"Olga", "Kim Reyes", *(f"page {n}" for n in range(40)),
              *(f"command {part} {n}" for part in range(2) for n in range(40))}  # fmt: skip
    found = [one.name for one in read_user_file(file).users]
    assert (len(found), set(found)) == (len(wanted), wanted)


_COMMANDS = """
from typer.testing import CliRunner
from deploy.cli.root import app
for number in range(40):
    made = CliRunner().invoke(app, ["users", "add", "command {part} %d" % number, "--link", "--file", {file!r}])
    assert made.exit_code == 0, made.output
"""


def test_a_links_address_is_below_the_consoles() -> None:
    assert link_to("https://console.example/", "abc") == "https://console.example/login/password/abc"
