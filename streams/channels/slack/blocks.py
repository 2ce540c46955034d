"""A message as Slack's blocks. Values stand in plain_text with `& < >` escaped: nothing in them links or mentions.

What buttons say goes to the console (`/slack/actions`): `action_id` is the verb, `block_id` names the alert.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from streams.channels.slack.choices import CHOICES, DANGEROUS, FIRST
from streams.channels.words.told import Line, Told, ToldDigest
from streams.core.rulebook.routing_rules import Language
from streams.outgoing.slack_markup import escaped

__all__ = ["alert_blocks", "digest_blocks", "note_blocks"]

Block: TypeAlias = dict[str, Any]
LONGEST_HEADER: Final = 150
LONGEST_TEXT: Final = 3_000
LONGEST_LABEL: Final = 75
LONGEST_ID: Final = 255
MOST_ALERTS: Final = 20  # a message has at most 50 blocks


def alert_blocks(told: Told, language: Language, *, mark: str, answers: bool) -> list[Block]:
    """One alert: header, state, six lines, the rest, buttons. `answers`: somebody hears what is pressed.

    `mark` names the header: by it the message is found again.
    """
    return [
        {"type": "header", "block_id": mark, "text": _plain(told.subject, LONGEST_HEADER)},
        {"type": "context", "elements": [_plain(_state(told))]},
        *(_section(_line(one)) for one in told.lines),
        {"type": "context", "elements": [_plain("\n".join(map(_line, told.more)))]},
        *_actions(told, language, answers=answers),
    ]


def note_blocks(told: Told, *, mark: str) -> list[Block]:
    """What is new, below the alert's message: the occasion and the score."""
    return [
        {"block_id": mark, **_section(told.occasion or told.subject)},
        {"type": "context", "elements": [_plain(_line(told.lines[4]))]},
    ]


def digest_blocks(told: ToldDigest, *, mark: str) -> list[Block]:
    """A digest: each alert in three lines with a link, then what is ahead."""
    blocks: list[Block] = [{"type": "header", "block_id": mark, "text": _plain(told.subject, LONGEST_HEADER)}]
    for one in told.alerts[:MOST_ALERTS]:
        lines = (one.lines[1], one.lines[4], one.lines[5])
        blocks.append(_section("\n".join((one.subject, *map(_line, lines))), _link(one.open_text, one.url)))
    if told.ahead:
        blocks += [{"type": "divider"}, _section("\n".join((told.ahead_title, *map(_line, told.ahead))))]
    if told.waiting:
        blocks.append({"type": "context", "elements": [_plain(told.waiting)]})
    return blocks


def _actions(told: Told, language: Language, *, answers: bool) -> Iterator[Block]:
    elements = list(_buttons(told, language)) if answers else []
    link = _link(told.open_text, told.url)
    elements += [link] if link else []
    if elements:
        yield {"type": "actions", "block_id": f"alert:{told.alert_id}"[:LONGEST_ID], "elements": elements}


def _buttons(told: Told, language: Language) -> Iterator[Block]:
    for button in told.buttons:
        choices = CHOICES[language].get(button.verb)
        if choices is not None:
            yield _select(button.verb, choices.name, choices.options)
        elif button.verb in FIRST:
            style = {"style": "primary"} if button.verb == "claim" else {}
            confirm = {"confirm": _confirm(button.text, language)} if button.verb in DANGEROUS else {}
            text = _plain(button.text, LONGEST_LABEL)
            yield {"type": "button", "action_id": button.verb, "text": text, "value": button.verb, **style, **confirm}


def _select(verb: str, name: str, options: Mapping[str, str]) -> Block:
    listed = [{"text": _plain(text, LONGEST_LABEL), "value": value} for value, text in options.items()]
    return {"type": "static_select", "action_id": verb, "placeholder": _plain(name, LONGEST_LABEL), "options": listed}


def _confirm(text: str, language: Language) -> Block:
    said = CHOICES[language]["confirm"].options
    return {"title": _plain(text, 100), "text": _plain(said["text"]), "confirm": _plain(said["yes"], 30),
            "deny": _plain(said["no"], 30)}  # fmt: skip


def _link(text: str, url: str) -> Block | None:
    return {"type": "button", "action_id": "open", "text": _plain(text, LONGEST_LABEL), "url": url} if url else None


def _section(text: str, accessory: Block | None = None) -> Block:
    return {"type": "section", "text": _plain(text), **({"accessory": accessory} if accessory else {})}


def _plain(text: str, most: int = LONGEST_TEXT) -> Block:
    return {"type": "plain_text", "text": escaped(text, most) or "-", "emoji": False}


def _line(line: Line) -> str:
    return f"{line.label}: {line.text}"


def _state(told: Told) -> str:
    return _joined((told.badge, told.status, told.occasion))


def _joined(parts: Iterable[str]) -> str:
    return " · ".join(one for one in parts if one)
