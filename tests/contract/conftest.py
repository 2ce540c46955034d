"""Channels of these tests have the time that a busy machine needs; tests of a deadline set their own."""

import sys
from typing import Final

import pytest

PATIENCE_S: Final = 60.0  # in production 4 to 8 s: here even the start of Apprise's process may take longer
CHANNELS: Final = ("apprise.channel", "mail.channel", "slack.api", "teams.channel", "webhook.channel")


@pytest.fixture(autouse=True)
def patient_channels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are imported; a test of the deadline sets a short one itself."""
    for name in CHANNELS:
        if (module := sys.modules.get(f"streams.channels.{name}")) is not None:
            monkeypatch.setattr(module, "DEADLINE_S", PATIENCE_S)
