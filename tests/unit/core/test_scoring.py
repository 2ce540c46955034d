"""Points: what counts, how often, and what is taken away; every line on the card, and nothing beside them."""

from typing import Any

import pytest

from streams.core.events.facts import Facts
from streams.core.rules import load_rules
from streams.core.score.rule_kinds import RULE_KINDS
from streams.core.score.scoring import BEFORE_EPOCH, Doings, score
from tests.unit.core.made import (
    DAY,
    HOUR,
    MINUTE,
    NAMING,
    NOW,
    RULES,
    activity,
    files,
    imported,
    page,
    points,
    scored,
    track,
)

YESTERDAY = NOW - DAY


def pages(count: int, at: int, path: str = "/about", start: int = 0) -> list[dict[str, Any]]:
    return [page(path, at, n) for n in range(start, start + count)]


def downloads(assets: str) -> list[dict[str, Any]]:
    return [track("file_downloaded", NOW, n=n, asset=asset) for n, asset in enumerate(assets)]


@pytest.mark.parametrize(
    ("events", "lines"),
    [
        pytest.param(pages(1_000, NOW), {"page_view": 5.0, "deep_visit": 7.0}, id="a thousand pages at once"),
        pytest.param(pages(5, YESTERDAY) + pages(5, NOW), {"page_view": 9.5, "return_visit": 5.0}, id="two busy days"),
        pytest.param(
            pages(5, YESTERDAY) + pages(45, NOW),
            {"page_view": 9.5, "return_visit": 5.0, "deep_visit": 7.0},
            id="one of them very busy",
        ),
        pytest.param(pages(2, NOW, "/pricing"), {"page_view": 2.0, "pricing_page": 10.0}, id="pricing twice in a day"),
        pytest.param(downloads("AAABCD"), {"gated_download": 30.0}, id="guides A A A B C D"),
        pytest.param(downloads("AAAA"), {"gated_download": 10.0}, id="one guide often"),
        pytest.param(pages(3, NOW, "/careers/dev"), {"careers_page": -10.0}, id="careers pages are counted against"),
        pytest.param(pages(1, NOW - 8 * DAY) + pages(1, NOW), {"page_view": 1.5}, id="eight days later is no return"),
        pytest.param(
            pages(1, NOW - 7 * DAY) + pages(1, NOW), {"page_view": 1.5, "return_visit": 5.0}, id="after seven it is"
        ),
        pytest.param([track("form_submitted", NOW, form="newsletter")], {"form": 20.0}, id="a form"),
        pytest.param([track("form_submitted", NOW, form="quote")], {"request": 50.0}, id="a request"),
        pytest.param([track("demo_requested", NOW)], {"request": 50.0}, id="a request by another name"),
        pytest.param([track("assessment_completed", NOW - 45 * DAY)], {"assessment": 10.0}, id="a half-life later"),
        pytest.param([track("something_else", NOW)], {}, id="an event without a meaning"),
        pytest.param(
            [track("program_registered", NOW, n=n, program_id=one) for n, one in enumerate("AABC")],
            {"program_registered": 10.0}, id="registrations, once a program",
        ),
        pytest.param(
            [track("webinar_attended", NOW, n=n, program_id=one) for n, one in enumerate("AABC")],
            {"webinar_attended": 40.0}, id="webinars, once a program",
        ),
        pytest.param(
            [track("program_attended", NOW, n=n, program_id=one) for n, one in enumerate("AB")],
            {"program_attended": 40.0}, id="one program in person",
        ),
        pytest.param([track("video_watched", NOW, asset="a", percent=50)], {"asset_view": 5.0}, id="half a film"),
        pytest.param([track("video_watched", NOW, asset="a", percent=49)], {}, id="less than half of it"),
        pytest.param([track("video_watched", NOW, asset="a", percent="49.9")], {}, id="in letters"),
        pytest.param([track("video_watched", NOW, asset="a")], {"asset_view": 5.0}, id="a player that cannot measure"),
        pytest.param([track("video_watched", NOW, asset="a", percent="?")], {"asset_view": 5.0}, id="or says nothing"),
    ],
)
def test_what_people_do_gives_points(events: list[dict[str, Any]], lines: dict[str, float]) -> None:
    """Asks A1, A17."""
    told = scored(imported(events))
    assert {line.name: line.tenths / 10 for line in told.lines if line.kind == "rule"} == lines


