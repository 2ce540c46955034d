"""The score: what holds whatever somebody did, on the web and in mails, and whatever was declared void."""

from collections.abc import Sequence
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from schemas.activity import Activity, Hit, Void
from schemas.cards import ScoreLine
from schemas.mail import NO_MAIL
from streams.core.activity.activity import gather
from streams.core.events.facts import Facts
from streams.core.mail.kept import heard_mail
from streams.core.score.scoring import Doings, Scored, score, total_tenths
from tests.unit.core import strategies as some
from tests.unit.core.made import DAY, NOW, RULES, activity, mailed
from tests.unit.core.mail_at_random import mail as some_mail

POSITIVE = sorted(rule.name for rule in RULES.scoring.rules.rule if rule.kind in ("page", "form", "track", "mail"))
facts = st.lists(some.anonymous, max_size=40)
epochs = st.sampled_from((None, None, NOW - 2 * DAY))


def doings(said: Sequence[Facts], mail: Sequence[Any] = (), voids: Sequence[Void] = ()) -> Doings:
    return Doings({"v1": activity(said)}, heard_mail(NO_MAIL, mail, RULES), tuple(voids))


def scored(done: Doings, *, as_of: int = NOW, epoch_at: int | None = None) -> Scored:
    return score(done, traits={}, as_of=as_of, epoch_at=epoch_at, rules=RULES)


def by_name(told: Scored) -> dict[str, ScoreLine]:
    return {f"{line.kind} {line.name}": line for line in told.lines}


def void(hit_id: int) -> Void:
    return Void(1, hit_id, "", "a test", "olga")


@given(said=facts, mail=some_mail, epoch_at=epochs, data=st.data())
def test_lines_and_caps_and_bounds_are_the_total(
    said: list[Facts], mail: list[Any], epoch_at: int | None, data: st.DataObject
) -> None:
    done = doings(said, mail)
    shown = [hit.hit_id for line in scored(done).lines for hit in line.hits]
    voids = [void(one) for one in (data.draw(st.sets(st.sampled_from(shown), max_size=3)) if shown else ())]
    told = scored(doings(said, mail, voids), epoch_at=epoch_at)
    assert sum(line.tenths for line in told.lines) == told.total_tenths
    for line in told.lines:
        assert all(hit.set_aside == "" or hit.points_hundredths == 0 for hit in line.hits)
        counted = [hit for hit in line.hits if not hit.set_aside]
        assert len(counted) <= (line.keep if line.kind == "rule" else 0)
        assert [(hit.at, hit.hit_id) for hit in line.hits] == sorted(
            ((hit.at, hit.hit_id) for hit in line.hits), reverse=True
        )
        assert abs(sum(hit.points_hundredths for hit in counted) - 10 * line.tenths) <= 5 + len(counted) or not counted


@given(said=facts, mail=some_mail)
def test_every_hit_that_is_shown_is_one_event(said: list[Facts], mail: list[Any]) -> None:
    done = doings(said, mail)
    of_web = {page.hit_id for one in said for page in one.pages} | {
        hit.hit_id for one in said for found in one.hits.values() for hit in found
    }
    of_mail = {one.hit_id for one in done.mail.clicks} | {one[1] for found in done.mail.hits.values() for one in found}
    for line in scored(done).lines:
        ids = [hit.hit_id for hit in line.hits]
        assert len(set(ids)) == len(ids)
        for hit in line.hits:
            assert hit.hit_id in (of_mail if hit.via == "mail" else of_web)


