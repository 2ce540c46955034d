"""Where the console keeps what it writes, where no setting says otherwise; the commands write the same files."""

from pathlib import Path
from typing import Final

__all__ = ["AUDIT", "RULES_BOOK", "SESSIONS"]

AUDIT: Final = Path(".leadstream/audit.jsonl")
RULES_BOOK: Final = Path(".leadstream/rules.jsonl")
SESSIONS: Final = Path(".leadstream/sessions.json")
