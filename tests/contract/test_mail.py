"""Mail against a real SMTP server: what it looks like, whom it reaches, what a no means, and who may read it."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from subprocess import run

import pytest
import pytest_asyncio
from msgspec.structs import replace

from schemas.deals import Owner
from schemas.ids import digest_id_of
from schemas.posts import Digest, Post
from streams.channels.addresses import Addresses, mail_address
from streams.channels.errors import ChannelBusy, ChannelRefused, NoAddress
from tests.contract.people_worlds import KIM, mail_channel, now
from tests.contract.smtp_stub import SmtpStub, smtp_stub
from tests.unit.console.samples import HOSTILE, Samples
from tests.unit.core.made import NAMING, example_rules

ALERT = Samples(now=now()).alert()
LEE = NAMING.recipient_of("lee@us.example")


def post(to: str = KIM, *, name: str = "po_1", alert: object = ALERT) -> Post:
    return Post(to=to, post_id=name, level="real_time", at=now(), alert=alert)


@pytest_asyncio.fixture
async def stub() -> AsyncIterator[SmtpStub]:
    async with smtp_stub() as one:
        yield one


async def test_a_mail_has_both_forms_and_says_that_no_person_wrote_it(stub: SmtpStub) -> None:
    await mail_channel(stub).deliver(post())
    (mail,) = stub.messages
    assert stub.recipients == ["kim@us.example"]
    assert (mail["From"], mail["To"]) == ("Leadstream <alerts@us.example>", "Kim Sør <kim@us.example>")
    assert (mail["Subject"], mail["Auto-Submitted"]) == ("Northwind Robotics: back after 45 days", "auto-generated")
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    text, page = (part.get_content() for part in mail.iter_parts())
    for form in (text, page):
        assert "Mara Lindqvist" in form
        assert f"https://c.example/alerts/{ALERT.alert_id}" in form


async def test_all_mails_of_an_alert_are_one_thread_and_each_has_an_id_of_its_own(stub: SmtpStub) -> None:
    channel, other = mail_channel(stub), replace(ALERT, alert_id="al_other")
    later = replace(ALERT, status="claimed", claimed_by="Kim", updates=7, people=ALERT.people[:1], level="digest")
    reminder = replace(post(name="po_2", alert=later), occasion="broke_through", detail="request:1")
    for one in (post(), reminder, post(name="po_3", alert=other), post()):
        await channel.deliver(one)
    first, second, third, again = stub.messages
    assert first["References"] == first["In-Reply-To"] == second["References"] == f"<{ALERT.alert_id}@us.example>"
    assert first["Subject"] == second["Subject"], "mail programs that look at subjects keep them together, too"
    assert third["References"] != first["References"]
    assert [one["Message-ID"] for one in (first, second)] == ["<po_1@us.example>", "<po_2@us.example>"]
    assert again["Message-ID"] == first["Message-ID"]


async def test_a_digest_is_a_mail_of_its_own(stub: SmtpStub) -> None:
    digest = Digest(to=KIM, post_id=digest_id_of(KIM, 5), at=now(), posts=(post(), post(name="po_2")), waiting=2)
    await mail_channel(stub).deliver(digest)
    (mail,) = stub.messages
    assert (mail["Subject"], mail["References"]) == ("2 lost accounts are back", None)
    assert "2 more wait for the next digest." in mail.get_body(("plain",)).get_content()


@pytest.mark.parametrize("hostile", [
    *HOSTILE, "a\r\nBcc: x@evil.example", "a\n\nbody", "\u202ename", "\x00", "한" * 900,
])  # fmt: skip
async def test_row_39_what_comes_from_outside_is_text_in_both_forms(stub: SmtpStub, hostile: str) -> None:
    people = tuple(replace(one, name=hostile, title=hostile, reasons=(hostile,)) for one in ALERT.people)
    card = replace(ALERT, account_name=hostile, people=people, next_act=hostile, claimed_by=hostile, status="claimed",
                   deal=replace(ALERT.deal, competitor=hostile, lost_reason=hostile))  # fmt: skip
    await mail_channel(stub).deliver(post(alert=card))
    (mail,) = stub.messages
    assert stub.recipients == ["kim@us.example"]
    assert sorted(mail.keys()) == sorted({
        "From", "To", "Subject", "Date", "Message-ID", "References", "In-Reply-To", "Auto-Submitted",
        "X-Auto-Response-Suppress", "MIME-Version", "Content-Type",
    })  # fmt: skip
    page = mail.get_body(("html",)).get_content()
    assert not [tag for tag in ("<img", "<script", "<svg") if tag in page]


@pytest.mark.parametrize("address", [
    "a\r\nBcc: x@evil.example", "a@b.example\r\nBcc: x@evil.example", f"{'a' * 320}@b.example", "a", "@b.example", "a@",
    "a b@c.example", "a@b.example, c@d.example", "<a@b.example>", "", "=?utf-8?Q?a=0D=0ABcc=3A_x?=@b.example",
])  # fmt: skip
async def test_row_31_no_header_can_be_injected_by_an_address(stub: SmtpStub, address: str) -> None:
    owner = Owner(recipient_id="rep:crm", name="Kim\r\nBcc: x@evil.example", email=address)
    with pytest.raises(NoAddress, match="e-mail address is none"):
        await mail_channel(stub).deliver(post("rep:crm", alert=replace(ALERT, recipient=owner)))
    assert (stub.connections, stub.messages) == (0, [])


@pytest.mark.parametrize("name", ["Kim\r\nBcc: x@evil.example", "=?utf-8?Q?Kim=0D=0ABcc=3A_x@evil.example?="])
async def test_row_31_a_name_with_line_ends_injects_nothing(stub: SmtpStub, name: str) -> None:
    """Also where they are encoded, in the name of who is told and in the company's, which the subject says."""
    owner = Owner(recipient_id="rep:crm", name=name, email="k@us.example")
    await mail_channel(stub).deliver(post("rep:crm", alert=replace(ALERT, recipient=owner, account_name=name)))
    assert (stub.recipients, stub.messages[0]["Bcc"]) == (["k@us.example"], None)


