"""axe-core, which looks through a page for what people with disabilities stumble over."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from playwright.sync_api import Page

__all__ = ["AXE", "COLOUR_RULES", "violations"]

AXE: Final = Path(__file__).with_name("node_modules") / "axe-core/axe.min.js"
TAGS: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice")
COLOUR_RULES: Final = ("color-contrast", "link-in-text-block")
RUN: Final = """async ([tags, rules]) => {
  const only = rules.length ? { type: "rule", values: rules } : { type: "tag", values: tags };
  const asked = rules.length ? {} : { "target-size": { enabled: true } }; // new, so not yet on by itself
  const found = await axe.run(document, { runOnly: only, rules: asked, resultTypes: ["violations"] });
  return found.violations.flatMap((one) => one.nodes.map((node) => [one.id, one.help, node.target.join(" "),
    node.failureSummary.split("\\n").slice(1).join(" ").trim()]));
}"""


def violations(page: Page, rules: Sequence[str] = ()) -> list[str]:
    """What axe finds: the rule, where, and why. `rules`: these alone; else all of WCAG 2.0 to 2.2, A and AA.

    The page must have run AXE.
    """
    return [f"{rule} ({help_}) at {target}: {why}" for rule, help_, target, why in
            page.evaluate(RUN, [list(TAGS), list(rules)])]  # fmt: skip
