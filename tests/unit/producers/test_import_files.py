"""Files as CRMs and spreadsheets write them: encodings, separators, quotes, broken lines, headers, dates, amounts."""

import codecs
import tomllib
from importlib.resources import files
from typing import Any

import pytest

from producers.errors import BadFile, Unmappable
from producers.importers.cells import amount_in, day_order, time_in
from producers.importers.headers import columns_of, plain
from producers.importers.records import Broken, Record, header_of, records_of
from producers.importers.sniff import sniffed
from schemas.times import milliseconds_of

KOREAN = "이메일,회사명,직책\nmira@halden-optics.example,할덴 광학,팀장\n"


@pytest.mark.parametrize(
    ("content", "encoding", "mark"),
    [
        (KOREAN.encode(), "utf-8", b""),
        (codecs.BOM_UTF8 + KOREAN.encode(), "utf-8", codecs.BOM_UTF8),
        (KOREAN.encode("cp949"), "cp949", b""),
        (codecs.BOM_UTF16_LE + KOREAN.encode("utf-16-le"), "utf-16-le", codecs.BOM_UTF16_LE),
        (codecs.BOM_UTF16_BE + KOREAN.encode("utf-16-be"), "utf-16-be", codecs.BOM_UTF16_BE),
        (KOREAN.encode("utf-16-le"), "utf-16-le", b""),
        (KOREAN.encode("utf-16-be"), "utf-16-be", b""),
    ],
)
def test_an_encoding_is_found_out(content: bytes, encoding: str, mark: bytes) -> None:
    file = sniffed(content)
    assert (file.encoding, file.mark, file.separator, file.text) == (encoding, mark, ",", KOREAN)


def test_an_encoding_may_be_said() -> None:
    assert sniffed("Größe;x\n".encode("latin-1"), encoding="latin-1").text == "Größe;x\n"


@pytest.mark.parametrize(
    ("content", "encoding", "said"),
    [
        ("a,b\nSöhne,x\n".encode("latin-1"), None, "line 2 is not cp949: save the file as UTF-8"),
        (b"a\nb\n\xff\n", "utf-8", "line 3 is not utf-8"),
        (codecs.BOM_UTF16_LE + "a\nb".encode("utf-16-le") + b"\x00\xd8", None, "line 2 is not utf-16-le"),
        (codecs.BOM_UTF16_BE + "a\nb\n".encode("utf-16-be") + b"\x00", None, "line 3 is not utf-16-be"),
        (b"a", "klingon", "klingon is no encoding that we know; there are utf-8"),
    ],
)
def test_a_file_in_no_encoding_says_where(content: bytes, encoding: str | None, said: str) -> None:
    with pytest.raises(BadFile, match=said):
        sniffed(content, encoding=encoding)


@pytest.mark.parametrize(
    ("text", "separator", "first"),
    [
        ("a,b;c,d", ",", "a,b;c,d"),
        ("a;b;c,d", ";", "a;b;c,d"),
        ("a\tb\tc", "\t", "a\tb\tc"),
        ('"x;y;z";"d",e,f', ",", '"x;y;z";"d",e,f'),
        ("alone", ",", "alone"),
        ("sep=;\na;b", ";", "\na;b"),
        ("SEP=|\r\na|b", "|", "\na|b"),
        ("sep=;;\na;b", ";", "sep=;;\na;b"),
    ],
)
def test_the_separator_is_that_of_the_first_line(text: str, separator: str, first: str) -> None:
    file = sniffed(text.encode())
    assert (file.separator, file.text) == (separator, first)


def rows(text: str, separator: str = ",") -> list[Any]:
    header = header_of(text, separator)
    return [
        (one.line, *one.cells) if isinstance(one, Record) else (one.line, one.why)
        for one in records_of(text, separator, header=header)
    ]