def test_the_longest_name_costs_no_seconds() -> None:
    """The email package folds a header of thousands of wide letters for seconds."""
    assert len(mail_address("k@us.example", name="한" * 5_000).display_name) == 100


async def test_mail_goes_where_the_list_says_now(stub: SmtpStub) -> None:
    routing = example_rules(routing='[[rep]]\nemail = "lee@us.example"\nactive = false').routing
    addresses = Addresses(routing, team="sales@us.example")
    assert addresses.of(post("team:sales")).addr_spec == "sales@us.example"
    with pytest.raises(NoAddress, match="not active"):
        addresses.of(post(LEE))
    with pytest.raises(NoAddress, match="no such rep"):
        addresses.of(post("rep:unknown"))
    with pytest.raises(NoAddress, match="LEADSTREAM_MAIL__TEAM"):
        Addresses(routing, team="").of(post("team:sales"))
    assert mail_address("a@b.example", name="A\r\n").display_name == "A"


@pytest.mark.parametrize("command", ["RCPT", "DATA", "TAKEN"])
@pytest.mark.parametrize(("code", "error"), [(451, ChannelBusy), (550, ChannelRefused)])
async def test_what_is_said_of_recipient_or_message_counts(
    stub: SmtpStub, command: str, code: int, error: type[Exception]
) -> None:
    stub.plan(command, code)
    with pytest.raises(error, match=str(code)):
        await mail_channel(stub).deliver(post())
    assert stub.messages == []


@pytest.mark.parametrize("command", ["GREET", "AUTH", "MAIL"])
async def test_what_is_ours_to_mend_loses_no_alert(stub: SmtpStub, command: str) -> None:
    stub.plan(command, 535)
    channel = mail_channel(stub, username="us", password="secret")
    with pytest.raises(ChannelBusy):
        await channel.deliver(post())
    await channel.deliver(post())
    assert stub.logins[-1] == b"\0us\0secret"
    assert len(stub.messages) == 1


@pytest.mark.parametrize("command", ["EHLO", "RCPT", "TAKEN"])
async def test_a_server_that_hangs_is_busy_within_the_deadline(
    stub: SmtpStub, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr("streams.channels.mail.channel.DEADLINE_S", 0.2)
    stub.hanging = command
    async with asyncio.timeout(30):
        with pytest.raises(ChannelBusy, match="no answer in time"):
            await mail_channel(stub).deliver(post())


async def test_a_server_that_took_the_mail_and_never_says_goodbye_took_it(stub: SmtpStub) -> None:
    stub.hanging = "QUIT"
    assert (await mail_channel(stub).deliver(post())).outcome == "sent"


async def test_a_server_that_is_away_is_busy(stub: SmtpStub) -> None:
    with pytest.raises(ChannelBusy, match="SMTPConnectError"):
        await mail_channel(stub, port=1).deliver(post())


def certificate(folder: Path, host: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a server of this name shows, and what trusts it."""
    key, paper = folder / "key.pem", folder / "certificate.pem"
    run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}", "-keyout", str(key), "-out", str(paper)],
        check=True, capture_output=True)  # fmt: skip
    shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shown.load_cert_chain(paper, key)
    return shown, ssl.create_default_context(cafile=str(paper))


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_the_way_is_encrypted_and_the_certificate_must_be_the_servers(tmp_path: Path, security: str) -> None:
    shown, trusted = certificate(tmp_path, "localhost")
    async with smtp_stub(tls=shown, from_the_start=security == "tls") as stub:
        how = {"host": "localhost", "security": security, "username": "us", "password": "secret"}
        await mail_channel(stub, trusted=trusted, **how).deliver(post())
        with pytest.raises(ChannelBusy):
            await mail_channel(stub, **how).deliver(post())
        assert (len(stub.messages), len(stub.logins)) == (1, 1)


async def test_a_server_without_starttls_hears_neither_password_nor_alert(stub: SmtpStub) -> None:
    with pytest.raises(ChannelBusy):
        await mail_channel(stub, security="starttls", username="us", password="secret").deliver(post())
    assert (stub.logins, stub.recipients) == ([], [])
