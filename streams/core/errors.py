"""Errors of the core: an order that a row cannot follow. Raised before anything changes.

CoreError
├── UnknownRow        an action on an alert that this account never had, or on a lead that is none of it
├── UnknownDecision   a disposition of a kind that stages.toml does not let people say, or without its reason
└── InsideHold        an answer to an alert that nobody may give before the hold ends
"""

from schemas.rejected import Reason

__all__ = ["CoreError", "InsideHold", "UnknownDecision", "UnknownRow"]


class CoreError(Exception):
    """Any refusal of the core; `reason` is what the rejected message is counted under."""

    reason: Reason = Reason.FOLD


class UnknownRow(CoreError):
    """An order names something that its row does not know."""

    reason = Reason.UNKNOWN_ROW


class UnknownDecision(CoreError):
    """A disposition that nobody may say."""

    reason = Reason.SCHEMA


class InsideHold(CoreError):
    """Inside a hold an alert is information only."""

    reason = Reason.SCHEMA