def test_quotes_may_hold_separators_quotes_and_lines() -> None:
    text = '\n"a","b"\r\n1,"x,\ny ""z"""\r\n\r\n2,\u2028end\r3,\n'
    assert header_of(text, ",") == Record(2, ("a", "b"))
    assert rows(text) == [(3, "1", 'x,\ny "z"'), (6, "2", "\u2028end"), (7, "3", "")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param('a,b\n1,"open\n2,x\n3,y\n', [(2, "a quote that does not end"), (3, "2", "x"), (4, "3", "y")],
                     id="a quote in the middle that nothing ends"),
        pytest.param('a,b\n1,5" screen\n2,x\n3,7" screen\n4,y\n',
                     [(2, "a quote that does not end"), (3, "2", "x"), (4, "a quote that does not end"), (5, "4", "y")],
                     id="two stray quotes do not make one row of what is between them"),
        pytest.param('a,b\n1,"x"y\n2,x\n', [(2, "quotes inside quotes are not doubled"), (3, "2", "x")], id="odd"),
        pytest.param("a,b\n1\n1,2,3\n2,x\n", [(2, "1 cells, not 2"), (3, "3 cells, not 2"), (4, "2", "x")], id="width"),
        pytest.param("a,b\n1," + "x" * 40_000 + "\n2,x", [(2, "quotes inside quotes are not doubled"), (3, "2", "x")],
                     id="a cell without end"),
        pytest.param('a,b\n1,"x\n' + "y\n" * 198 + 'z"\n2,x', [(2, "1", "x\n" + "y\n" * 198 + "z"), (202, "2", "x")],
                     id="200 lines are a row"),
        pytest.param('a\n"x\n' + "y\n" * 199 + 'z"\n', 1, id="201 are not"),
    ],
)  # fmt: skip
def test_a_broken_line_costs_itself_alone(text: str, found: Any) -> None:
    told = rows(text)
    if isinstance(found, int):
        assert told[0] == (2, "a quote that does not end")
        assert told[1] == (3, "y")
    else:
        assert told == found


def test_a_broken_line_is_kept_as_it_was() -> None:
    text = 'a,b\n1,"x'
    assert list(records_of(text, ",", header=header_of(text, ","))) == [
        Broken(2, '1,"x', "a quote that does not end"),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "\n\n", "  \r\n"])
def test_an_empty_file_says_so(text: str) -> None:
    with pytest.raises(BadFile, match="there is nothing in it"):
        header_of(text, ",")


def test_a_header_that_is_no_row_says_so() -> None:
    with pytest.raises(BadFile, match="line 1: the header is no row"):
        header_of('a,"b\nc\n', ",")


@pytest.mark.parametrize("kind", ["leads", "accounts", "deals"])
def test_no_name_of_a_column_means_two_things(kind: str) -> None:
    table = tomllib.loads(files("producers.importers").joinpath("headers.toml").read_text("utf-8"))[kind]
    meant: dict[str, set[str]] = {}
    for field, names in table.items():
        for name in (field, *names):
            meant.setdefault(plain(name), set()).add(field)
    assert {name: fields for name, fields in meant.items() if len(fields) > 1} == {}


def test_headers_in_english_and_korean_mean_the_same() -> None:
    english = columns_of(("E-MAIL", "Company name", "job_title", "Marketing consent", "Shoe size"), "leads")
    korean = columns_of(("이메일", "회사명", "직책", "마케팅 수신 동의", "신발"), "leads")
    assert english.fields == korean.fields == ("email", "company", "title", "consent", "")
    assert columns_of(("거래 ID", "딜 이름", "단계", "실주 사유"), "deals").fields == (
        "external_id", "name", "stage", "lost_reason",
    )  # fmt: skip


def test_of_duplicate_headers_the_first_that_is_not_empty_counts() -> None:
    columns = columns_of(("Email", "Email", "Company", "Company Name"), "leads")
    assert columns.read(("", " a@x.example ", "One", "Two")) == {"email": "a@x.example", "company": "One"}
    assert columns.header[columns.fields.index("company")] == "Company"
    assert "title" not in columns.fields


def test_the_command_line_outranks_the_list() -> None:
    said = {"Betreff": "name", "Stufe": "stage", "Status": "competitor"}
    columns = columns_of(("Betreff", "Stufe", "Status"), "deals", said=said)
    assert columns.fields == ("name", "stage", "competitor")


