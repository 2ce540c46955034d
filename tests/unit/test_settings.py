from pathlib import Path

import pytest

from streams.errors import SettingsError
from streams.settings import Settings

SECRET = {"LEADSTREAM_SECRET": "sixteen-characters-or-more"}


def test_nested_names_and_defaults() -> None:
    settings = Settings.from_env(
        {**SECRET, "LEADSTREAM_KAFKA__PARTITIONS": "12", "LEADSTREAM_LOG__LEVEL": "DEBUG", "PATH": "/bin"}
    )
    assert (settings.kafka.partitions, settings.kafka.epoch, settings.log.level) == (12, 0, "debug")
    assert settings.identity == "open"


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from-a-file-with-newline\n", encoding="utf-8")
    settings = Settings.from_env({"LEADSTREAM_SECRET_FILE": str(tmp_path / "secret")})
    assert settings.secret.get_secret_value() == "from-a-file-with-newline"


def test_a_secret_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"\xff\xfe" * 20)
    with pytest.raises(SettingsError, match=r"LEADSTREAM_SECRET_FILE: cannot read .*/secret: it is not UTF-8"):
        Settings.from_env({"LEADSTREAM_SECRET_FILE": str(tmp_path / "secret")})


def test_the_secret_of_signed_identifies_may_lie_in_a_file_and_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "signing").write_text("signs who somebody is\n", encoding="utf-8")
    given = {"LEADSTREAM_SECRET": "x" * 16, "LEADSTREAM_IDENTITY_SECRET_FILE": str(tmp_path / "signing")}
    settings = Settings.from_env(given)
    assert settings.identity_secret is not None
    assert settings.identity_secret.get_secret_value() == "signs who somebody is"
    assert "signs" not in repr(settings)
    assert Settings.from_env({"LEADSTREAM_SECRET": "x" * 16}).identity_secret is None
    assert Settings.from_env({"LEADSTREAM_SECRET": "x" * 16, "LEADSTREAM_IDENTITY_SECRET": ""}).identity_secret is None


def test_secrets_are_not_shown() -> None:
    assert SECRET["LEADSTREAM_SECRET"] not in repr(Settings.from_env(SECRET))


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        pytest.param({}, "LEADSTREAM_SECRET: is not set", id="no secret"),
        pytest.param(
            {"LEADSTREAM_SECRET": "x" * 16, "LEADSTREAM_IDENTITY_SECRET": "short"},
            "LEADSTREAM_IDENTITY_SECRET: must have at least 16",
            id="short identity secret",
        ),
        pytest.param({"LEADSTREAM_SECRET": "short"}, "LEADSTREAM_SECRET: must have at least 16", id="short secret"),
        pytest.param(
            {**SECRET, "LEADSTREAM_KAFKA__PARTITIONS": "none"}, "LEADSTREAM_KAFKA__PARTITIONS: ", id="no number"
        ),
        pytest.param({**SECRET, "LEADSTREAM_KAFKA__BOOTSTRAP_SERVERS": "x"}, "must be host:port", id="no port"),
        pytest.param({**SECRET, "LEADSTREAM_WORKER__APP_ID": "Lead Stream"}, "LEADSTREAM_WORKER__APP_ID: ", id="name"),
        pytest.param(
            {"LEADSTREAM_SECRET_FILE": "/nowhere/at/all"}, "LEADSTREAM_SECRET_FILE: cannot read", id="no file"
        ),
    ],
)
def test_what_is_wrong_is_said_by_the_name_of_its_variable(environ: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_env(environ)
    assert said in str(refused.value)


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings.from_env(SECRET).identity = "signed"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("LEADSTREAM_REDIS__URL", "redis-1:6379", "must begin with redis://"),
        ("LEADSTREAM_CONSOLE__HOST", "console.example.com", "must be an address of this machine"),
    ],
)
def test_what_a_library_would_raise_at_is_a_sentence(variable: str, value: str, said: str) -> None:
    with pytest.raises(SettingsError, match=f"{variable}: {said}"):
        Settings.from_env({**SECRET, variable: value})


def test_no_read_model_and_a_machine_by_its_own_name_are_fine() -> None:
    settings = Settings.from_env({**SECRET, "LEADSTREAM_REDIS__URL": "", "LEADSTREAM_CONSOLE__HOST": "localhost"})
    assert (settings.redis.url.get_secret_value(), settings.console.host) == ("", "127.0.0.1")
