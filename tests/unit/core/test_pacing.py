"""When a post is told on channels that keep hours: quiet times, the daily most, absence, what became of an alert."""

import pytest
from msgspec import json
from msgspec.structs import replace

from schemas.activity import Version
from schemas.posts import AlertUpdate, Post
from schemas.touches import Tick
from streams.core.recipient import fold as recipient
from tests.unit.core.told_hours import (
    BERLIN,
    BOTH,
    DORA,
    MINUTE,
    RULES,
    SEOUL,
    SLOW,
    TEAM,
    Desk,
    absence,
    at,
    post,
    update,
)  # fmt: skip


# Quiet: outside business hours a post is kept, and delivered at 09:00 on the next business day.
@pytest.mark.parametrize(
    ("came", "told"),
    [
        ("2026-03-03 09:00", "03-03 09:00"),
        ("2026-03-03 17:59", "03-03 17:59"),
        ("2026-03-03 18:00", "03-04 09:00"),
        ("2026-03-04 00:30", "03-04 09:00"),
        ("2026-03-04 08:59", "03-04 09:00"),
        ("2026-03-06 18:00", "03-09 09:00"),  # Friday evening
        ("2026-03-19 19:00", "03-23 09:00"),  # the next day is a holiday, then a week-end
        ("2026-03-27 20:00", "03-30 09:00"),  # the clocks go forward on Sunday
        ("2026-10-23 20:00", "10-26 09:00"),  # and back
        ("2026-04-04 12:00", "04-07 09:00"),  # Monday is a holiday
    ],
)
def test_a_quiet_time_ends_at_the_next_opening(came: str, told: str) -> None:
    desk = Desk()
    desk.hears(post(1, at(came)))
    desk.runs(at("2026-12-01 10:00"))
    assert desk.told == [f"{told} memory real_time a1 raised"]


def test_hours_are_those_of_the_rep() -> None:
    """Seoul is 8 hours ahead of Berlin in winter."""
    berlin, seoul = Desk(BERLIN), Desk(SEOUL, zone="Asia/Seoul")
    for desk in (berlin, seoul):
        desk.hears(post(1, at("2026-03-03 09:30"), to=desk.key))
        desk.hears(post(2, at("2026-03-03 10:00"), to=desk.key))
        desk.runs(at("2026-03-05 00:00"))
    assert berlin.told == ["03-03 09:30 memory real_time a1 raised", "03-03 10:00 memory real_time a2 raised"]
    assert seoul.told == ["03-03 17:30 memory real_time a1 raised", "03-04 09:00 memory real_time a2 raised"]


def test_a_team_keeps_the_hours_of_the_site() -> None:
    desk = Desk(TEAM, zone="UTC")
    desk.hears(post(1, at("2026-03-03 08:59", "UTC"), to=TEAM))
    desk.runs(at("2026-03-03 12:00"))
    assert desk.told == ["03-03 09:00 memory real_time a1 raised"]


def test_a_request_knows_no_quiet_time() -> None:
    desk = Desk()
    desk.hears(post(1, at("2026-03-07 03:00"), fast_pass=True))
    assert desk.told == ["03-07 03:00 memory real_time a1 raised"]


def test_that_somebody_has_it_is_no_reason_to_wake_anybody() -> None:
    desk = Desk()
    desk.hears(post(1, at("2026-03-03 22:00"), fast_pass=True, occasion="taken", status="claimed", claimed_by="Dora"))
    assert desk.told == []
    desk.runs(at("2026-03-04 09:00"))
    assert desk.told == ["03-04 09:00 memory real_time a1 taken"]


# At most 5 real-time messages per rep and local day, the rest go to the digest; fast passes do not count.
def test_the_sixth_message_of_a_day_goes_to_the_digest() -> None:
    desk, start = Desk(), at("2026-03-03 10:00")
    for n in range(1, 8):
        desk.hears(post(n, start + n * MINUTE))
    assert [one.split()[4] for one in desk.told] == ["a1", "a2", "a3", "a4", "a5"]
    desk.runs(at("2026-03-04 09:00"))
    assert desk.told[5:] == ["03-04 08:30 memory digest of a6,a7"]


