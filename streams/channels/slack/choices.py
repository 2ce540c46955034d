"""What may be chosen at a button, in each language. The values are those of the console's forms."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from streams.core.rulebook.routing_rules import Language

__all__ = ["CHOICES", "DANGEROUS", "FIRST", "Choices"]

FIRST: Final = ("claim", "snooze", "reopen_deal")  # a press says all
DANGEROUS: Final = ("reopen_deal",)  # asks the CRM for a deal: asked twice


class Choices(Struct, frozen=True):
    """What the list is called, and its values with their texts."""

    name: str
    options: Mapping[str, str]


_ENGLISH: Final = {
    "contacted": Choices("Contacted", {"talking": "We are talking", "no": "No talk came of it"}),
    "dismiss": Choices("Not a fit", {
        "wrong_company": "Wrong company", "staff": "Staff", "student": "Student", "competitor": "Competitor",
        "job_seeker": "Job seeker", "partner": "Partner", "not_now": "Not now",
    }),
    "confirm": Choices("", {"text": "The CRM is asked for a new deal.", "yes": "Yes", "no": "Cancel"}),
}  # fmt: skip
_KOREAN: Final = {
    "contacted": Choices("연락함", {"talking": "대화 중", "no": "대화 없음"}),
    "dismiss": Choices("대상 아님", {
        "wrong_company": "다른 회사", "staff": "자사 직원", "student": "학생", "competitor": "경쟁사",
        "job_seeker": "구직자", "partner": "파트너", "not_now": "지금은 아님",
    }),
    "confirm": Choices("", {"text": "CRM에 새 딜을 요청합니다.", "yes": "예", "no": "취소"}),
}  # fmt: skip
CHOICES: Final[Mapping[Language, Mapping[str, Choices]]] = {"en": _ENGLISH, "ko": _KOREAN}
