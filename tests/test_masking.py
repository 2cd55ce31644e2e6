"""Secrets are hidden however they are spelled."""

import base64
import html
import json
import time
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.masking import MASK, Mask

TOKEN = "ab/cd+Ef.12~3-x_9=="
tokens = st.from_regex(r"[A-Za-z0-9._~+/-]{12,40}={0,2}", fullmatch=True)
SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "json": lambda text: json.dumps(text).replace("/", "\\/"),
    "json in json": lambda text: json.dumps(json.dumps(text).replace("/", "\\/")),
    "percent": lambda text: quote(text, safe=""),
    "percent, small": lambda text: quote(text, safe="").replace("%2F", "%2f").replace("%2B", "%2b"),
    "percent twice": lambda text: quote(quote(text, safe=""), safe=""),
    "percent, all": lambda text: "".join(f"%{ord(each):02X}" for each in text),
    "unicode": lambda text: "".join(f"\\u{ord(each):04x}" for each in text),
    "html": html.escape,
    "html, all": lambda text: "".join(f"&#x{ord(each):x};" for each in text),
    "html, decimal": lambda text: "".join(f"&#{ord(each):04};" for each in text),
}
ONE_BY_ONE: list[Callable[[str], str]] = [
    lambda each: each,
    lambda each: f"\\{each}",
    lambda each: f"%{ord(each):02x}",
    lambda each: f"%25{ord(each):02X}",
    lambda each: f"\\u{ord(each):04X}",
    lambda each: f"\\\\u{ord(each):04x}",
    lambda each: f"&#{ord(each)};",
    lambda each: f"&amp;#x{ord(each):X};",
]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_secret_is_hidden_in_every_spelling(spelling: str) -> None:
    for token in (TOKEN, "a" * 20 + "/+="):
        masked = Mask([SecretStr(token)]).text(f"before {SPELLINGS[spelling](token)} after")
        assert masked.strip('"\\').replace('"', "").replace("\\", "") == f"before {MASK} after"


@given(tokens, st.data())
def test_a_secret_is_hidden_with_each_character_spelled_otherwise(token: str, data: st.DataObject) -> None:
    spelled = [data.draw(st.sampled_from(ONE_BY_ONE))(each) for each in token]
    assert Mask([SecretStr(token)]).text("".join(spelled)) == MASK


@given(tokens, st.binary(max_size=9), st.binary(max_size=9), st.sampled_from("se"))
def test_a_secret_is_hidden_in_base64_whatever_it_stands_among(
    token: str, before: bytes, after: bytes, kind: str
) -> None:
    encode = base64.b64encode if kind == "s" else base64.urlsafe_b64encode
    text = encode(before + token.encode() + after).decode()
    masked = Mask([SecretStr(token)]).text(text)
    left = masked.replace(MASK, "")
    # What is left has the neighbours, and bits of the first and the last character.
    assert MASK in masked
    assert len(left) <= len(base64.b64encode(before)) + len(base64.b64encode(after)) + 6


@pytest.mark.parametrize(
    "text", ["\\" * 50_000, "%25" * 50_000, "&amp;" * 50_000, "a\\" * 50_000, "0" * 50_000]
)
def test_no_text_takes_long(text: str) -> None:
    mask = Mask([SecretStr("a0%\\&" * 8)])
    began = time.perf_counter()
    mask.text(text)
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize(
    "text",
    [
        "xoxb-123-456-abcDEF",
        "xoxe.xoxb-1-Mi0yLTEyMw",
        "xoxe-1-abc",
        "xapp-1-A111-222-abcdef",
        "xwfp-1-abc",
        "Authorization: Bearer 0123456789abcdef",
        "{'authorization': 'bearer ey.a~b+c/d='}",
        "wss://wss.slack.com/link/?ticket=abc-123&app_id=1",
        "postgresql+psycopg://bot:hunter22@db:5432/bot",
        "https://hooks.slack.com/commands/T111/111/xxxyyy",
        "https://hooks.slack-gov.com/commands/T111/111/xxxyyy",
        "postgresql://bot@db/bot?sslmode=require&password=hunter22&x=1",
        "postgresql://bot:p@ss456@db:5432/bot",
        "Authorization: Basic Ym90Omh1bnRlcjIy456",
    ],
)
def test_whatever_looks_like_a_secret_is_masked(text: str) -> None:
    masked = Mask([]).text(text)
    assert MASK in masked
    for part in ("456", "abc", "ABC", "Mi0y", "ey.a", "hunter22", "xxxyyy", "p@ss"):
        assert part not in masked


@pytest.mark.parametrize(
    "text",
    [
        "web-1",
        "Basic functionality",
        "a%20b&amp;c\\n",
        "https://slack.com/api/",
        "boxing-day",
        "10:30 op@example.org",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert Mask([SecretStr("")]).text(text) == text