def test_requests_reminders_and_escalations_do_not_count() -> None:
    desk, start = Desk(), at("2026-03-03 10:00")
    desk.hears(post(1, start, fast_pass=True))
    desk.hears(*(post(n, start, occasion=name) for n, name in enumerate(("reminder", "escalation", "taken"), 2)))
    desk.hears(*(post(n, start + n, occasion="copy") for n in range(5, 10)))
    assert len(desk.told) == 9
    desk.hears(post(10, start + MINUTE, occasion="deputy"))
    assert len(desk.told) == 9
    more = [post(11, start + MINUTE, fast_pass=True), post(12, start + MINUTE, occasion="reminder")]
    desk.hears(*more)
    assert len(desk.told) == 11
    desk.runs(at("2026-03-04 09:00"))
    assert desk.told[11:] == ["03-04 08:30 memory digest of a10"]


def test_the_day_is_the_local_one() -> None:
    """In Seoul midnight comes at 16:00 in Berlin: five before closing time, five at the next opening."""
    desk = Desk(SEOUL, zone="Asia/Seoul")
    for n in range(1, 6):
        desk.hears(post(n, at("2026-03-03 17:00", "Asia/Seoul") + n, to=SEOUL))
    for n in range(6, 11):
        desk.hears(post(n, at("2026-03-04 00:10", "Asia/Seoul") + n, to=SEOUL))
    desk.runs(at("2026-03-04 09:00", "Asia/Seoul"))
    assert len(desk.told) == 10
    assert {one[:11] for one in desk.told} == {"03-03 17:00", "03-04 09:00"}


def test_after_a_night_the_best_five_are_told_and_the_others_wait_for_the_digest() -> None:
    desk, night = Desk(), at("2026-03-03 20:00")
    for n, amount in enumerate((10, 70, 20, 60, 30, 50, 40), 1):
        desk.hears(post(n, night + n, amount=amount))
    desk.runs(at("2026-03-05 12:00"))
    assert {one.split()[4] for one in desk.told[:5]} == {"a2", "a4", "a5", "a6", "a7"}
    assert {one[:11] for one in desk.told[:5]} == {"03-04 09:00"}
    assert desk.told[5:] == ["03-05 08:30 memory digest of a3,a1"]


def test_a_post_on_two_channels_is_one_message() -> None:
    desk, start = Desk(channels=BOTH), at("2026-03-03 10:00")
    for n in range(1, 7):
        desk.hears(post(n, start + n))
    assert len([one for one in desk.told if "memory" in one]) == 5
    assert len([one for one in desk.told if "webhook" in one]) == 6


# What became of an alert while it was held.
@pytest.mark.parametrize("status", ["claimed", "done", "dismissed", "expired"])
def test_what_was_claimed_or_closed_in_the_night_is_not_told(status: str) -> None:
    desk, night = Desk(), at("2026-03-03 20:00")
    desk.hears(post(1, night), post(2, night, level="digest"), post(3, night))
    desk.hears(update(1, status, by="Dora", when=night + 1), update(2, status, by="Dora", when=night + 1))
    desk.runs(at("2026-03-06 09:00"))
    assert desk.told == ["03-04 09:00 memory real_time a3 raised"]


def test_also_where_the_news_comes_first() -> None:
    desk, night = Desk(), at("2026-03-03 20:00")
    desk.hears(update(1, "claimed", by="Dora", when=night), post(1, night))
    desk.runs(at("2026-03-06 09:00"))
    assert desk.told == []


def test_older_news_than_the_post_is_none() -> None:
    desk, night = Desk(), at("2026-03-03 20:00")
    desk.hears(update(1, "done", when=night, offset=4))
    desk.hears(post(1, night, offset=5))
    desk.hears(update(1, "done", when=night, offset=5))
    desk.runs(at("2026-03-06 09:00"))
    assert desk.told == ["03-04 09:00 memory real_time a1 raised"]


def test_a_channel_that_was_down_is_not_told_what_is_over() -> None:
    desk, start = Desk(channels=BOTH), at("2026-03-03 10:00")
    desk.answers = False
    desk.hears(post(1, start))
    desk.hears(update(1, "claimed", by="Dora", when=start + 1))
    desk.runs(start + 2 * MINUTE)
    assert [one.split()[2] for one in desk.told] == ["webhook", "memory", "webhook", "webhook"]


def test_who_claimed_an_alert_is_reminded_of_it() -> None:
    desk, night = Desk(), at("2026-03-03 20:00")
    mine = {"status": "claimed", "claimed_by": "Bea"}
    desk.hears(post(1, night, occasion="reminder", **mine), post(2, night, occasion="reminder", **mine))
    desk.hears(update(1, "claimed", by="Bea", when=night), update(2, "claimed", by="Dora", when=night))
    desk.runs(at("2026-03-04 09:00"))
    assert desk.told == ["03-04 09:00 memory real_time a1 reminder"]