def test_programs_together_are_capped_at_fifty() -> None:
    everything = [track("webinar_attended", NOW, n=n, program_id=str(n)) for n in range(3)]
    told = scored(imported([*everything, track("program_attended", NOW, program_id="p"),
                            track("program_registered", NOW, program_id="p")]))  # fmt: skip
    assert (told.engagement_tenths, [line.tenths for line in told.lines if line.kind == "cap"]) == (500, [-350])


# Points, N, limit and its bucket, half-life in days, group: all of the table, and nothing beside it.
TABLE = {
    "page_view": (1, 10, 5, "day", 7, "web"),
    "return_visit": (5, 3, None, "day", 14, "web"),
    "deep_visit": (7, 2, None, "day", 14, "web"),
    "product_page": (3, 5, 3, "day", 14, "web"),
    "pricing_page": (10, 3, 1, "day", 14, "web"),
    "comparison_page": (10, 2, 1, "day", 14, "web"),
    "asset_view": (5, 3, 1, "asset", 30, "content"),
    "gated_download": (10, 3, 1, "asset", 30, "content"),
    "assessment": (20, 1, None, "day", 45, "content"),
    "mail_open": (0, 5, 1, "message", 14, "mail"),
    "mail_click": (3, 5, 1, "message", 14, "mail"),
    "mail_reply": (15, 2, 1, "week", 30, "mail"),
    "program_registered": (5, 2, 1, "program", 45, "programs"),
    "webinar_attended": (20, 2, 1, "program", 45, "programs"),
    "program_attended": (40, 1, None, "day", 45, "programs"),
    "form": (20, 2, 1, "day", 60, "forms"),
    "request": (50, 1, None, "day", 60, "forms"),
    "careers_page": (-10, 2, 1, "day", 30, "penalty"),
    "unsubscribed": (-15, 1, None, "day", 180, "penalty"),
    "hard_bounce": (0, 1, None, "day", 180, "mail"),
}


def test_the_packaged_rules_are_those_of_the_table() -> None:
    """Ask A33: the score separates leads."""
    assert {rule.name: (rule.points, rule.keep, rule.limit, rule.limit_per, rule.half_life_days, rule.group)
            for rule in RULES.scoring.rules.rule} == TABLE  # fmt: skip
    assert RULES.scoring.by_name["mail_click"].probable_points == 1
    caps = {"web": 50, "mail": 30, "content": 40, "programs": 50, "forms": 60, "penalty": None}
    assert RULES.scoring.caps == caps


def test_a_full_group_is_capped_by_a_line_of_its_own() -> None:
    paths = ("/pricing", "/compare/x", "/products/a", "/products/b", "/products/c")
    days = [event for day in range(4) for path in paths for event in pages(2, NOW - day * DAY, path)]
    told = scored(imported(days))
    cap = next(line for line in told.lines if line.kind == "cap")
    assert (cap.name, sum(line.tenths for line in told.lines if line.group == "web")) == ("web", 500)
    assert cap.tenths < 0
    assert told.engagement_tenths == 500
    assert told.down == (f"Cap of web {cap.tenths / 10:.1f}",)


