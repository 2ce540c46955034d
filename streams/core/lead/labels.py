"""What the ledger is cut by: where a lead came from, as it was known when it moved. "" where nobody knows."""

from typing import Final
from urllib.parse import urlsplit

from streams.core.lead.view import LeadView

__all__ = ["labels_of"]

MEDIUM: Final = ("utm_medium", "medium")
SOURCE: Final = ("utm_source", "source")
DIRECT: Final = "direct"
CRM: Final = "crm"
PROGRAM: Final = "program_"


def labels_of(view: LeadView) -> dict[str, str]:
    """`medium` and `source` by the first of utm traits, referrer, `direct` for a browser, `crm` for a deal's person.

    `segment` as its trait says, `program` the freshest one that the lead had to do with.
    """
    medium, source = _first(view, MEDIUM), _first(view, SOURCE)
    referrer = _host(_first(view, ("referrer",)))
    if not medium and (source or referrer):
        medium = "" if source else "referral"
    elif not medium and view.visitors:
        medium = DIRECT
    elsewhere = DIRECT if view.visitors else CRM if view.deals else ""
    programs = [(one.at, one.what) for one in view.activity.milestones if one.kind.startswith(PROGRAM)]
    return {
        "medium": medium,
        "source": source or referrer or elsewhere,
        "program": max(programs, default=(0, ""))[1],
        "segment": _first(view, ("segment",)),
    }


def _first(view: LeadView, names: tuple[str, ...]) -> str:
    """The first of these traits that is known."""
    for name in names:
        trait = view.traits.get(name)
        if trait is not None and trait.value:
            return trait.value
    return ""


def _host(url: str) -> str:
    """Where somebody came from: only the host, a path may tell too much."""
    try:
        return urlsplit(url).hostname or "" if "://" in url else url.partition("/")[0]
    except ValueError:
        return ""