def test_what_became_of_alerts_is_bounded_and_news_of_what_waits_stays() -> None:
    desk, night = Desk(), at("2026-03-03 20:00")
    desk.hears(post(1, night))
    desk.hears(update(2, "done", when=night), update(3, "done", when=night + 1), update(1, "done", when=0))
    desk.folds(*(update(n, "done", when=night + n) for n in range(4, 258)))
    assert desk.row is not None
    assert len(desk.row.became) == 256
    assert post(1, night).alert.alert_id not in desk.row.became  # settled, and the oldest
    assert post(2, night).alert.alert_id in desk.row.became


# Absence: what is due goes to the deputy, or waits until the end.
def test_what_is_due_to_somebody_away_goes_to_the_deputy() -> None:
    desk, begins, ends = Desk(), at("2026-03-02 00:00"), at("2026-03-09 00:00")
    desk.hears(absence(begins, ends, deputy=DORA))
    desk.hears(post(1, at("2026-03-03 10:00")), post(2, at("2026-03-03 10:00"), level="digest"))
    desk.runs(at("2026-03-12 12:00"))
    assert desk.told == []
    assert {(one.to, one.level, one.occasion, one.detail, one.at) for one in desk.sent} == {
        (DORA, "real_time", "deputy", BERLIN, at("2026-03-03 10:00")),
        (DORA, "digest", "deputy", BERLIN, at("2026-03-03 10:00")),
    }
    deputy = Desk(DORA)
    deputy.hears(*desk.sent)
    deputy.runs(at("2026-03-04 12:00"))
    assert deputy.told == ["03-03 10:00 memory real_time a1 deputy", "03-04 08:30 memory digest of a2"]


def test_an_absence_begins_and_ends_on_time() -> None:
    begins, ends = at("2026-03-03 12:00"), at("2026-03-03 15:00")
    desk = Desk()
    desk.hears(absence(begins, ends, deputy=DORA, when=1))
    for n, when in enumerate((begins - 1, begins, ends - 1, ends), 1):
        desk.hears(post(n, when))
    assert [one.split()[4] for one in desk.told] == ["a1", "a4"]
    assert [one.alert.account_id for one in desk.sent] == ["a2.example", "a3.example"]


def test_without_a_deputy_it_waits_until_the_end() -> None:
    desk = Desk()
    desk.hears(absence(at("2026-03-02 00:00"), at("2026-03-07 00:00")))
    desk.hears(post(1, at("2026-03-03 10:00")), post(2, at("2026-03-03 10:00"), level="digest"))
    desk.hears(post(3, at("2026-03-03 11:00"), fast_pass=True))
    desk.runs(at("2026-03-12 12:00"))
    assert desk.told == [
        "03-07 00:00 memory real_time a3 raised",
        "03-09 08:30 memory digest of a2",
        "03-09 09:00 memory real_time a1 raised",
    ]
    assert desk.sent == []


def test_what_waits_when_an_absence_begins_goes_to_the_deputy_then() -> None:
    desk = Desk()
    desk.hears(absence(at("2026-03-04 00:00"), at("2026-03-09 00:00"), deputy=DORA, when=1))
    desk.hears(post(1, at("2026-03-03 20:00")), post(2, at("2026-03-03 20:00"), level="digest"))
    desk.runs(at("2026-03-12 12:00"))
    assert desk.told == []
    assert {(one.level, one.at) for one in desk.sent} == {
        ("digest", at("2026-03-04 00:00")), ("real_time", at("2026-03-04 00:00")),
    }  # fmt: skip


def test_the_newest_word_on_an_absence_counts() -> None:
    desk, when = Desk(), at("2026-03-03 10:00")
    begins, ends = at("2026-03-02 00:00"), at("2026-03-09 00:00")
    desk.hears(absence(begins, ends, deputy=DORA, when=5), absence(0, 1, when=6), absence(begins, ends, when=4))
    desk.hears(post(1, when))
    assert desk.told == ["03-03 10:00 memory real_time a1 raised"]


@pytest.mark.parametrize("turn", [1, -1])
def test_of_two_words_of_one_moment_on_an_absence_the_same_wins_in_any_order(turn: int) -> None:
    said = [absence(at("2026-03-02 00:00"), at("2026-03-09 00:00"), deputy=who, when=5) for who in (DORA, SEOUL)]
    desk = Desk()
    desk.hears(*said[::turn])
    assert desk.row is not None
    assert desk.row.absence == max(said, key=json.encode)


