"""Channels follow from the settings, and a wrong setting is named."""

import asyncio

import pytest

from streams.channels import CHANNELS, make_channels
from streams.channels.mail.channel import MailChannel
from streams.errors import SettingsError
from streams.settings import Settings
from tests.unit.core.made import example_rules

ROUTING = example_rules().routing
URL = "https://hooks.example/leadstream"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


SLACK = {"LEADSTREAM_SLACK__TOKEN": "xoxb-1", "LEADSTREAM_SLACK__CHANNEL": "C1"}
MAIL = {"LEADSTREAM_MAIL__HOST": "smtp.example", "LEADSTREAM_MAIL__SENDER": "Alerts <alerts@us.example>"}
LOGIN = {"LEADSTREAM_MAIL__USERNAME": "us", "LEADSTREAM_MAIL__PASSWORD": "p"}
OTHERS = MAIL | {
    "LEADSTREAM_TEAMS__URL": "https://flows.example/secret",
    "LEADSTREAM_APPRISE__ADDRESSES": '"*" = ["json://apprise.example"]',
}


def settings(url: str = "", secret: str | None = SECRET, **more: str) -> Settings:
    environ = {"LEADSTREAM_SECRET": "x" * 16, "LEADSTREAM_WEBHOOK__URL": url, **more}
    return Settings.from_env(environ | ({"LEADSTREAM_WEBHOOK__SECRET": secret} if secret is not None else {}))


def test_what_is_configured_is_made_under_its_own_name() -> None:
    async def names() -> dict[str, str]:
        made = make_channels(settings(URL, **OTHERS, **SLACK), ROUTING)
        try:
            return {key: channel.name for key, channel in made.items()}
        finally:
            for channel in made.values():
                await channel.close()

    assert asyncio.run(names()) == {name: name for name in CHANNELS}


def test_without_an_address_there_is_no_channel() -> None:
    assert make_channels(settings(), ROUTING) == {}


@pytest.mark.parametrize(
    ("url", "secret", "named"),
    [
        pytest.param(URL, None, "LEADSTREAM_WEBHOOK__SECRET", id="no secret"),
        pytest.param(URL, "whsec_", "LEADSTREAM_WEBHOOK__SECRET", id="an empty secret"),
        pytest.param(URL, "whsec_€", "LEADSTREAM_WEBHOOK__SECRET", id="no base64"),
        pytest.param("http://hooks.example/x", SECRET, "LEADSTREAM_WEBHOOK__URL: only https", id="not secret"),
        pytest.param("https://hooks.example:6379/x", SECRET, "LEADSTREAM_WEBHOOK__URL: only the ports", id="a port"),
        pytest.param("https://127.1/x", SECRET, "LEADSTREAM_WEBHOOK__URL: 127.1 leads to an inside", id="inside"),
        pytest.param("https://2130706433/x", SECRET, "LEADSTREAM_WEBHOOK__URL: .* leads to an inside", id="a number"),
        pytest.param("https://[::ffff:127.0.0.1]/", SECRET, "LEADSTREAM_WEBHOOK__URL: .* inside", id="a mapped one"),
        pytest.param("file:///etc/passwd", SECRET, "LEADSTREAM_WEBHOOK__URL", id="no web address"),
    ],
)
def test_a_wrong_setting_is_named(url: str, secret: str | None, named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        make_channels(settings(url, secret), ROUTING)


@pytest.mark.parametrize(
    ("more", "named"),
    [
        pytest.param({"LEADSTREAM_SLACK__TOKEN": "xoxb-1"}, "LEADSTREAM_SLACK__CHANNEL", id="no channel"),
        pytest.param(SLACK | {"LEADSTREAM_SLACK__CHANNELS": "kim"}, "LEADSTREAM_SLACK__CHANNELS", id="no pairs"),
        pytest.param(SLACK | {"LEADSTREAM_SLACK__CHANNELS": "kim=U1"}, "LEADSTREAM_SLACK__CHANNELS", id="a user"),
        pytest.param(SLACK | {"LEADSTREAM_SLACK__USERS": "C1=k@us.example"}, "LEADSTREAM_SLACK__USERS", id="a channel"),
        pytest.param(SLACK | {"LEADSTREAM_SLACK__USERS": "U1=kim"}, "LEADSTREAM_SLACK__USERS", id="no e-mail"),
        pytest.param(SLACK | {"LEADSTREAM_SLACK__CHANNEL": "#sales"}, "LEADSTREAM_SLACK__CHANNEL", id="a name"),
        pytest.param(SLACK | {"LEADSTREAM_SLACK__API_URL": "http://a.example"}, "LEADSTREAM_SLACK__API_URL", id="http"),
        pytest.param({"LEADSTREAM_SLACK__WEBHOOK_URL": "x"}, "LEADSTREAM_SLACK__WEBHOOK_URL", id="no address"),
        pytest.param(
            {"LEADSTREAM_WEBHOOK__SECRET_FORMER": "whsec_"}, "LEADSTREAM_WEBHOOK__SECRET", id="an empty former secret"
        ),
    ],
)
def test_a_wrong_setting_of_slack_or_of_an_exchange_is_named(more: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        make_channels(settings(URL, **more), ROUTING)


def test_a_host_of_ones_own_is_let_through_when_it_is_named() -> None:
    more = {"LEADSTREAM_OUTGOING__PRIVATE_HOSTS": "intranet, 10.1.2.3"}
    for url in ("http://intranet:8080/x", "http://10.1.2.3/x"):
        assert list(make_channels(settings(url, **more), ROUTING)) == ["webhook"]


@pytest.mark.parametrize(
    ("more", "named"),
    [
        pytest.param(MAIL | {"LEADSTREAM_MAIL__SENDER": ""}, "MAIL__SENDER: must be an e-mail", id="no sender"),
        pytest.param(MAIL | {"LEADSTREAM_MAIL__SENDER": "a@b\r\nBcc: c@d"}, "MAIL__SENDER", id="a sender of two lines"),
        pytest.param(MAIL | LOGIN | {"LEADSTREAM_MAIL__SECURITY": "plain"}, "MAIL__SECURITY", id="a readable password"),
        pytest.param(MAIL | {"LEADSTREAM_MAIL__CERTIFICATES": "/nowhere"}, "MAIL__CERTIFICATES", id="no certificates"),
        pytest.param({"LEADSTREAM_TEAMS__URL": "flows"}, "TEAMS__URL: this is no web address", id="no web address"),
        pytest.param({"LEADSTREAM_APPRISE__ADDRESSES": "x"}, "APPRISE__ADDRESSES: is no TOML", id="no list"),
    ],
)
def test_a_wrong_setting_of_a_channel_for_people_is_named(more: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=f"LEADSTREAM_{named}"):
        make_channels(settings(**more), ROUTING)


def test_the_port_follows_from_how_the_way_is_encrypted() -> None:
    def port(**more: str) -> int:
        channel = make_channels(settings(**(MAIL | more)), ROUTING)["mail"]
        assert isinstance(channel, MailChannel)
        return channel.server.port

    assert port() == 587
    assert port(LEADSTREAM_MAIL__SECURITY="tls") == 465
    assert port(LEADSTREAM_MAIL__SECURITY="plain") == 25
    assert port(LEADSTREAM_MAIL__PORT="2525") == 2525
