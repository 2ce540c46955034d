"""`routing.toml` made ready: who takes turns, who leads, whose a company or a network is, what may not stand there."""

from typing import Any

import pytest

from streams.core.routing import Routing
from streams.core.rules import RulesError
from tests.unit.core.made import NAMING, files
from tests.unit.core.told_hours import rules_with

FILE = """
language = "ko"
own_domains = ["us.example"]
competitor_domains = ["rival.example"]

[[rep]]
email = "Ann@us.example"
leader = "lea@us.example"
territories = ["Korea", "japan"]

[[rep]]
email = "ben@us.example"
leader = "ann@us.example"
language = "en"

[[rep]]
email = "fay@us.example"
field = true
leader = "gone@us.example"
territories = ["korea"]

[[rep]]
email = "gone@us.example"
active = false
leader = "lea@us.example"
territories = ["korea"]

[[rep]]
email = "lea@us.example"

[[rep]]
email = "away@us.example"
active = false
field = true

[[target]]
domain = "acme-shop.example"
rep = "ben@us.example"

[[network]]
domain = "acme-shop.example"
ranges = ["192.0.2.0/24", "2001:db8::/32"]

[[network]]
domain = "other.example"
ranges = ["192.0.2.128/25", "198.51.100.0/25"]

[[company]]
domains = ["acme.example", "acme-shop.example"]
"""
ROUTING: Routing = rules_with(FILE).routing


def who(name: str) -> str:
    return NAMING.recipient_of(f"{name}@us.example")


def test_reps_take_turns_in_the_order_of_the_file() -> None:
    assert ROUTING.in_line() == (who("ann"), who("ben"), who("lea"))
    assert ROUTING.in_line("Mars") == ROUTING.in_line()


def test_those_of_a_territory_however_it_is_written() -> None:
    assert ROUTING.in_line("korea") == ROUTING.in_line("KOREA") == ROUTING.in_line("Japan") == (who("ann"),)


def test_the_leader_is_the_nearest_who_is_there() -> None:
    leaders = {name: ROUTING.leader_of(who(name)) for name in ("ann", "ben", "fay", "lea", "nobody")}
    assert leaders == {"ann": who("lea"), "ben": who("ann"), "fay": who("lea"), "lea": None, "nobody": None}


def test_who_is_active() -> None:
    assert [ROUTING.is_active(who(name)) for name in ("ann", "gone", "stranger")] == [True, False, True]


def test_languages() -> None:
    """Of reps their own, English unless the file says otherwise; of teams and strangers the site's."""
    said = [ROUTING.language_of(one) for one in (who("ann"), who("ben"), "team:sales", who("stranger"))]
    assert said == ["en", "en", "ko", "ko"]


def test_a_company_has_one_account() -> None:
    assert [ROUTING.company(one) for one in ("acme.example", "acme-shop.example", "other.example")] == [
        "acme.example", "acme.example", "other.example",
    ]  # fmt: skip
    emails = ("a@acme-shop.example", "a@mail.acme.example", "a@gmail.com", "", "nonsense")
    assert [ROUTING.account_of(one) for one in emails] == ["acme.example", "acme.example", "", "", ""]


def test_targets_are_accounts() -> None:
    assert list(ROUTING.targets) == ["acme.example"]
    assert ROUTING.targets["acme.example"].rep == "ben@us.example"


@pytest.mark.parametrize(
    ("email", "why"),
    [
        ("ann@us.example", "staff"),
        ("ann@dev.us.example", "staff"),
        ("bob@rival.example", "competitor"),
        ("ann@acme.example", ""),
        ("ann@gmail.com", ""),
        ("", ""),
    ],
)
def test_whom_we_never_sell_to(email: str, why: str) -> None:
    assert ROUTING.set_aside(email) == why


