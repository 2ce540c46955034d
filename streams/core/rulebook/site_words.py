"""site.toml in words: what pages, forms, events and traits mean."""

from collections.abc import Iterator

from streams.core.rulebook.phrasing import listed
from streams.core.rulebook.site_rules import REQUESTS, SiteRules

__all__ = ["event_sentences", "page_meanings", "trait_sentences"]


def page_meanings(site: SiteRules) -> Iterator[str]:
    """Kinds of pages by path, the first that matches."""
    for page in site.page:
        answers = f"; answers {page.answer}" if page.answer else ""
        yield f"{page.kind}: {listed(page.paths, last='or')}{answers}."


def event_sentences(site: SiteRules) -> Iterator[str]:
    """Sources, forms and events with a meaning of their own."""
    measuring = listed((one.name for one in site.source if one.measures_dwell), none="no source")
    yield f"Attention to pages is measured by {measuring}; days are those of {site.site.timezone}."
    for kind in dict.fromkeys(form.kind for form in site.form):
        fast = " (a request: fast pass)" if kind in REQUESTS else ""
        yield f"Form {listed((f.name for f in site.form if f.kind == kind), last='or')}: {kind}{fast}."
    for track in site.track:
        yield f"Event {track.event}: {f'rule {track.rule}' if track.rule else f'form of kind {track.form}'}."


def trait_sentences(site: SiteRules) -> Iterator[str]:
    """What senders call the traits that are read."""
    for trait in site.trait:
        yield f"{trait.name}: also {listed(trait.called, last='or')}."
