"""A message says in its text what its blocks say."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import (
    ActionsBlock,
    ButtonElement,
    ContextBlock,
    DividerBlock,
    HeaderBlock,
    SectionBlock,
)

from bot.slack.message import Message, mrkdwn, plain
from bot.slack.text import escape_truncated, mention, plain_label
from tests.views_kit import problems, words

WORDS = st.text(min_size=1, max_size=300).map(escape_truncated).filter(bool)


@given(st.lists(WORDS, min_size=1, max_size=9))
def test_nobody_who_hears_the_text_misses_anything(words: list[str]) -> None:
    title, *rest = words
    blocks = [SectionBlock(text=mrkdwn(title)), *[ContextBlock(elements=[mrkdwn(each)]) for each in rest]]
    assert Message(blocks).text.split("\n") == words


def test_fields_and_plain_text_are_said_too() -> None:
    fields = [mrkdwn("*Size*\n2 GB"), plain("as it is")]
    assert Message([SectionBlock(fields=fields)]).text == "*Size* 2 GB\nas it is"


def test_buttons_and_lines_have_nothing_to_say() -> None:
    buttons = ActionsBlock(elements=[ButtonElement(text=plain("Go"), action_id="go")])
    assert Message([SectionBlock(text=mrkdwn("Ready?")), DividerBlock(), buttons]).text == "Ready?"


@given(st.integers(0, 60))
def test_the_text_is_never_too_long_to_edit_nor_cut_inside_a_mention(shift: int) -> None:
    long = "x" * shift + " ".join(mention("U0123456789") for _ in range(190))
    text = Message([SectionBlock(text=mrkdwn(long))] * 3).text
    assert 3000 < len(text) <= 4000
    assert re.fullmatch(r"(?:[^<>]|<@\w+>)*", text)


def test_nothing_is_parsed_or_unfurled() -> None:
    arguments = Message([SectionBlock(text=mrkdwn("see @here"))]).arguments()
    assert arguments == {
        "text": "see @here",
        "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "see @here", "verbatim": True}}],
        "unfurl_links": False,
        "unfurl_media": False,
    }


def test_a_block_that_slack_would_refuse_is_not_drawn() -> None:
    with pytest.raises(SlackObjectFormationError):
        Message([SectionBlock(text=mrkdwn("x" * 3001))]).drawn()


@given(words)
def test_what_a_header_shows_as_it_is_neither_mentions_nor_links_in_the_text(name: str) -> None:
    assert problems(Message([HeaderBlock(text=plain(plain_label(name, 150)))])) == []
