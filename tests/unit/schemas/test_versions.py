"""A record that comes from another epoch keeps its version."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.activity import Version
from schemas.versions import VERSION_HEADER, kept_version, packed, unpacked

versions = st.builds(Version, st.integers(0, 2**32 - 1), st.integers(0, 2**63))


@given(one=versions, other=versions)
def test_bytes_compare_as_versions_do(one: Version, other: Version) -> None:
    assert unpacked(packed(one)) == one
    assert (packed(one) < packed(other)) == (one < other)


def test_a_header_is_found_among_others_and_a_broken_one_is_none() -> None:
    raw = packed(Version(1, 2))
    assert kept_version([("traceparent", b"x"), (VERSION_HEADER, raw)]) == raw
    assert kept_version(None) is kept_version([]) is kept_version([(VERSION_HEADER, b"short")]) is None
    assert kept_version([(VERSION_HEADER, None)]) is None
    with pytest.raises(struct.error):
        unpacked(b"short")