def test_engagement_and_fit_stay_in_their_bounds_and_say_so() -> None:
    everything = [
        *(page(path, NOW - day * DAY, n) for day in range(4) for n in range(8) for path in ("/pricing", "/product")),
        *(track("webinar_attended", NOW, n=n, program_id=str(n)) for n in range(3)),
        track("form_submitted", NOW, form="quote"), track("form_submitted", NOW, form="other"),
    ]  # fmt: skip
    told = scored(imported(everything))
    clamps = {line.name: line.tenths for line in told.lines if line.kind == "clamp"}
    assert told.engagement_tenths == 1000
    assert clamps["engagement"] < 0
    assert "Bounds of engagement" in {line.label for line in told.lines if line.kind == "clamp"}
    assert sum(line.tenths for line in told.lines) == told.total_tenths
    poor = scored(imported([{"type": "identify", "anonymousId": "v1", "timestamp": NOW, "messageId": "i",
                             "traits": {"email": "ann@gmail.com"}}]))  # fmt: skip
    assert (poor.fit, poor.total_tenths, poor.grade) == (0, 0, "C3")
    assert {line.kind: line.tenths for line in poor.lines} == {"fit": -100, "clamp": 100}


def test_what_was_before_the_lost_deal_is_shown_and_gives_nothing() -> None:
    events = imported(pages(1, NOW - 3 * DAY, "/pricing") + pages(1, NOW, "/pricing"))
    told = scored(events, epoch_at=NOW - 3 * DAY)
    line = next(line for line in told.lines if line.name == "pricing_page")
    assert [(hit.set_aside, hit.points_hundredths) for hit in line.hits] == [("", 1000), (BEFORE_EPOCH, 0)]
    assert line.tenths == 100


def test_hits_say_what_they_were_and_through_which_part_they_came() -> None:
    mine, other = activity(imported(pages(1, NOW, "/pricing"))), activity(imported(pages(1, YESTERDAY, "/pricing")))
    told = score(Doings({"v1": mine, "v2": other}), traits={}, as_of=NOW, epoch_at=None, rules=RULES)
    line = next(line for line in told.lines if line.name == "pricing_page")
    assert [(hit.what, hit.via, hit.at) for hit in line.hits] == [
        ("/pricing", "v1", NOW),
        ("/pricing", "v2", YESTERDAY),
    ]


def test_limits_hold_over_all_parts_together() -> None:
    parts = {name: activity(imported(pages(4, NOW - n * MINUTE, start=10 * n))) for n, name in enumerate("abc")}
    told = score(Doings(parts), traits={}, as_of=NOW, epoch_at=None, rules=RULES)
    assert (points(told, "page_view"), points(told, "deep_visit")) == (5.0, 7.0)


def test_one_hit_at_two_times_is_scored_once_at_the_later() -> None:
    """A resend may carry another time; on both sides of midnight it costs a place of the older day and adds none."""
    again = {**page("/pricing", NOW - 11 * HOUR, 1), "messageId": f"/pricing@{NOW}#1"}
    twice: list[Facts] = imported([page("/pricing", NOW, 1), again])
    line = next(line for line in scored(twice).lines if line.name == "pricing_page")
    assert [hit.at for hit in line.hits] == [NOW]
    assert (line.tenths, points(scored(twice), "return_visit")) == (100, 0)


@pytest.mark.parametrize("rule", sorted(RULES.scoring.by_name))
def test_every_rule_is_of_a_known_kind_and_its_group_exists(rule: str) -> None:
    told = RULES.scoring.by_name[rule]
    assert told.kind in RULE_KINDS
    assert told.group in RULES.scoring.caps


def test_changed_points_are_exact_at_once() -> None:
    told = files()
    pricing, fewer_points = "points = 10\nkeep = 3\nlimit = 1\n", "points = 4\nkeep = 1\nlimit = 1\n"
    assert pricing in told["scoring.toml"]
    told["scoring.toml"] = told["scoring.toml"].replace(pricing, fewer_points)
    fewer = load_rules(told, naming=NAMING)
    done = activity(imported(pages(1, NOW, "/pricing") + pages(1, YESTERDAY, "/pricing")))
    assert points(score(Doings({"v1": done}), traits={}, as_of=NOW, epoch_at=None, rules=fewer), "pricing_page") == 4.0