def test_two_who_stand_in_for_each_other_do_not_pass_it_round() -> None:
    """A deputy who is away too gives it to the team; a team keeps it until somebody is back."""
    begins, ends, when = at("2026-03-02 00:00"), at("2026-03-09 00:00"), at("2026-03-03 10:00")
    bea, dora, team = Desk(BERLIN), Desk(DORA), Desk(TEAM)
    bea.hears(absence(begins, ends, deputy=DORA))
    dora.hears(absence(begins, ends, deputy=BERLIN, to=DORA))
    team.hears(absence(begins, ends, deputy=BERLIN, to=TEAM))
    bea.hears(post(1, when))
    dora.hears(*bea.sent)
    assert [(one.to, one.detail) for one in dora.sent] == [(TEAM, DORA)]
    team.hears(*dora.sent)
    assert team.sent == []
    team.runs(at("2026-03-09 12:00"))
    assert team.told == ["03-09 10:00 memory real_time a1 deputy"]  # 09:00 in UTC


def test_nobody_is_his_own_deputy() -> None:
    desk = Desk()
    desk.hears(absence(at("2026-03-02 00:00"), at("2026-03-03 12:00"), deputy=BERLIN))
    desk.hears(post(1, at("2026-03-03 10:00")))
    desk.runs(at("2026-03-03 13:00"))
    assert (desk.sent, desk.told) == ([], ["03-03 12:00 memory real_time a1 raised"])


def test_a_deputy_hears_what_became_of_it_and_nobody_hears_it_for_ever() -> None:
    begins, ends, when = at("2026-03-02 00:00"), at("2026-03-09 00:00"), at("2026-03-03 10:00")
    bea, dora = Desk(BERLIN), Desk(DORA)
    bea.hears(absence(begins, ends, deputy=DORA))
    bea.hears(post(1, when), post(2, when))
    bea.sent.clear()
    bea.hears(update(1, "done", when=when + 1), update(9, "done", when=when + 1))
    assert [(one.to, one.alert.status) for one in bea.sent if isinstance(one, AlertUpdate)] == [(DORA, "done")]
    assert len(bea.sent) == 1
    # Dora passed the same alert on to Bea: the news comes back, and ends there.
    back = replace(bea.sent[0], to=BERLIN)
    bea.sent.clear()
    bea.hears(back)
    bea.hears(back, post(3, when + 2))
    assert [one for one in bea.sent if isinstance(one, AlertUpdate)] == []
    assert dora.told == []


def test_what_went_to_a_deputy_is_said_again_if_the_message_comes_again() -> None:
    """A crash between the row and the inbox of the deputy, also after the row moved on."""
    desk, when = Desk(), at("2026-03-03 10:00")
    desk.hears(absence(at("2026-03-02 00:00"), at("2026-03-09 00:00"), deputy=DORA))
    one = post(1, when)
    first = desk.hears(one)
    desk.hears(Tick(to=BERLIN, at=when + MINUTE))
    again = recipient.fold(BERLIN, desk.row, [one], version=Version(0, 2), rules=RULES, channels=SLOW)
    assert again.effects.posts == first.posts
    assert again.row == desk.row
    later = recipient.fold(BERLIN, desk.row, [one], version=Version(0, 4), rules=RULES, channels=SLOW)
    assert later.effects.posts == ()


def test_the_card_of_what_went_to_a_deputy_is_kept_for_a_day() -> None:
    desk, when = Desk(), at("2026-03-03 10:00")
    desk.hears(absence(at("2026-03-02 00:00"), at("2026-03-09 00:00"), deputy=DORA))
    desk.hears(post(1, when))
    kept = []
    for late in (1_440 * MINUTE - 1, 1_440 * MINUTE):
        desk.hears(Tick(to=BERLIN, at=when + late))
        assert desk.row is not None
        kept.append(desk.row.posts[post(1, when).post_id].post is None)
    assert kept == [False, True]


def test_two_posts_of_an_alert_are_two_for_the_deputy() -> None:
    desk, when = Desk(), at("2026-03-03 10:00")
    desk.hears(absence(at("2026-03-02 00:00"), at("2026-03-09 00:00"), deputy=DORA))
    desk.hears(post(1, when), post(1, when, occasion="broke_through"))
    assert len({one.post_id for one in desk.sent if isinstance(one, Post)}) == 2
