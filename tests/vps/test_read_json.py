"""JSON with a mark before it, or with characters that are none, is read; what is no JSON is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.vps.read_json import read_json

documents = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(documents, st.sampled_from([b"", b"\xef\xbb\xbf"]), st.booleans())
def test_what_is_written_is_read(document: object, mark: bytes, is_ascii: bool) -> None:
    body = mark + json.dumps(document, ensure_ascii=is_ascii).encode(errors="surrogatepass")
    assert read_json(body) == document


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"a": "x\\ud83d", "b": 1}', {"a": "x\ufffd", "b": 1}),
        (b'{"a": "\\udc00\\ud83d"}', {"a": "\ufffd\ufffd"}),
        (b'{"\\ud83d": 1}', {"\ufffd": 1}),
        (b'{"a": "\\ud83d\\ude80"}', {"a": "\U0001f680"}),
        (b'{"a": "\xff\xfe"}', {"a": "\ufffd\ufffd"}),
        (b'\xef\xbb\xbf{"a": "\\ud83d"}', {"a": "\ufffd"}),
    ],
)
def test_one_odd_character_hides_nothing_else(body: bytes, said: object) -> None:
    assert read_json(body) == said
    json.dumps(said, ensure_ascii=False).encode()


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"nul", b"[Infinity", b'{"a": 1}}', b"[" * 100_000])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        read_json(body)
