"""The settings of the way in to Kafka: what fits together, what each client is told, what nobody is shown."""

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from deploy.cli.settings import rows
from deploy.errors import BadDeploySettings
from deploy.settings import from_environment
from kafka_access.access import Access, client_options
from producers.errors import BadSettings
from producers.settings import Settings as ProducerSettings
from producers.settings import read
from streams.engine.faust.faust_settings import faust_settings
from streams.errors import SettingsError
from streams.settings import Settings
from tests.integration.certificates import Authority

KAFKA = "LEADSTREAM_KAFKA__"
PASSWORD = "nobody-sees-this"
BY_PASSWORD = {"SECURITY_PROTOCOL": "SASL_SSL", "SASL_MECHANISM": "scram-sha-512", "USERNAME": "leadstream",
               "PASSWORD": PASSWORD}  # fmt: skip


def of_streams(environ: dict[str, str]) -> Access:
    return Settings.from_env(environ).kafka


def of_producers(environ: dict[str, str]) -> Access:
    return read(ProducerSettings).kafka


def of_deploy(environ: dict[str, str]) -> Access:
    return from_environment().kafka


Read = Callable[[dict[str, str]], Access]
WINGS: dict[str, Read] = {"streams": of_streams, "producers": of_producers, "deploy": of_deploy}
REFUSED = (SettingsError, BadSettings, BadDeploySettings)


@pytest.fixture(params=WINGS)
def told(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Access]:
    """The settings of Kafka as each wing reads them."""
    def settings(**kafka: str) -> Access:
        environ = {"LEADSTREAM_SECRET": "x" * 16, **{f"{KAFKA}{name}": value for name, value in kafka.items()}}
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        return WINGS[request.param](environ)

    return settings


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


def test_plain_text_is_what_nobody_needs_to_say(told: Callable[..., Access]) -> None:
    access = told(BOOTSTRAP_SERVERS="one:9092, two:9092")
    assert client_options(access) == {"bootstrap_servers": "one:9092,two:9092"} == client_options("one:9092,two:9092")
    assert access.context is None


def test_a_user_comes_by_the_same_words_to_both_clients(told: Callable[..., Access], authority: Authority) -> None:
    options = client_options(told(**BY_PASSWORD, CA=str(authority.ca)))
    context = options.pop("ssl_context")
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert options == {
        "bootstrap_servers": "127.0.0.1:9092", "security_protocol": "SASL_SSL", "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "leadstream", "sasl_plain_password": PASSWORD,
    }  # fmt: skip


def test_a_host_name_that_is_not_checked_is_still_a_certificate_that_is(told: Callable[..., Access]) -> None:
    context = told(SECURITY_PROTOCOL="SSL", CHECK_HOSTNAME="false").context
    assert context is not None
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, False)


def test_the_password_may_lie_in_a_file(told: Callable[..., Access], tmp_path: Path) -> None:
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    whom = {name: value for name, value in BY_PASSWORD.items() if name != "PASSWORD"}
    assert told(**whom, PASSWORD_FILE=str(tmp_path / "password")).password == SecretStr(PASSWORD)


def test_an_encrypted_key_may_lie_beside_its_certificate(told: Callable[..., Access], authority: Authority) -> None:
    both = str(authority.signed("worker", password="opens-the-key"))
    access = told(SECURITY_PROTOCOL="SSL", CA=str(authority.ca), CLIENT_CERTIFICATE=both, CLIENT_KEY=both,
                  CLIENT_KEY_PASSWORD="opens-the-key")  # fmt: skip
    assert access.context is not None
    with pytest.raises(REFUSED, match="CLIENT_KEY_PASSWORD must open it"):
        told(SECURITY_PROTOCOL="SSL", CLIENT_CERTIFICATE=both, CLIENT_KEY_PASSWORD="another")


def test_the_key_of_another_certificate_is_refused(told: Callable[..., Access], authority: Authority) -> None:
    with pytest.raises(REFUSED, match="key values mismatch"):
        told(SECURITY_PROTOCOL="SSL", CLIENT_CERTIFICATE=str(authority.signed("one")),
             CLIENT_KEY=str(authority.signed("two")))  # fmt: skip


