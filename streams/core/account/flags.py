"""What to know of an account beside its score: whose it is, and who of its people is no buyer."""

from collections import Counter
from collections.abc import Sequence

from schemas.ids import registrable_domain
from schemas.signals import Day
from streams.core.account.view import AccountView
from streams.core.rules import Rules

__all__ = ["flags_of", "seeks_a_job"]


def flags_of(key: str, view: AccountView, rules: Rules) -> dict[str, int]:
    """Each flag that is true, with how many it is true of; of the company itself 1."""
    aside = Counter([one.set_aside for one in view.everybody.values() if one.set_aside])
    ours = rules.routing.set_aside(key)
    found = {
        "customer": view.is_customer,
        "target": key in rules.routing.targets,
        "own_staff": ours == "staff",
        "competitor": ours == "competitor",
        "competitors": aside["competitor"],
        "staff": aside["staff"],
        "students": aside["student"],
        "left": aside["left"],
        "silenced": len(view.everybody) - len(view.members),
        "free_mail": _free_mail(view),
        "job_seekers": len([one for one in view.members.values() if not one.dead_end and seeks_a_job(one.days)]),
        "network_visitors": len(view.networks),
    }
    return {name: int(count) for name, count in found.items() if count}


def _free_mail(view: AccountView) -> int:
    """How many write from free mail: most write from one domain, which is looked up once."""
    domains = [one.email.rpartition("@")[2] for one in view.members.values() if one.email]
    free = {domain for domain in set(domains) if registrable_domain(domain) is None}
    return len([domain for domain in domains if domain in free]) if free else 0


def seeks_a_job(days: Sequence[Day]) -> bool:
    """Whether careers or team pages were seen on at least half of the days with any page."""
    careers = 0
    for day in days:
        if day.careers:
            careers += 1
    return careers > 0 and 2 * careers >= len(days)
