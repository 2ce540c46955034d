"""The next act and the talking point of an alert in the language of whoever reads it.

The rules that come with us say them in English; their Korean stands here and is found by the text. Whoever writes
others reads what he wrote.

>>> in_korean("Value case first. No discount.")
'가치 사례부터 제시하세요. 할인은 하지 않습니다.'
"""

from collections.abc import Mapping
from typing import Final

from streams.core.alert.words import THEN

__all__ = ["PACKAGED_IN_KOREAN", "in_korean"]

PACKAGED_IN_KOREAN: Final[Mapping[str, str]] = {
    "Ask what has changed since, and what they are looking for now.":
        "그동안 무엇이 달라졌고 지금 무엇을 찾고 있는지 물어보세요.",
    "Ask what has changed: it was the wrong time then.":
        "당시에는 시기가 맞지 않았습니다. 무엇이 달라졌는지 물어보세요.",
    "Ask whether there is a budget now, and when it is decided.": "지금 예산이 있는지, 언제 결정되는지 물어보세요.",
    "Show the release that closes the gap.": "부족했던 기능을 채운 릴리스를 보여 주세요.",
    "Value case first. No discount.": "가치 사례부터 제시하세요. 할인은 하지 않습니다.",
    "Ask when the contract with the rival renews.": "경쟁사와의 계약 갱신 시점을 물어보세요.",
    "Help them to decide: who has to agree, and what is missing?":
        "결정을 도와주세요. 누가 동의해야 하고, 무엇이 부족합니까?",
    "What it costs to go on as now, in their own figures.": "지금처럼 계속할 때 드는 비용을 상대의 수치로",
    "What others of their size did first, and what it saved them.":
        "비슷한 규모의 회사가 먼저 한 일과 그로써 줄인 비용",
    "The next step from where they stand, and who has to agree to it.":
        "지금 단계에서 다음에 할 일과 동의가 필요한 사람",
    "What keeps what they have from working across teams.": "지금 쓰는 것이 팀 간에 통하지 않는 이유",
    "How to show the effect of what they have to those who pay for it.":
        "지금 쓰는 것의 효과를 비용을 내는 사람에게 보여 주는 방법",
    "What they would want next, and what they could teach others.":
        "다음에 바라는 것과 다른 회사에 가르쳐 줄 수 있는 것",
}  # fmt: skip


def in_korean(text: str) -> str:
    """The act without the hold that is said before it, or the talking point; "" where the rules' text is another."""
    return PACKAGED_IN_KOREAN.get(text.rpartition(THEN)[2], "")
