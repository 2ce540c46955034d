"""`make words`: brings the catalogues up to date, compiles them, and says what still lacks a translation."""

import sys

from tests.words.catalogue import LANGUAGES, as_mo, as_po, catalogue, faults, merged, place_of, texts

wanted, lacks = texts(), 0
for language in LANGUAGES:
    made = merged(catalogue(language), wanted)
    place_of(language, "po").write_bytes(as_po(made))
    place_of(language, "mo").write_bytes(as_mo(made))
    lines = faults(made, wanted)
    lacks += len(lines)
    print(f"{language}: {len(wanted)} texts, {len(lines)} to do", *lines, sep="\n  ")
sys.exit(lacks > 0)
