"""What `leadstream up` says once everything is ready, and what it writes for scripts: HOME/up.json."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.text import Text

from deploy.local.demo.snippet import snippet
from deploy.local.environment import console_password
from deploy.local.plan import Stack
from running.private_files import write_private

__all__ = ["Up", "announce", "curl_line", "forget", "tell"]

FILE: Final = "up.json"


class Up(Struct, frozen=True, kw_only=True):
    """up.json: there while everything is ready, gone at the end. `pids` follow restarts."""

    collector_url: str
    console_url: str
    console_link: str
    demo_url: str
    worker_urls: list[str]
    kafka: str
    redis: str
    write_key: str
    server_key: str
    webhook_url: str
    webhook_secret: str
    broker: str
    home: str
    pid: int
    pids: dict[str, int]


def tell(stack: Stack, *, link: str, pids: Mapping[str, int]) -> None:
    """Write up.json, whole or not at all, for the owner's eyes. Raises OSError."""
    url = os.environ.get("LEADSTREAM_WEBHOOK__URL", "")
    secret = os.environ.get("LEADSTREAM_WEBHOOK__SECRET", stack.secrets.webhook_secret)
    up = Up(
        collector_url=stack.collector_url, console_url=stack.console_url, console_link=link, demo_url=stack.demo_url,
        worker_urls=stack.worker_urls, kafka=stack.kafka, redis=stack.redis_url, write_key=stack.secrets.write_key,
        server_key=stack.secrets.server_key, webhook_url=url, webhook_secret=secret if url else "",
        broker=stack.plan.broker, home=str(stack.plan.home), pid=os.getpid(), pids=dict(pids),
    )  # fmt: skip
    write_private(stack.plan.home / FILE, msgspec.json.format(msgspec.json.encode(up)))


def forget(home: Path) -> None:
    """Nothing is up."""
    (home / FILE).unlink(missing_ok=True)


def curl_line(stack: Stack) -> str:
    """One event, from a shell."""
    event = '{"anonymousId":"me","event":"demo_requested"}'
    url, key = f"{stack.collector_url}/v1/track", stack.secrets.write_key
    return f"curl -u {key}: -H 'content-type: application/json' {url} -d '{event}'"


def announce(console: Console, stack: Stack, *, link: str) -> None:
    """The addresses, the keys, the snippet and the next step."""
    rows: tuple[tuple[str, str, str], ...] = (
        ("Console", link, "works once; then " + stack.console_url),
        _later(stack),
        ("Demo site", stack.demo_url, "visit it, then look at the console"),
        ("Collector", stack.collector_url, "events, /v1/crm/generic"),
        ("Write key", stack.secrets.write_key, "for browsers; the server key is in up.json"),
        ("Worker", " ".join(stack.worker_urls), "/readyz and /metrics, as collector and console have them"),
        ("Kafka", stack.kafka, _broker_says(stack)),
        ("Redis", stack.redis_url, "read model"),
        ("Files", str(stack.plan.home), "up.json, secrets.json, logs/"),
    )
    if webhook := os.environ.get("LEADSTREAM_WEBHOOK__URL"):
        rows += (("Webhook", webhook, "signed; its secret is in up.json"),)
    console.print()
    console.print(Text("Leadstream is up.", style="bold green"))
    console.print()
    for name, value, says in rows:
        console.print(Text.assemble((f"  {name:<10}", "bold"), (value, "cyan"), ("  " + says, "dim")), soft_wrap=True)
    console.print(Text("\nPaste this into the <head> of a page:", style="bold"))
    console.print(Text(snippet(stack.collector_url, stack.secrets.write_key)), soft_wrap=True)
    console.print(Text("\nOr send one event:", style="bold"))
    console.print(Text(curl_line(stack)), soft_wrap=True)
    tail = "A story plays now: within a minute a lost deal comes back. " if stack.plan.story else ""
    console.print(Text(f"\n{tail}Ctrl-C stops everything.\n", style="dim"), soft_wrap=True)


def _later(stack: Stack) -> tuple[str, str, str]:
    """What opens the console after the link, and in every other browser."""
    if password := console_password(stack, outside=os.environ):
        return "Password", password, "of the console, with any name, as often as you like"
    return "Users", os.environ["LEADSTREAM_CONSOLE__USERS"], "of the console, each with a password"


def _broker_says(stack: Stack) -> str:
    if stack.plan.broker == "apache":
        return "Apache Kafka, kept under Files"
    return "embedded broker: memory only, for trying out; its data go when it ends"