@pytest.mark.parametrize(
    ("header", "said", "why"),
    [
        (("Name",), {}, 'no column means email; there are "Name". Name it with --map "Your column=email"'),
        (("Email",), {"Mail": "email"}, 'no column is named "Mail"; there are "Email"'),
        (("Email",), {"Email": "emial"}, '"emial" is no field of leads; did you mean "email"?'),
    ],
)
def test_a_header_that_lacks_something_says_what_to_do(header: tuple[str, ...], said: dict[str, str], why: str) -> None:
    with pytest.raises(BadFile) as caught:
        columns_of(header, "leads", said=said)
    assert str(caught.value).startswith(why)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-10-05", "2026-10-05"),
        ("2026-10-05 14:30", "2026-10-05T14:30"),
        ("2026-10-05T14:30:15.250+09:00", "2026-10-05T05:30:15.250"),
        ("1791208800", "2026-10-05T14:00"),
        ("2026. 10. 5.", "2026-10-05"),
        ("2026.10.05 14:30", "2026-10-05T14:30"),
        ("2026년 10월 5일", "2026-10-05"),
        ("2026년 10월 5일 오후 2:30", "2026-10-05T14:30"),
        ("2026/10/5", "2026-10-05"),
        ("5.10.2026", "2026-10-05"),
        ("05-10-2026 08:00:30", "2026-10-05T08:00:30"),
        ("13/10/2026", "2026-10-13"),
        ("10/13/2026, 2:30 PM", "2026-10-13T14:30"),
        ("10/13/2026 12:05 am", "2026-10-13T00:05"),
        ("10/13/2026 12:05 pm", "2026-10-13T12:05"),
    ],
)
def test_dates_as_people_write_them(text: str, at: str) -> None:
    assert time_in(text, "x") == milliseconds_of(at)


@pytest.mark.parametrize(("order", "at"), [("dmy", "2026-10-05"), ("mdy", "2026-05-10")])
def test_between_slashes_the_order_is_said(order: Any, at: str) -> None:
    assert time_in("05/10/2026", "x", order=order) == milliseconds_of(at)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("05/10/2026", "day or month first"),
        ("05.10.26", "write the year with four digits"),
        ("31.02.2026", "no day of the calendar"),
        ("2026-10-05 25:00", "no day of the calendar"),
        ("2026-10-05 noon", "no date that we know"),
        ("next week", "no date that we know"),
    ],
)
def test_dates_that_could_be_two_or_none(text: str, why: str) -> None:
    with pytest.raises(Unmappable, match=f"closed_at: .*{why}"):
        time_in(text, "closed_at")


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["01/02/2026", "13/02/2026"], "dmy"),
        (["01/02/2026", "02/13/2026"], "mdy"),
        (["01/02/2026", "12/12/2026"], ""),
        (["2026/13/02", "13.02.2026", ""], ""),
    ],
)
def test_a_column_proves_its_order(texts: list[str], order: str) -> None:
    assert day_order(texts) == order


@pytest.mark.parametrize(
    ("text", "comma", "amount"),
    [
        ("48000", False, (48_000.0, "")),
        ("48,000", False, (48_000.0, "")),
        ("48,000.50", False, (48_000.5, "")),
        ("$1,234,567", False, (1_234_567.0, "USD")),
        ("48.5", False, (48.5, "")),
        ("48.000", False, (48.0, "")),
        ("48.000", True, (48_000.0, "")),
        ("48.000,50 €", True, (48_000.5, "EUR")),
        ("48,5", True, (48.5, "")),
        ("48,5", False, (48.5, "")),
        ("48,000", True, (48.0, "")),
        ("1.234.567", False, (1_234_567.0, "")),
        ("₩48,000,000", False, (48_000_000.0, "KRW")),
        ("48,000,000원", False, (48_000_000.0, "KRW")),
        ("48.000,5", False, (48_000.5, "")),
    ],
)
def test_amounts_as_people_write_them(text: str, comma: bool, amount: tuple[float, str]) -> None:
    assert amount_in(text, decimal_comma=comma) == amount


@pytest.mark.parametrize(("text", "why"), [("much", "no number"), ("-5", "less than nothing"), ("1-2", "no number")])
def test_amounts_that_are_none(text: str, why: str) -> None:
    with pytest.raises(Unmappable, match=f"amount: .*{why}"):
        amount_in(text, decimal_comma=False)
