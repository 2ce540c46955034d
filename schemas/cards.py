"""What others may know of a lead, an account and an alert (compacted topics), and the log of moves.

A card carries the version of the row it was made from: readers keep the higher. Scores are in tenths of a point, hit
points in hundredths, times in UTC milliseconds.
"""

from typing import Literal, TypeAlias

from msgspec import Struct

from schemas.activity import Decision, Hit, PageSeen, Version
from schemas.deals import DealFacts, Owner
from schemas.delivery import Trust

__all__ = [
    "AccountCard",
    "AlertCard",
    "AlertCounts",
    "AlertLevel",
    "AlertOutcome",
    "AlertStatus",
    "FitLine",
    "LeadCard",
    "MailFlags",
    "MemberCard",
    "Membership",
    "MergeSaid",
    "Reopening",
    "ReturnLine",
    "ReturnStrength",
    "RollUpLine",
    "RulesCrossing",
    "ScoreLine",
    "ScoredHit",
    "Transition",
]

AlertLevel: TypeAlias = Literal["digest", "real_time"]
AlertStatus: TypeAlias = Literal["open", "claimed", "snoozed", "done", "dismissed", "expired"]
AlertOutcome: TypeAlias = Literal["contacted", "reopened", "overtaken", "dismissed", "expired"]


class ScoredHit(Struct, frozen=True, kw_only=True):
    """One kept hit with what it gives now. `set_aside` says why it gives nothing ("" = it counts).

    `note`: what is known about it besides, such as how sure it is that a person clicked.
    """

    hit_id: int
    at: int
    what: str
    via: str  # the visitor it came through
    points_hundredths: int
    set_aside: str = ""
    note: str = ""


class ScoreLine(Struct, frozen=True, kw_only=True):
    """One summand of the score. All lines add up to `score_tenths` exactly.

    `kind` is `rule` (its hits follow), `cap` (what a group's cap takes away), `clamp`, or `fit`.
    """

    kind: Literal["rule", "cap", "clamp", "fit"]
    name: str
    group: str
    tenths: int
    label: str = ""
    keep: int = 0
    hits: tuple[ScoredHit, ...] = ()


class FitLine(Struct, frozen=True, kw_only=True):
    """One trait's points. `value` "" = unknown, which gives 0."""

    trait: str
    value: str
    points: int


class Transition(Struct, frozen=True, kw_only=True):
    """One move of one lead, announced once. Record key: lead_id and number."""

    v: int = 1
    lead_id: str
    number: int  # 1, 2, 3 ... of this lead
    account_id: str
    from_stage: str  # "" for the first
    to_stage: str
    skipped: tuple[str, ...]
    via: str
    rule_id: str  # the arrow: T0 ... T14
    rules_version: str
    evidence: tuple[str, ...]
    effective_at: int
    recorded_at: int
    actor: str
    version: Version  # of the row that took the decision
    sub_stage: str = ""  # where in `to_stage` it arrives
    corrects: int | None = None  # the number of the move that this one takes back
    labels: dict[str, str] = {}  # medium, source, program, segment at that time: what the ledger is cut by


class MailFlags(Struct, frozen=True, kw_only=True):
    """What became of our mails: freshest times, None = never. `unsubscribed_at` None also where it was taken back."""

    mailed_at: int | None = None
    clicked_at: int | None = None  # by a person
    bounced_at: int | None = None  # for good: no such mailbox; a candidate for the dead end
    complained_at: int | None = None
    unsubscribed_at: int | None = None


class RulesCrossing(Struct, frozen=True, kw_only=True):
    """New rules lifted this lead's score over the threshold: nothing fired, a person may review it."""

    version: str  # of those rules
    at: int
    total_tenths: int


class Membership(Struct, frozen=True, kw_only=True):
    """An audience that a lead is in, or has left, since `at`. `number` counts its changes, `version` is of the row."""

    audience: str
    is_in: bool
    at: int
    number: int
    version: Version


class MergeSaid(Struct, frozen=True, kw_only=True):
    """What an operator said of who this lead is, and did not take back: another one, or itself (nobody else)."""

    at: int
    into: str
    actor: str
    reason: str


class LeadCard(Struct, frozen=True, kw_only=True):
    """One person: score, stage, and why."""

    v: int = 1
    lead_id: str
    version: Version
    as_of: int
    score_tenths: int  # up here, so that a reader of rank alone need not read it all
    audiences: tuple[Membership, ...] = ()  # the newest change of each, newest first; up here for the same reason
    rules_version: str
    name: str
    email: str
    traits: dict[str, str]
    trust: Trust
    known_at: int
    account_id: str  # "" = none (free mail, and on no deal)
    stage: str
    stage_since: int
    engagement_tenths: int
    fit: int
    grade: str
    hot: bool
    threshold_tenths: int
    falls_below_at: int | None  # when the score falls below the threshold without new events
    lines: tuple[ScoreLine, ...]
    fit_lines: tuple[FitLine, ...]
    up: tuple[str, ...]  # top 3 reasons in words
    down: tuple[str, ...]
    pages: tuple[PageSeen, ...]  # the freshest, at most CARD_PAGES
    visitors: tuple[str, ...]
    deals: tuple[DealFacts, ...]
    hold_until: int | None
    moves: tuple[Transition, ...]  # newest first
    wake_at: int | None
    sub_stage: str = ""
    mail_stop_until: int | None = None  # no marketing mail before: the longest hold that no opt-in ended
    due_at: int | None = None  # of an SLA stage: until when sales has to act
    reminder_at: int | None = None  # half of that time
    overdue: bool = False
    attempts: int = 0  # tries to reach them since the last setback
    dead_end_candidate: str = ""  # why a person should look at whether this is a dead end
    day_before_tenths: int = 0  # the score 24 hours before `as_of`, by what had happened then
    cools_at: int | None = None  # when it falls below `cools_below_tenths` without new events (the hot mark goes off)
    cools_below_tenths: int = 0
    mail: MailFlags | None = None  # None: no mail of ours is known
    merged_into: str = ""  # the lead that this one turned out to be: it stands for nobody itself
    aliases: tuple[str, ...] = ()  # leads that turned out to be this one
    segment: str = ""  # of the common need: as a trait says it, else as segments.toml finds it; "none" = no row matches
    crossed_by_rules: RulesCrossing | None = None  # for 14 days; approved by a disposition `reviewed`
    decisions: tuple[Decision, ...] = ()  # what sales said, newest first; `correction` takes back what it names
    merge: MergeSaid | None = None  # None: no operator says who this is
    by_our_clock: tuple[Hit, ...] = ()  # whose sender named a time that cannot be; `what`: why, as in event_time.Clock