@pytest.mark.parametrize(
    ("kafka", "said"),
    [
        pytest.param({**BY_PASSWORD, "USERNAME": ""}, "USERNAME: .*asks for a user name", id="no user"),
        pytest.param({**BY_PASSWORD, "PASSWORD": ""}, "PASSWORD: .*PASSWORD_FILE", id="no password"),
        pytest.param({**BY_PASSWORD, "SASL_MECHANISM": ""}, "SASL_MECHANISM: .*SCRAM-SHA-256", id="no mechanism"),
        pytest.param({**BY_PASSWORD, "SASL_MECHANISM": "GSSAPI"}, "SASL_MECHANISM: ", id="unknown mechanism"),
        pytest.param({**BY_PASSWORD, "USERNAME": "a=b"}, "neither , nor =", id="a user that clients write differently"),
        pytest.param({"USERNAME": "ann"}, "USERNAME: .*tells no user: set SASL_SSL", id="a user by plain text"),
        pytest.param({**BY_PASSWORD, "SECURITY_PROTOCOL": "SSL"}, "tells no user", id="a user beside a certificate"),
        pytest.param({"SECURITY_PROTOCOL": "TLS"}, "SECURITY_PROTOCOL: .*'SASL_SSL'", id="unknown protocol"),
        pytest.param({"SECURITY_PROTOCOL": "SSL", "CA": "/nowhere.pem"}, "CA: cannot read /nowhere.pem", id="no file"),
        pytest.param({"SECURITY_PROTOCOL": "SSL", "CA": "/dev/null"}, "cannot use /dev/null", id="an empty file"),
        pytest.param({"CA": "/dev/null"}, "CA would be used over TLS", id="an authority without TLS"),
        pytest.param({"SECURITY_PROTOCOL": "SSL", "CLIENT_KEY": "/dev/null"}, "set .*CLIENT_CERTIFICATE", id="a key"),
        pytest.param({"BOOTSTRAP_SERVERS": "SSL://one:9092"}, "SECURITY_PROTOCOL says that", id="as brokers say it"),
    ],
)  # fmt: skip
def test_what_does_not_fit_together_is_refused_and_says_what_to_do(
    told: Callable[..., Access], kafka: dict[str, str], said: str
) -> None:
    with pytest.raises(REFUSED, match=said) as refused:
        told(**kafka)
    assert PASSWORD not in f"{refused.value}{refused.value.__cause__}"


def test_what_a_file_holds_is_no_path_and_that_is_said(told: Callable[..., Access], authority: Authority) -> None:
    with pytest.raises(REFUSED, match="set LEADSTREAM_KAFKA__CA, without _FILE"):
        told(SECURITY_PROTOCOL="SSL", CA_FILE=str(authority.ca))


def test_the_password_is_shown_by_nothing(told: Callable[..., Access]) -> None:
    access = told(**BY_PASSWORD)
    shown = {name: value for name, value, _ in rows(access, prefix=KAFKA)}
    assert shown[f"{KAFKA}PASSWORD"] == "••••••"
    assert shown[f"{KAFKA}USERNAME"] == "leadstream"
    assert PASSWORD not in f"{access!r} {access} {shown}"
    assert str(access) == access.bootstrap_servers


def test_faust_is_told_the_same_and_shows_no_password(authority: Authority) -> None:
    def credentials(**kafka: str) -> Any:
        environ = {"LEADSTREAM_SECRET": "x" * 16, **{f"{KAFKA}{name}": value for name, value in kafka.items()}}
        return faust_settings(Settings.from_env(environ))["broker_credentials"]

    assert credentials() is None
    by_password = credentials(**BY_PASSWORD)
    assert (by_password.protocol.value, by_password.mechanism.value) == ("SASL_SSL", "SCRAM-SHA-512")
    assert (by_password.username, by_password.password) == ("leadstream", PASSWORD)
    assert PASSWORD not in repr(by_password)
    bare = credentials(**BY_PASSWORD | {"SECURITY_PROTOCOL": "SASL_PLAINTEXT", "SASL_MECHANISM": "PLAIN"})
    assert (bare.protocol.value, bare.ssl_context) == ("SASL_PLAINTEXT", None)
    by_certificate = credentials(SECURITY_PROTOCOL="SSL", CA=str(authority.ca))
    assert by_certificate.protocol.value == "SSL"
    assert by_certificate.context.check_hostname
