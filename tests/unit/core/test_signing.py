"""Signed identifies: a browser key proves who it is, or does not (law 9, fault G13)."""

import hashlib
import hmac
from typing import Any

import pytest

from schemas.activity import Claim, Trait
from streams.core.facts import Link
from streams.core.rules import load_rules
from streams.core.signing import UNSIGNED, Signing, signature_in
from tests.unit.core.made import ANN, NAMING, NOW, facts, files, identify

SECRET = b"the site's server and we know it"
SIGNING = Signing(SECRET)
OPEN = load_rules(files(), naming=NAMING, signing=SIGNING)
SIGNED = load_rules(files(), naming=NAMING, identity="signed", signing=SIGNING)
NO_SECRET = load_rules(files(), naming=NAMING, identity="signed")
USER = NAMING.lead_of_user("u1")
GOOD = hmac.new(SECRET, b"ann@acme.example", hashlib.sha256).hexdigest()


def signed(signature: Any, **said: Any) -> dict[str, Any]:
    return {**identify(NOW, **said), "context": {"identity": {"signature": signature}}}


@pytest.mark.parametrize("rules", [OPEN, SIGNED], ids=["open", "signed"])
@pytest.mark.parametrize("email", ["ann@acme.example", " Ann@ACME.example"])
def test_a_good_signature_of_the_normalised_email_proves_the_claim(rules: Any, email: str) -> None:
    told = facts(signed(GOOD, email=email, title="CEO"), rules=rules)
    assert told.claims == (Claim(NOW, ANN, "proven"),)
    assert told.traits["title"] == Trait(NOW, "CEO")
    assert facts(signed(GOOD.upper(), email=email), rules=rules).claims == told.claims


@pytest.mark.parametrize("bad", [GOOD[:-1], GOOD[:-1] + "é", "", "0" * 64, GOOD * 3, 7, None, [GOOD], {"x": 1}])
def test_a_bad_signature_is_a_mere_claim_or_nothing(bad: Any) -> None:
    told = facts(signed(bad, email="ann@acme.example"), rules=OPEN)
    assert told.claims == (Claim(NOW, ANN, "claimed"),)
    told = facts(signed(bad, email="ann@acme.example", title="CEO"), rules=SIGNED)
    assert (told.claims, dict(told.traits)) == ((), {})


def test_a_signature_of_somebody_else_proves_nothing() -> None:
    assert facts(signed(GOOD, email="ben@acme.example"), rules=SIGNED).claims == ()
    assert facts(signed(SIGNING.sign("u1"), user="u1", email="ann@acme.example"), rules=SIGNED).claims == ()


def test_without_an_email_the_user_id_is_signed() -> None:
    assert facts(signed(SIGNING.sign("u1"), user="u1"), rules=SIGNED).claims == (Claim(NOW, USER, "proven"),)
    assert facts(signed(SIGNING.sign("u2"), user="u1"), rules=SIGNED).claims == ()


def test_a_signature_does_not_prove_that_a_user_id_has_that_email() -> None:
    """Else anybody could sign in and send a user id that is not theirs along."""
    told = facts(signed(GOOD, user="u1", email="ann@acme.example"), rules=SIGNED)
    assert (told.claims, told.links) == ((Claim(NOW, ANN, "proven"),), ())
    told = facts(signed(GOOD, user="u1", email="ann@acme.example"), rules=OPEN)
    assert told.links == (Link(NOW, USER, ANN, "email", "claimed"),)


def test_without_a_secret_nothing_can_be_signed() -> None:
    for signature in (GOOD, hmac.new(b"", b"ann@acme.example", hashlib.sha256).hexdigest()):
        assert facts(signed(signature, email="ann@acme.example"), rules=NO_SECRET).claims == ()
    assert not UNSIGNED.proves("x", UNSIGNED.sign("x"))
    assert not SIGNING.proves("", SIGNING.sign(""))


@pytest.mark.parametrize("identity", [7, "text", [], None])
def test_somebody_elses_identity_in_the_context_is_no_error(identity: Any) -> None:
    event = {**identify(NOW, email="ann@acme.example"), "context": {"identity": identity}}
    assert facts(event, rules=OPEN).claims == (Claim(NOW, ANN, "claimed"),)


def test_the_secret_shows_itself_to_nobody() -> None:
    assert "knows" not in repr(SIGNING) + repr(OPEN)
    assert str(SECRET) not in repr(OPEN)
    assert SECRET.decode() not in repr(SIGNING)


def test_a_signature_is_a_text_of_some_length() -> None:
    assert signature_in({"signature": "a" * 128}) == "a" * 128
    assert signature_in({"signature": "a" * 129}) == ""
    assert signature_in({}) == ""
