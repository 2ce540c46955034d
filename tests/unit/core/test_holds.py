"""Until when nobody writes: by reason, by the rival's contract, by a release, by the customer's own date."""

import pytest

from schemas.activity import Milestone
from streams.core.rules import load_rules
from streams.core.stage.holds import hold_end, hold_of_loss, setback_of
from tests.unit.core.made import DAY, NAMING, NOW, RULES, files
from tests.unit.core.told import deal

RELEASE = """
[[release]]
answers = ["feature_gap:sso", "price"]
at = 2026-03-30T10:00:00Z
"""
RELEASED = NOW + 10 * DAY


@pytest.mark.parametrize(("reason", "days"), [
    ("timing", 90), ("budget", 90), ("no_decision", 60), ("competitor", 270), ("price", 180), ("feature_gap", 180),
    ("feature_gap:sso", 180), (None, 90), ("other", 90),
])  # fmt: skip
def test_a_loss_holds_by_its_reason(reason: str | None, days: int) -> None:
    assert hold_of_loss(deal(at=NOW, lost_reason=reason), RULES.stages) == NOW + days * DAY


@pytest.mark.parametrize(("ends_at", "until"), [
    (NOW + 365 * DAY, NOW + 275 * DAY),
    (NOW + 90 * DAY, NOW),
    (NOW + 90 * DAY + 1, NOW + 1),
    (NOW + 89 * DAY, NOW),  # never before the loss
    (None, NOW + 270 * DAY),
])  # fmt: skip
def test_lost_to_a_competitor_it_ends_ninety_days_before_that_contract(ends_at: int | None, until: int) -> None:
    lost = deal(at=NOW, lost_reason="competitor", contract_ends_at=ends_at)
    assert hold_of_loss(lost, RULES.stages) == until
    other = deal(at=NOW, lost_reason="timing", contract_ends_at=ends_at)
    assert hold_of_loss(other, RULES.stages) == NOW + 90 * DAY
    assert setback_of(other, RULES.stages).until == 0


@pytest.mark.parametrize(("at", "reason", "until"), [
    (NOW, "feature_gap:sso", RELEASED),
    (NOW, "feature_gap", NOW + 180 * DAY),  # this release answers another gap
    (NOW, "feature_gap:api", NOW + 180 * DAY),
    (RELEASED, "feature_gap:sso", RELEASED),
    (RELEASED + 1, "feature_gap:sso", RELEASED + 1 + 180 * DAY),  # it was there, and did not help
    (RELEASED - 180 * DAY, "feature_gap:sso", RELEASED),
    (RELEASED - 181 * DAY, "feature_gap:sso", RELEASED - DAY),  # at most 180 days
    (NOW, "price", NOW + 180 * DAY),  # only holds that say so wait for a release
])  # fmt: skip
def test_a_missing_feature_holds_until_its_release(at: int, reason: str, until: int) -> None:
    """Ask A46."""
    told = files()
    rules = load_rules(told | {"stages.toml": told["stages.toml"] + RELEASE}, naming=NAMING)
    assert hold_of_loss(deal(at=at, lost_reason=reason), rules.stages) == until


def test_a_release_that_answers_the_whole_reason_answers_its_details() -> None:
    told = files()
    text = told["stages.toml"] + RELEASE.replace("feature_gap:sso", "feature_gap")
    rules = load_rules(told | {"stages.toml": text}, naming=NAMING)
    assert hold_of_loss(deal(at=NOW, lost_reason="feature_gap:sso"), rules.stages) == RELEASED


@pytest.mark.parametrize(("until", "ends"), [(NOW + DAY, NOW + DAY), (NOW + 999 * DAY, NOW + 999 * DAY), (1, NOW)])
def test_a_date_that_was_named_wins_and_is_never_before_the_setback(until: int, ends: int) -> None:
    said = Milestone(NOW, "disposition", "d", "not_now", until)
    assert hold_end(said, "recycle_a", RULES.stages) == ends
    assert hold_end(said._replace(until=0), "recycle_a", RULES.stages) == NOW + 90 * DAY
    assert hold_end(said._replace(until=0), "nurture", RULES.stages) == NOW  # a stage without holds
