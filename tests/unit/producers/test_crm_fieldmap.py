"""Field maps: the packaged ones are read, a wrong one says what to fix; settings of CRMs likewise."""

from pathlib import Path
from typing import Any

import pytest

from producers.crm.fieldmap import first_of, load_fields, parse_fields
from producers.crm.registry import CRMS
from producers.crm.values import domain_of, slug_of, text_of
from producers.errors import BadSettings
from producers.settings import CrmSettings, Settings, read


@pytest.mark.parametrize("crm", CRMS)
def test_the_packaged_maps_know_what_matters(crm: str) -> None:
    fields = load_fields(crm, None)
    assert {"amount", "closed_at", "lost_reason", "owner", "stage"} <= fields.deal.keys()
    assert {"name", "domain"} <= fields.company.keys()
    assert {"email", "first_name", "last_name"} <= fields.contact.keys()
    assert fields.reason_of("too_expensive") == "price"
    assert fields.reason_of("feature gap") == "feature_gap"
    assert fields.reason_of("Their own word") == "Their own word"


def test_words_are_plain() -> None:
    fields = parse_fields('[status]\nlost = "Ganz Verloren"\ncustomer = ["Kunde"]', name="x.toml")
    assert [fields.status_of(one) for one in ("ganz_verloren", "GANZ-VERLOREN", "won", "", None)] == [
        "lost", "lost", "won", None, None,
    ]  # fmt: skip
    assert [fields.is_customer(one) for one in ("kunde", True, "prospect", None)] == [True, True, False, False]


def test_of_several_names_the_first_that_says_something_counts() -> None:
    assert first_of({"a": "", "b": "x", "c": "y"}, ("a", "b", "c")) == (True, "x")
    assert first_of({"a": None}, ("a", "b")) == (True, None)
    assert first_of({"z": 1}, ("a", "b")) == (False, None)
    assert first_of({"a": 0}, ("a",)) == (True, 0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[deal]\namuont = "a"', r'x.toml: \[deal\] unknown "amuont"; did you mean "amount"\?'),
        ('[deel]\namount = "a"', r'x.toml: unknown \[deel\]; did you mean "deal"\?'),
        ('deal = "x"', r"x.toml: deal is a table: write \[deal\]"),
        ("[deal]\namount = 3", r"x.toml: \[deal\] amount: write a name, or a list of names"),
        ('[deal]\namount = ["a", ""]', r"x.toml: \[deal\] amount: write a name, or a list"),
        ('[owners]\n7 = "Rita"', r'x.toml: \[owners\] 7: write "Name <address>"'),
        ("[owners]\n7 = 7", r'x.toml: \[owners\] 7: write "Name <address>"'),
        ("[deal", "x.toml: "),
    ],
)
def test_a_bad_map_says_what_to_fix(text: str, said: str) -> None:
    with pytest.raises(BadSettings, match=said):
        parse_fields(text, name="x.toml")


def test_owners_have_an_address_and_perhaps_a_name() -> None:
    fields = parse_fields('[owners]\n1 = "Rita Sommer <rita@x.example>"\n2 = "ron@x.example"', name="x.toml")
    assert fields.owners == {"1": ("rita@x.example", "Rita Sommer"), "2": ("ron@x.example", "")}


def test_a_map_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="LEADSTREAM_CRM__HUBSPOT_MAPPING: cannot read"):
        load_fields("hubspot", tmp_path / "no.toml")


@pytest.mark.parametrize(
    ("written", "domain"),
    [
        ("https://www.halden-optics.example/about?x", "halden-optics.example"),
        ("HALDEN-optics.example:443", "halden-optics.example"),
        ("mira@halden-optics.example", "halden-optics.example"),
        ("halden-optics.example?utm=1", "halden-optics.example"),
        ("gmail.com", ""),
        ("co.kr", ""),
        ("", ""),
        (None, ""),
        (["x"], ""),
    ],
)
def test_a_website_is_a_domain_or_nothing(written: Any, domain: str) -> None:
    assert domain_of(written) == domain


def test_texts_and_slugs() -> None:
    assert text_of("a\u202eb\ud800\n") == "a b\ufffd"
    assert text_of(True) == text_of(None) == text_of({}) == ""
    assert text_of(12) == "12"
    assert slug_of("  Halden & Söhne ") == "halden-söhne"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    import os

    for name in [name for name in os.environ if name.startswith("LEADSTREAM_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LEADSTREAM_SECRET", "sixteen characters")
    return monkeypatch


def test_secrets_of_crms_come_from_the_environment_or_a_file(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("of the app\n")
    environment.setenv("LEADSTREAM_CRM__HUBSPOT_SECRET_FILE", str(tmp_path / "secret"))
    environment.setenv("LEADSTREAM_CRM__PIPEDRIVE_SECRET", "me:sixteen-letters-")
    crm = read(Settings).crm
    assert (crm.secret_of("hubspot"), crm.secret_of("pipedrive"), crm.secret_of("salesforce")) == (
        "of the app", "me:sixteen-letters-", "",
    )  # fmt: skip
    assert "of the app" not in repr(crm)
    assert not crm.signed()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PIPEDRIVE_SECRET", "only", "expected user:password"),
        ("PIPEDRIVE_SECRET", "user:", "expected user:password"),
        ("PIPEDRIVE_SECRET", "user:fifteen-letters", "a password of at least 16 characters"),
        ("GENERIC_SECRET", "whsec_c2hvcnQ=", "at least 16 characters"),
        ("GENERIC_HMAC_SECRET", "fifteen-letters", "at least 16 characters"),
        ("SALESFORCE_SECRET", "fifteen-letters", "at least 16 characters"),
        ("GENERIC_HMAC_ALGORITHM", "md5", "sha1"),
    ],
)
def test_a_secret_that_proves_little_is_refused(
    environment: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    environment.setenv(f"LEADSTREAM_CRM__{name}", value)
    with pytest.raises(BadSettings, match=f"LEADSTREAM_CRM__{name}.*{said}"):
        read(Settings)


def test_a_secret_path_needs_the_organization() -> None:
    from pydantic import SecretStr

    from producers.collector.server import build
    from producers.sinks.memory import MemorySink
    from tests.unit.producers.desk import settings

    crm = CrmSettings(salesforce_secret=SecretStr("sixteen-letters-"))
    with pytest.raises(BadSettings, match="LEADSTREAM_CRM__SALESFORCE_ORGANIZATION_ID"):
        build(settings(crm), MemorySink())
