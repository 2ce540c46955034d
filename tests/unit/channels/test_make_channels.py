"""Channels follow from the settings, and a wrong setting is named."""

import asyncio

import pytest

from streams.channels import CHANNELS, make_channels
from streams.errors import SettingsError
from streams.settings import Settings

URL = "https://hooks.example/leadstream"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def settings(url: str = "", secret: str | None = SECRET) -> Settings:
    environ = {"LEADSTREAM_SECRET": "x" * 16, "LEADSTREAM_WEBHOOK__URL": url}
    return Settings.from_env(environ | ({"LEADSTREAM_WEBHOOK__SECRET": secret} if secret is not None else {}))


def test_what_is_configured_is_made_under_its_own_name() -> None:
    async def names() -> dict[str, str]:
        made = make_channels(settings(URL))
        try:
            return {key: channel.name for key, channel in made.items()}
        finally:
            for channel in made.values():
                await channel.close()

    assert asyncio.run(names()) == {name: name for name in CHANNELS}


def test_without_an_address_there_is_no_webhook() -> None:
    assert make_channels(settings()) == {}


@pytest.mark.parametrize(
    ("url", "secret", "named"),
    [
        pytest.param(URL, None, "LEADSTREAM_WEBHOOK__SECRET", id="no secret"),
        pytest.param(URL, "whsec_", "LEADSTREAM_WEBHOOK__SECRET", id="an empty secret"),
        pytest.param(URL, "whsec_€", "LEADSTREAM_WEBHOOK__SECRET", id="no base64"),
        pytest.param("file:///etc/passwd", SECRET, "LEADSTREAM_WEBHOOK__URL", id="no web address"),
    ],
)
def test_a_wrong_setting_is_named(url: str, secret: str | None, named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        make_channels(settings(url, secret))
