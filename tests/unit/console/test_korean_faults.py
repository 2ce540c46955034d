"""What is wrong with a file of rules or costs is said in Korean, but what the file itself writes."""

import re
from collections.abc import Mapping
from typing import Final

import pytest

from streams.console.tongue import tongue_of
from streams.core.flow.costs import costs_in
from streams.core.rules import RulesError
from streams.core.said import SaidError
from streams.rules_files import read_texts
from tests.unit.console.test_rules_paste import brought, clock, drafts, known, load
from tests.unit.console.test_rules_paste import leader as tries_rules
from tests.unit.console.visitor import Visitor

__all__ = ["clock", "drafts", "known", "tries_rules"]

KO: Final = tongue_of("ko")
TEXTS: Final = read_texts(None)
# What the file writes: in quotation marks, brackets or backticks.
WRITTEN: Final = re.compile(r'"[^"]*"|`[^`]*`|\[\[\w+\]\]|\'[^\']*\'|kind = |by_hand = true')
ENGLISH: Final = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}")
FAULTS: Final = (
    ("scoring.toml", "half_life_days", "half_live_days"), ("scoring.toml", 'group = "', 'group = "x'),
    ("scoring.toml", 'kind = "page"', 'kind = "pag"'), ("scoring.toml", "[[rule]]", "[[rule"),
    ("scoring.toml", "[[rule]]", "[[rule]]\nname = 7"), ("scoring.toml", "[[rule]]", "[[rule]]\nname ="),
    ("site.toml", "timezone", 'timezone = "Mars/X"\n#'), ("site.toml", "[[page]]", '[[page]]\nkind = "X Y"'),
    ("stages.toml", 'to = "nurture"', 'to = "nurtur"'), ("stages.toml", 'kind = "sla"', 'kind = "slo"'),
    ("stages.toml", 'name = "mql"', 'name = "gained"'), ("returns.toml", "digest_from = 4", "digest_from = 9"),
    ("returns.toml", "before {date}", "for now"), ("returns.toml", "leader_hours = 4", "leader_hours = 1"),
    ("returns.toml", 'name = "more_days"', 'name = "intent_day"'),
    ("returns.toml", "window_days = 14", "window_days = -1"),
    ("returns.toml", "window_days = 14", "window_days = '14'"),
    ("returns.toml", "window_days = 14", "window_days = 1979-13-77"),
    ("routing.toml", "own_domains = []", 'own_domains = ["@us"]'),
    ("routing.toml", 'team = "team:sales"', 'team = "x"'),
    ("routing.toml", "own_domains = []", "own_domains = ["),
)  # fmt: skip
REP: Final = '\n[[rep]]\nemail = "a@b.example"\n'
ROUTES: Final = (
    REP + REP, REP + 'leader = "c@b.example"\n', REP + 'leader = "a@b.example"\n', REP + 'timezone = "Mars"\n',
    "\n[[network]]\ndomain = 'a.example'\nranges = ['10.0.0.0/4']\n",
    "\n[[network]]\ndomain = 'a.example'\nranges = ['nowhere']\n", "\n[hours]\ndays = []\n",
    "\n[[company]]\ndomains = ['a.example', 'b.example']\n[[company]]\ndomains = ['c.example', 'b.example']\n",
    "\n[[rep]]\nname = 'Amy'\n",
)  # fmt: skip
COSTS: Final = (
    "medium = 'x'\nfrom = 2026-03-02\nto = 2026-03-01\namount = 1", "medium = 'x'\nfrom = 2026-03-02\namount = 'much'",
    "medium = 'x'\nfrom = 2026-03-02\namount = 1\ncurrency = 'SEK'", "medium = 'x'\namount = 1",
    "medium = 'x'\nfrom = 2026-03-02\namount = 1\nprgram = 'y'", "medium = ''\nfrom = 2026-03-02\namount = 1",
    "medium = 'x\nfrom = 2026-03-02", "medium = 'x'\nmedium = 'y'",
)  # fmt: skip


def english(error: SaidError) -> list[str]:
    """Words of it that follow each other: a name of a table or a key stands alone."""
    text = KO.say(error.said)
    assert re.search(r"[가-힣]", text) is not None, text
    return ENGLISH.findall(WRITTEN.sub("-", text))


def refused(files: Mapping[str, str]) -> RulesError:
    with pytest.raises(RulesError) as found:
        load(files)
    return found.value


@pytest.mark.parametrize(("name", "before", "after"), FAULTS)
def test_a_fault_of_rules_is_said_in_korean(name: str, before: str, after: str) -> None:
    assert before in TEXTS[name]
    error = refused({**TEXTS, name: TEXTS[name].replace(before, after, 1)})
    assert (error.file, english(error)) == (name, []), KO.say(error.said)


@pytest.mark.parametrize("more", ROUTES)
def test_a_fault_of_routing_is_said_in_korean(more: str) -> None:
    error = refused({**TEXTS, "routing.toml": TEXTS["routing.toml"] + more})
    assert english(error) == [], KO.say(error.said)


@pytest.mark.parametrize("text", COSTS)
def test_a_fault_of_costs_is_said_in_korean(text: str) -> None:
    with pytest.raises(RulesError) as found:
        costs_in(f"[[cost]]\n{text}\n", load(TEXTS).returns)
    assert english(found.value) == [], KO.say(found.value.said)


def test_the_page_says_it_in_the_language_of_the_page(tries_rules: Visitor) -> None:
    tries_rules.cookies.set("leadstream_language", "ko")
    page = brought(tries_rules, scoring_toml=TEXTS["scoring.toml"].replace("half_life_days", "half_live_days", 1)).text
    assert "알 수 없는 &#34;half_live_days&#34;. 혹시 &#34;half_life_days&#34;입니까?" in page
    assert "did you mean" not in page


def test_a_fault_that_nobody_knows_stays_as_it_was_said() -> None:
    """Such as one of a reader of TOML that is newer than ours."""
    assert KO.say(RulesError("site.toml", "100% odd %(x)s", line=3).said) == "site.toml:3: 100% odd %(x)s"