@pytest.mark.parametrize(
    ("ip", "account"),
    [
        ("192.0.2.1", "acme.example"),
        ("192.0.2.200", "acme.example"),  # in two: the first of the file
        ("192.0.2.0/24", "acme.example"),  # truncated
        ("198.51.100.127", "other.example"),
        ("198.51.100.128", ""),
        ("2001:db8:1::/48", "acme.example"),
        ("2001:db9::1", ""),
        ("not an address", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_the_network_of_an_office(ip: str | None, account: str) -> None:
    assert ROUTING.account_of_network(ip) == account


def test_without_networks_nobody_has_one() -> None:
    assert rules_with("").routing.account_of_network("192.0.2.1") == ""


def test_channels_of_a_level() -> None:
    routing = rules_with('[channels]\nreal_time = ["webhook"]\ndigest = ["mail"]').routing
    assert (routing.channels_of("real_time"), routing.channels_of("digest")) == (("webhook",), ("mail",))


def test_the_packaged_file_says_what_is_there_without_it() -> None:
    """And each table and each of its keys stands in its comments."""
    packaged, empty = rules_with(files()["routing.toml"]).routing, rules_with("").routing
    assert packaged.rules == empty.rules
    text = files()["routing.toml"]
    assert all(f"[[{table}]]" in text for table in ("rep", "target", "network", "company"))
    keys = ("email", "name", "timezone", "leader", "active", "field", "territories", "language", "domain", "ranges")
    assert all(f"#   {key}" in text for key in (*keys, "domains", "rep"))


REP = '[[rep]]\nemail = "a@us.example"\n'


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (REP + 'leeder = "b@us.example"', 3, 'rep "a@us.example": unknown "leeder"; did you mean "leader"?'),
        (REP + 'leader = "b@us.example"', 3, 'rep "a@us.example": leader: there is no [[rep]] "b@us.example"'),
        (REP + 'timezone = "Mars/Base"', 1,
         'rep "a@us.example": no time zone is named "Mars/Base"; write one such as "Asia/Seoul"'),
        (REP + REP.replace("a@", "A@"), 3, 'rep "A@us.example": is there twice'),
        (REP + 'leader = "a@us.example"', 3,
         'rep "a@us.example": leader: leads back to this rep; take one of the circle out'),
        (REP + 'leader = "b@us.example"\n[[rep]]\nemail = "b@us.example"\nleader = "A@us.example"', 3,
         'rep "a@us.example": leader: leads back to this rep; take one of the circle out'),
        (REP + 'language = "de"', 3, 'rep "a@us.example": Invalid enum value'),
        ('[[rep]]\nemail = "nobody"', 2, 'rep "nobody": "email": Expected `str` matching regex'),
        (REP + '\n[[target]]\ndomain = "acme.example"\nrep = "aa@us.example"', 6,
         'target "acme.example": rep: there is no [[rep]] "aa@us.example"; did you mean "a@us.example"?'),
        ('[[target]]\ndomain = "acme.example"\n[[target]]\ndomain = "acme.example"', 1,
         'target "acme.example": is there twice'),
        ('[[target]]\ndomain = "Acme"', 2, 'target "Acme": "domain": Expected `str` matching regex'),
        ('[[company]]\ndomains = ["a.example", "b.example"]\n[[company]]\ndomains = ["c.example", "a.example"]', 1,
         'company "a.example": belongs to two companies'),
        ('[[company]]\ndomains = ["a.example"]', 2,
         'company "a.example": "domains": Expected `array` of length >= 2'),
        ('[[network]]\ndomain = "a.example"\nranges = ["10.0.0.0/11"]', 1,
         "network \"a.example\": 10.0.0.0/11 is larger than any company's own network"),
        ('[[network]]\ndomain = "a.example"\nranges = ["10.0.0.300"]', 1,
         "network \"a.example\": '10.0.0.300' does not appear to be an IPv4 or IPv6 network"),
        ('[[network]]\ndomain = "a.example"\nranges = []', 3,
         'network "a.example": "ranges": Expected `array` of length'),
        ('[channels]\nreal_time = ["slack"]', 1, '"slack" takes no digest, where posts over most_a_day go;'),
        ("[hours]\nbegins = 18:00:00", 1, "nobody would ever be at work: begins must be before ends"),
        ("[hours]\ndays = []", 1, "nobody would ever be at work"),
        ("most_a_day = 0", 1, '"most_a_day": Expected `int` >= 1'),
        ('holidays = ["2026-13-01"]', 1, "Invalid RFC3339 encoded date"),
        ('team = "sales"', 1, '"team": Expected `str` matching regex'),
    ],
)  # fmt: skip
def test_an_error_names_file_line_and_fix(text: str, line: int, said: str) -> None:
    with pytest.raises(RulesError) as refused:
        rules_with(text)
    message = str(refused.value)
    assert message.startswith(f"routing.toml:{line}: {said}"), message


@pytest.mark.parametrize(
    "text",
    [
        '[[network]]\ndomain = "a.example"\nranges = ["10.0.0.0/12", "2001:db8::/28"]',
        '[channels]\nreal_time = ["slack"]\ndigest = ["slack"]',
        '[channels]\nreal_time = ["pager"]\nat_once = ["pager"]\ndigest = []',
        f'{REP}leader = "b@us.example"\n{REP.replace("a@", "b@")}{REP.replace("a@", "c@")}leader = "a@us.example"',
    ],
)
def test_what_is_just_right(text: str) -> None:
    routing: Any = rules_with(text).routing
    assert routing.rules.team == "team:sales"
