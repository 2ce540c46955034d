"""The children's environments.

What the user set (webhook, rules, identity, log level) reaches them untouched, because they inherit ours; what is here
wins over it: addresses, names and secrets of this home.
"""

from collections.abc import Mapping
from typing import Final

from deploy.local.plan import Stack
from running.variables import FILE

__all__ = ["collector", "console", "console_password", "demo", "installation", "simulate", "worker"]

# The embedded broker lets a group wait for half of its members' session timeout before it starts.
EMBEDDED_SESSION_S: Final = 8
# What our own environment may say of a Kafka elsewhere: the one that we start lets everybody in.
ANOTHER_KAFKAS: Final = tuple(
    f"LEADSTREAM_KAFKA__{name}"
    for name in ("SASL_MECHANISM", "USERNAME", "PASSWORD", "CA", "CLIENT_CERTIFICATE", "CLIENT_KEY")
)


def installation(stack: Stack) -> dict[str, str]:
    """What every process of one installation shares."""
    shared = {
        "LEADSTREAM_SECRET": stack.secrets.secret,
        "LEADSTREAM_KAFKA__BOOTSTRAP_SERVERS": stack.kafka,
        **dict.fromkeys(ANOTHER_KAFKAS, ""),
        "LEADSTREAM_KAFKA__SECURITY_PROTOCOL": "PLAINTEXT",
        "LEADSTREAM_KAFKA__PARTITIONS": str(stack.plan.partitions),
        "LEADSTREAM_KAFKA__TOPIC_PREFIX": "",
        "LEADSTREAM_WORKER__APP_ID": "leadstream",
        "LEADSTREAM_REDIS__URL": stack.redis_url,
        "LEADSTREAM_CONSOLE__PUBLIC_URL": stack.console_url,
        "LEADSTREAM_COLLECTOR__PUBLIC_URL": stack.collector_url,
        "PYTHONUNBUFFERED": "1",
    }
    if stack.plan.rules_dir is not None:
        shared["LEADSTREAM_RULES_DIR"] = str(stack.plan.rules_dir.absolute())
    return shared


def collector(stack: Stack) -> dict[str, str]:
    """Keys stand for sources: `site` is the tracker's, `crm` the server's."""
    return installation(stack) | {
        "LEADSTREAM_COLLECTOR__PORT": str(stack.ports.collector),
        "LEADSTREAM_SPOOL__DIRECTORY": str(stack.plan.home / "spool"),
        "LEADSTREAM_WRITE_KEYS": f"{stack.secrets.write_key}=site",
        "LEADSTREAM_SERVER_KEYS": f"{stack.secrets.server_key}=crm",
        "LEADSTREAM_MAIL__KEYS": stack.secrets.mail_keys,
    }


def worker(stack: Stack, number: int, *, outside: Mapping[str, str]) -> dict[str, str]:
    """Worker `number`, from 1. `outside`: our own environment; a webhook without a secret gets the home's."""
    unless_said = {"LEADSTREAM_WEBHOOK__SECRET": stack.secrets.webhook_secret}
    if stack.plan.broker == "embedded":
        unless_said["LEADSTREAM_WORKER__SESSION_TIMEOUT_S"] = str(EMBEDDED_SESSION_S)
        unless_said["LEADSTREAM_WORKER__STORE"] = "false"  # its changelogs end with it: nothing could be compared
    unsaid = {name: value for name, value in unless_said.items() if not _has(outside, name)}
    return installation(stack) | unsaid | {
        "LEADSTREAM_WORKER__PORT": str(stack.ports.workers[number - 1]),
        "LEADSTREAM_WORKER__DATADIR": str(stack.plan.home / f"worker-{number}"),
    }


def console(stack: Stack, *, outside: Mapping[str, str]) -> dict[str, str]:
    """Opened by a link that works once, and by `console_password`."""
    password = console_password(stack, outside=outside)
    return installation(stack) | ({"LEADSTREAM_CONSOLE__PASSWORD": password} if password else {}) | {
        "LEADSTREAM_CONSOLE__PORT": str(stack.ports.console),
        "LEADSTREAM_CONSOLE__LINK_SECRET": stack.secrets.link_secret,
        "LEADSTREAM_CONSOLE__AUDIT": str(stack.plan.home / "audit.jsonl"),
        "LEADSTREAM_CONSOLE__RULES_BOOK": str(stack.plan.home / "rules.jsonl"),
        "LEADSTREAM_CONSOLE__SESSIONS": str(stack.plan.home / "sessions.json"),
    }


def console_password(stack: Stack, *, outside: Mapping[str, str]) -> str:
    """The home's; "" where `outside`, our own environment, names users: each of them has one, and both cannot be."""
    return "" if outside.get("LEADSTREAM_CONSOLE__USERS") else stack.secrets.console_password


def demo(stack: Stack) -> dict[str, str]:
    """The small company site."""
    return {
        "LEADSTREAM_DEMO__PORT": str(stack.ports.demo),
        "LEADSTREAM_DEMO__COLLECTOR_URL": stack.collector_url,
        "LEADSTREAM_DEMO__WRITE_KEY": stack.secrets.write_key,
    }


def simulate(stack: Stack) -> dict[str, str]:
    """The story."""
    return {
        "LEADSTREAM_SIMULATE__COLLECTOR_URL": stack.collector_url,
        "LEADSTREAM_SIMULATE__WRITE_KEY": stack.secrets.write_key,
        "LEADSTREAM_SIMULATE__SERVER_KEY": stack.secrets.server_key,
        "PYTHONUNBUFFERED": "1",
    }


def _has(outside: Mapping[str, str], name: str) -> bool:
    return name in outside or name + FILE in outside
