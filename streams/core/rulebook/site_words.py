"""site.toml in words: what pages, forms, events and traits mean."""

from collections.abc import Iterator

from streams.core.rulebook.phrasing import in_a_row
from streams.core.rulebook.site_rules import REQUESTS, SiteRules
from streams.core.said import Name, Said, Value

__all__ = ["event_sentences", "page_meanings", "trait_sentences"]


def page_meanings(site: SiteRules) -> Iterator[Said]:
    """Kinds of pages by path, the first that matches."""
    for page in site.page:
        values: dict[str, Value] = {"kind": Name(page.kind), "paths": in_a_row(page.paths, ends="or")}
        if page.answer:
            yield Said("%(kind)s: %(paths)s; answers %(reason)s.", values | {"reason": Name(page.answer)})
        else:
            yield Said("%(kind)s: %(paths)s.", values)


def event_sentences(site: SiteRules) -> Iterator[Said]:
    """Sources, forms and events with a meaning of their own."""
    measuring = in_a_row((one.name for one in site.source if one.measures_dwell), none=Said("no source"))
    yield Said("Attention to pages is measured by %(sources)s; days are those of %(timezone)s.",
               {"sources": measuring, "timezone": site.site.timezone})  # fmt: skip
    for kind in dict.fromkeys(form.kind for form in site.form):
        forms = in_a_row((one.name for one in site.form if one.kind == kind), ends="or")
        values: dict[str, Value] = {"forms": forms, "kind": Name(kind)}
        if kind in REQUESTS:
            yield Said("Form %(forms)s: %(kind)s (a request: fast pass).", values)
        else:
            yield Said("Form %(forms)s: %(kind)s.", values)
    for track in site.track:
        if track.rule:
            yield Said("Event %(event)s: rule %(rule)s.", {"event": track.event, "rule": Name(track.rule)})
        elif track.program:
            yield Said("Event %(event)s: program %(what)s.", {"event": track.event, "what": Name(track.program)})
        else:
            yield Said("Event %(event)s: form of kind %(kind)s.", {"event": track.event, "kind": Name(track.form)})


def trait_sentences(site: SiteRules) -> Iterator[Said]:
    """What senders call the traits that are read."""
    for trait in site.trait:
        yield Said("%(trait)s: also %(names)s.",
                   {"trait": Name(trait.name), "names": in_a_row(trait.called, ends="or")})  # fmt: skip