class ReturnLine(Struct, frozen=True, kw_only=True):
    """One signal of R: `strength` = min(count x each, max)."""

    signal: str
    label: str
    count: int
    strength: int
    most: int


class ReturnStrength(Struct, frozen=True, kw_only=True):
    """R of the freshest lost deal, with its lines: their sum, halved where `halved` says why."""

    strength: int
    lines: tuple[ReturnLine, ...]
    halved: bool
    counted_from: int  # only what is younger counts
    level: AlertLevel | None
    digest_from: int = 4  # R from which it is in the digest, and from which it is real-time
    real_time_from: int = 8


class MemberCard(Struct, frozen=True, kw_only=True):
    """A person of an account, as the account's page and its alerts show them."""

    lead_id: str
    name: str
    email: str
    title: str
    trust: Trust
    stage: str
    score_tenths: int
    grade: str
    on_deal: bool
    active_days: int  # in the return window where there is a lost deal, else of the last 14 days
    last_active_at: int | None
    reasons: tuple[str, ...]


class RollUpLine(Struct, frozen=True, kw_only=True):
    """One of those that an account's engagement is rolled up from: a lead, or `network:<visitor>`, or `intent:<id>`."""

    who: str
    tenths: int


class Reopening(Struct, frozen=True, kw_only=True):
    """A lost deal was taken up again, seen at `at`; whether its people had come back before, and sales had heard of it.

    `visited`: somebody's visits counted in the 30 days before. `alerted`: an alert of the lost deal was raised then.
    """

    deal_id: str  # the lost one
    at: int
    visited: bool
    alerted: bool


class AccountCard(Struct, frozen=True, kw_only=True):
    """One company.

    `flags`: what to know of it, with how many it is true of. `customer`, `target`, `own_staff` and `competitor` are
    about the company (1); `free_mail`, `job_seekers`, `students`, `staff`, `competitors`, `left` and `silenced` about
    its people; `network_visitors` about nobody that we know.
    """

    v: int = 1
    account_id: str
    version: Version
    as_of: int
    engagement_tenths: int  # roll-up E, 0-1000; up here as a lead's score
    rules_version: str
    name: str
    stage: str
    breadth: int
    fit: int
    fit_grade: str
    members: tuple[MemberCard, ...]
    deals: tuple[DealFacts, ...]
    strength: ReturnStrength | None
    not_candidate: str  # why no return is watched for; "" = it is
    alerts: tuple[str, ...]  # alert ids, newest first
    wake_at: int | None
    forwards_to: str = ""  # it is this account: all that is known stands there
    flags: dict[str, int] = {}
    roll_up: tuple[RollUpLine, ...] = ()  # the strongest first
    more_members: int = 0  # people beyond those of `members`: in the roll-up, and not shown
    employees: str = ""
    industry: str = ""
    region: str = ""
    owner: Owner | None = None
    reopenings: tuple[Reopening, ...] = ()  # newest first


class AlertCounts(Struct, frozen=True, kw_only=True):
    """What a closed alert counts as, for the precision of the rules that raised it.

    `strongest`: its signal with the greatest part of R, `request` for a fast pass. `sent`: somebody was told of it.
    """

    outcome: AlertOutcome
    level: AlertLevel
    strongest: str
    rules_version: str  # under which it reached this level
    sent: bool


class AlertCard(Struct, frozen=True, kw_only=True):
    """A lost deal's account is back. alert_id follows from deal and episode, so a repeat is the same alert."""

    v: int = 1
    alert_id: str
    version: Version
    as_of: int
    rules_version: str
    account_id: str
    account_name: str
    episode: int
    level: AlertLevel
    status: AlertStatus
    raised_at: int
    real_time_at: int | None  # when it became real-time
    updates: int  # how often R or the people changed since, also because somebody was erased
    strength: ReturnStrength
    fast_pass: bool
    deal: DealFacts
    other_deals: tuple[str, ...]
    people: tuple[MemberCard, ...]
    pages: tuple[PageSeen, ...]
    back_after_days: int | None
    next_act: str
    hold_until: int | None  # inside it: information only
    human: bool  # False: what was seen could not be proved to be a person
    recipient: Owner | None
    claimed_by: str = ""
    claimed_at: int | None = None
    closed_reason: str = ""
    closed_at: int | None = None
    offers: tuple[str, ...] = ()  # the buttons that it offers now: verbs of an action
    mail_stop_until: int | None = None  # until then nobody writes, whoever may call
    talking_point: str = ""  # by the maturity level of who is back
    provoked: bool = False  # began within a day after a mail of ours to this account
    snoozed_until: int | None = None
    reopen_requested: bool = False  # the CRM is asked for a deal that follows this one
    counts: AlertCounts | None = None  # None while it is not closed
    due_at: int | None = None  # until when it has to be claimed, else answered: that from a hold's end on
