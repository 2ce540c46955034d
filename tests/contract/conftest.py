"""Channels of these tests have the time that a busy machine needs; tests of a deadline set their own."""

from typing import Final

import pytest

from tests.patience import patient

# In production they have 4 to 8 s: here even the start of Apprise's process may take longer.
CHANNELS: Final = ("apprise.channel", "mail.channel", "slack.api", "teams.channel", "webhook.channel")


@pytest.fixture(autouse=True)
def patient_channels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are imported; a test of the deadline sets a short one itself."""
    patient(monkeypatch, [f"channels.{one}" for one in CHANNELS], name="DEADLINE_S")