@given(said=facts, mail=some_mail, data=st.data())
def test_voiding_a_hit_changes_only_its_rules_and_caps_and_bounds(
    said: list[Facts], mail: list[Any], data: st.DataObject
) -> None:
    before = scored(doings(said, mail))
    shown = sorted({hit.hit_id for line in before.lines for hit in line.hits})
    if not shown:
        return
    gone = data.draw(st.sampled_from(shown))
    lines, after = by_name(before), by_name(scored(doings(said, mail, [void(gone)])))
    for name, line in lines.items():
        if line.kind != "rule":
            continue
        voided = [hit for hit in line.hits if hit.hit_id == gone]
        assert [hit for hit in after[name].hits if hit.hit_id != gone] == [
            hit for hit in line.hits if hit.hit_id != gone
        ]
        if not voided:
            assert after[name] == line
        elif line.tenths > 0:
            assert after[name].tenths <= line.tenths
    assert after["fit fit"] == lines["fit fit"]


@given(said=facts, more=some.anonymous)
def test_a_live_hit_more_never_lowers_a_positive_rule_of_its_own_hits(said: list[Facts], more: Facts) -> None:
    told = {hit for one in said for found in one.hits.values() for hit in found}
    assume(not any(hit.hit_id == one.hit_id and hit.what != one.what
                   for found in more.hits.values() for hit in found for one in told))  # fmt: skip
    as_of = max(NOW, more.received_at)  # a later time of a hit that lies ahead would not count yet
    before, after = (by_name(scored(doings(one), as_of=as_of)) for one in (said, [*said, more]))
    for name in POSITIVE:
        line = before.get(f"rule {name}")
        if line is not None and RULES.scoring.by_name[name].points > 0:
            assert after[f"rule {name}"].tenths >= line.tenths


@given(said=some_mail, ago=st.integers(0, 9), data=st.data())
def test_a_reply_more_never_lowers_replies(said: list[Any], ago: int, data: st.DataObject) -> None:
    more = mailed("replied", NOW - ago * DAY, data.draw(st.sampled_from(("m1", "m9"))))
    before, after = by_name(scored(doings([], said))), by_name(scored(doings([], [*said, more])))
    replied = "rule mail_reply"
    assert after[replied].tenths >= (before[replied].tenths if replied in before else 0)


def until(done: Activity, at: int) -> Activity:
    """What had happened by then."""
    hits = {name: tuple(Hit(*hit) for hit in kept if hit.at <= at) for name, kept in done.hits.items()}
    return Activity(
        hits={name: kept for name, kept in hits.items() if kept},
        pages=tuple(page for page in done.pages if page.at <= at),
        traits=done.traits,
    )


@given(said=facts, mail=some_mail, days=st.integers(0, 4))
def test_a_score_at_a_past_time_uses_only_what_had_happened(said: list[Facts], mail: list[Any], days: int) -> None:
    at, done = NOW - days * DAY, doings(said, mail)
    past = Doings(
        {"v1": gather([until(done.parts["v1"], at), Activity()], RULES)},
        heard_mail(NO_MAIL, [one for one in mail if one.at <= at], RULES),
    )
    known_then = Doings(past.parts, done.mail)
    assert scored(done, as_of=at).lines == scored(known_then, as_of=at).lines
    told_once = len({(type(one), getattr(one, "mail_event_id", None), getattr(one, "click_id", None)) for one in mail})
    is_kept = all(set(kept) <= set(done.mail.hits.get(name, ())) for name, kept in past.mail.hits.items())
    if is_kept and told_once == len(mail) <= 8:  # nothing was pushed out since, nor told again with a later time
        assert scored(done, as_of=at).lines == scored(past, as_of=at).lines


@settings(max_examples=50)
@given(said=facts, mail=some_mail, epoch_at=epochs, days=st.integers(0, 5))
def test_the_total_alone_is_that_of_the_whole_score(
    said: list[Facts], mail: list[Any], epoch_at: int | None, days: int
) -> None:
    done, as_of = doings(said, mail), NOW - days * DAY
    told = scored(done, as_of=as_of, epoch_at=epoch_at)
    assert total_tenths(done, fit=told.fit, as_of=as_of, epoch_at=epoch_at, rules=RULES) == told.total_tenths
    assert told.fading.total(as_of) == told.total_tenths
