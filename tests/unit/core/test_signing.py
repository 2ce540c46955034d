"""Signed identifies: a browser key proves who it is, or does not (law 9, fault G13)."""

import hashlib
import hmac
from typing import Any

import pytest

from schemas.activity import Claim, Trait
from schemas.errors import Undecodable
from schemas.rejected import Reason
from streams.core.events.facts import Link
from streams.core.events.signing import Signed, Signing
from streams.core.rules import load_rules
from tests.unit.core.made import ANN, NAMING, NOW, delivery, facts, files, identify

SECRET = b"the site's server and we know it"
FORMER = b"what it was before it was changed"
SIGNING = Signing((SECRET, FORMER))
OPEN = load_rules(files(), naming=NAMING, signing=SIGNING)
SIGNED = load_rules(files(), naming=NAMING, identity="signed", signing=SIGNING)
NO_SECRET = load_rules(files(), naming=NAMING, identity="signed")
BOTH = pytest.mark.parametrize("rules", [OPEN, SIGNED], ids=["open", "signed"])
USER = NAMING.lead_of_user("u1")
EXP = NOW // 1_000 + 600
GOOD_HEX = hmac.new(SECRET, f"site|v1|ann@acme.example|{EXP}".encode(), hashlib.sha256).hexdigest()
GOOD = f"{EXP}.{GOOD_HEX}"


def made(name: str = "ann@acme.example", *, exp: int = EXP, secret: bytes = SECRET, who: str = "v1") -> str:
    return Signing((secret,)).sign(Signed("site", who, name), exp=exp)


def signed(signature: Any, **said: Any) -> dict[str, Any]:
    return {**identify(NOW, **said), "context": {"identity": {"signature": signature}}}


@BOTH
@pytest.mark.parametrize("email", ["ann@acme.example", " Ann@ACME.example"])
def test_a_good_signature_of_the_normalised_email_proves_the_claim(rules: Any, email: str) -> None:
    told = facts(signed(GOOD, email=email, title="CEO"), rules=rules)
    assert told.claims == (Claim(NOW, ANN, "proven"),)
    assert told.traits["title"] == Trait(NOW, "CEO")
    assert facts(signed(GOOD.upper(), email=email), rules=rules).claims == told.claims
    assert facts(signed(made(secret=FORMER), email=email), rules=rules).claims == told.claims


BAD = [
    pytest.param(made(secret=b"somebody else's secret"), id="another secret"),
    pytest.param(made("ben@acme.example"), id="another person"),
    pytest.param(made(who="v2"), id="another browser"),
    pytest.param(Signing((SECRET,)).sign(Signed("shop", "v1", "ann@acme.example"), exp=EXP), id="another source"),
    pytest.param(made(exp=NOW // 1_000 - 1), id="expired"),
    pytest.param(made(exp=NOW // 1_000 + 962), id="lasts too long"),
    pytest.param(f"{EXP + 1}.{GOOD_HEX}", id="a later end"),
    pytest.param(GOOD[:-1], id="cut off"),
    pytest.param(GOOD[:-1] + "é", id="non-ASCII"),
    pytest.param(f"٣{GOOD}", id="an Arabic digit"),
    pytest.param(GOOD_HEX, id="without an end"),
    pytest.param(f"{'9' * 5_000}.{GOOD_HEX}", id="an endless end"),
    pytest.param("", id="empty"), pytest.param(7, id="a number"), pytest.param([GOOD], id="a list"),
    pytest.param(True, id="true"), pytest.param({"x": 1}, id="an object"),
]  # fmt: skip


@BOTH
@pytest.mark.parametrize("bad", BAD)
def test_row_30_a_signature_that_proves_nothing_is_refused_and_no_mere_claim(rules: Any, bad: Any) -> None:
    event = signed(bad, email="ann@acme.example")
    with pytest.raises(Undecodable) as refused:
        facts(event, rules=rules)
    assert refused.value.reason is Reason.BAD_SIGNATURE


def test_a_signature_counts_until_its_end_and_no_longer() -> None:
    for received_at, counts in ((EXP * 1_000, True), (EXP * 1_000 + 1, False), ((EXP - 960) * 1_000, True)):
        said = Signed("site", "v1", "ann@acme.example")
        if counts:
            assert SIGNING.proves(GOOD, said, received_at=received_at)
        else:
            with pytest.raises(Undecodable, match="expired"):
                SIGNING.proves(GOOD, said, received_at=received_at)


@pytest.mark.parametrize("identity", [{}, {"signature": None}, {"other": 1}])
def test_without_a_signature_it_is_a_claim(identity: Any) -> None:
    event = {**identify(NOW, email="ann@acme.example", title="CEO"), "context": {"identity": identity}}
    assert facts(event, rules=OPEN).claims == (Claim(NOW, ANN, "claimed"),)
    told = facts(event, rules=SIGNED)
    assert (told.claims, dict(told.traits)) == ((), {})


def test_what_a_server_key_says_needs_no_signature() -> None:
    told = facts(signed("nonsense", email="ann@acme.example"), delivery(trust="proven"), rules=SIGNED)
    assert told.claims == (Claim(NOW, ANN, "proven"),)


def test_without_an_email_the_user_id_is_signed() -> None:
    assert facts(signed(made("u1"), user="u1"), rules=SIGNED).claims == (Claim(NOW, USER, "proven"),)
    with pytest.raises(Undecodable):
        facts(signed(made("u2"), user="u1"), rules=SIGNED)
    with pytest.raises(Undecodable):
        facts(signed(made("")), rules=SIGNED)


def test_a_signature_does_not_prove_that_a_user_id_has_that_email() -> None:
    """Else anybody could sign in and send a user id that is not theirs along."""
    told = facts(signed(GOOD, user="u1", email="ann@acme.example"), rules=SIGNED)
    assert (told.claims, told.links) == ((Claim(NOW, ANN, "proven"),), ())
    told = facts(signed(GOOD, user="u1", email="ann@acme.example"), rules=OPEN)
    assert told.links == (Link(NOW, USER, ANN, "email", "claimed"),)


def test_without_a_secret_nothing_can_be_signed() -> None:
    for signature in (GOOD, made(secret=b"")):
        assert facts(signed(signature, email="ann@acme.example"), rules=NO_SECRET).claims == ()


@pytest.mark.parametrize("identity", [7, "text", [], None])
def test_somebody_elses_identity_in_the_context_is_no_error(identity: Any) -> None:
    event = {**identify(NOW, email="ann@acme.example"), "context": {"identity": identity}}
    assert facts(event, rules=OPEN).claims == (Claim(NOW, ANN, "claimed"),)


def test_the_secret_shows_itself_to_nobody() -> None:
    assert "knows" not in repr(SIGNING) + repr(OPEN)
    assert str(SECRET) not in repr(OPEN)
    assert SECRET.decode() not in repr(SIGNING)
