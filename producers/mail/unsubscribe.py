"""The pages that somebody sees who follows a link of a mail: in English or Korean, without script, style or cookie.

Nothing of the request stands in them, so there is nothing to escape.
"""

from typing import Final, Literal, TypeAlias

__all__ = ["Page", "language_of", "page"]

Page: TypeAlias = Literal["ask", "done", "again", "bad_link"]
Language: TypeAlias = Literal["en", "ko"]
# title, sentence, words of the button ("" = none)
_WORDS: Final[dict[Language, dict[Page, tuple[str, str, str]]]] = {
    "en": {
        "ask": ("Unsubscribe", "We will send you no more marketing mails.", "Unsubscribe"),
        "done": ("You are unsubscribed", "We will send you no more marketing mails. You may close this page.", ""),
        "again": ("Not stored yet", "Something on our side did not work. Please press the button again.", "Try again"),
        "bad_link": ("This link does not work any more", "It is too old or was changed. Please ask its sender.", ""),
    },
    "ko": {
        "ask": ("수신 거부", "앞으로 마케팅 메일을 보내지 않습니다.", "수신 거부하기"),
        "done": ("수신이 거부되었습니다", "앞으로 마케팅 메일을 보내지 않습니다. 이 페이지를 닫으셔도 됩니다.", ""),
        "again": ("아직 저장되지 않았습니다", "저희 쪽에 문제가 있었습니다. 버튼을 다시 눌러 주세요.", "다시 시도"),
        "bad_link": ("더 이상 쓸 수 없는 링크입니다", "너무 오래되었거나 바뀌었습니다. 보낸 곳에 문의해 주세요.", ""),
    },
}  # fmt: skip
_BUTTON: Final = (
    '<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click">'
    "<p><button>{words}</button></p></form>"
)
_PAGE: Final = (
    '<!doctype html><html lang="{language}"><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
    '<meta name="color-scheme" content="light dark"><title>{title}</title>'
    "<main><h1>{title}</h1><p>{sentence}</p>{button}</main></html>"
)


def page(which: Page, language: Language) -> bytes:
    """One page, whole."""
    title, sentence, words = _WORDS[language][which]
    button = _BUTTON.format(words=words) if words else ""
    return _PAGE.format(language=language, title=title, sentence=sentence, button=button).encode()


def language_of(accepted: str) -> Language:
    """The better liked of our languages by `Accept-Language`; English where nothing is said.

    >>> language_of("ko-KR,ko;q=0.9,en;q=0.8"), language_of("de, en;q=0.5, ko;q=0.1"), language_of("")
    ('ko', 'en', 'en')
    """
    liked = {"en": 0.0, "ko": 0.0}
    for one in accepted[:1_024].split(","):
        tag, _, weight = one.strip().lower().partition(";q=")
        name = tag.partition("-")[0]
        if name in liked:
            liked[name] = max(liked[name], _number(weight))
    return "ko" if liked["ko"] > liked["en"] else "en"


def _number(weight: str) -> float:
    try:
        return min(max(float(weight), 0.0), 1.0) if weight else 1.0
    except ValueError:
        return 0.0
