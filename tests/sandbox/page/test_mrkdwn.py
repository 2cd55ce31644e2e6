"""mrkdwn as HTML: what it means, and that it can mean no harm."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.sandbox.page.markdown import draw_markdown
from bot.sandbox.page.mrkdwn import mrkdwn
from bot.sandbox.page.picture import html
from tests.sandbox.page.harness import PageHarness
from tests.sandbox.page.markup import Markup, is_harmless

READER = PageHarness().reader()
PIECES = ["<", ">", "|", "!", "@", "#", "&lt;", "&", '"', "'", "*", "_", "~", "`", "```", "\n", "&gt; ", " "]
PIECES += [
    "javascript:alert(1)",
    "https://evil.example",
    "<script>",
    "onclick=",
    "date^1^{ago}",
    "channel",
    "UANA",
    ":x:",
]
HOSTILE = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=25).map("".join)


def drawn(text: str, *, verbatim: bool = False) -> str:
    return html(mrkdwn(text, READER, verbatim=verbatim))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*bold* _italic_ ~gone~", "<strong>bold</strong> <em>italic</em> <s>gone</s>"),
        ("<!subteam^S0ONCALL|label>", '<span class="mention">@oncall</span>'),
        ("<!subteam^S0GONE>", '<span class="mention">@S0GONE</span>'),
        ("*bold with _both_*", "<strong>bold with <em>both</em></strong>"),
        ("`*code*`", "<code>*code*</code>"),
        ("2*3*4 snake_case_name * a *", "2*3*4 snake_case_name * a *"),
        ("```\n<a> *x*\n```", "<pre>&lt;a&gt; *x*</pre>"),
        ("&gt; said\nplain", "<blockquote>said</blockquote>plain"),
        ("one\ntwo", "one<br>two"),
        ("&lt;!channel&gt;", "&lt;!channel&gt;"),
        ("<@UANA>", '<span class="mention mention-me">@ana</span>'),
        ("<@UBEN|ignored>", '<span class="mention">@ben</span>'),
        ("<!here>", '<span class="mention mention-all">@here</span>'),
        ("<#CSECRET|secret>", '<a class="mention" href="?as=UANA&amp;in=CSECRET">#secret</a>'),
        ("<javascript:alert(1)|click>", "&lt;javascript:alert(1)|click&gt;"),
        (":white_check_mark: :no_such_emoji:", "✅ :no_such_emoji:"),
    ],
)
def test_it_means_what_it_means_in_slack(text: str, expected: str) -> None:
    assert drawn(text) == expected


def test_links_open_elsewhere_and_tell_nothing() -> None:
    link = drawn("<https://example.com/?a=1&amp;b=2|here &amp; now>")
    attributes = 'href="https://example.com/?a=1&amp;b=2" target="_blank" rel="noopener noreferrer"'
    assert link == f'<a class="link" {attributes}>here &amp; now</a>'


def test_bare_addresses_and_at_here_count_unless_verbatim() -> None:
    text = "see https://example.com/x. @here"
    assert 'href="https://example.com/x"' in drawn(text)
    assert "mention-all" in drawn(text)
    assert drawn(text, verbatim=True) == text


def test_forged_mentions_are_seen_even_when_verbatim() -> None:
    assert "mention-all" in drawn("server <!channel>", verbatim=True)


def test_dates_carry_their_moment_and_pattern() -> None:
    date = drawn("<!date^1790000000^{date_short} at {time}^https://example.com|then>")
    assert 'datetime="2026-09-21T14:13:20+00:00"' in date
    assert 'data-pattern="{date_short} at {time}"' in date
    assert Markup(date).text == "then"
    assert "example.com" in date


def test_a_private_channel_does_not_tell_its_name_to_outsiders() -> None:
    guest = PageHarness().reader(**{"as": "UGUS"})
    assert "unknown-channel" in html(mrkdwn("<#CSECRET>", guest))


@given(HOSTILE, st.booleans())
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_text_can_inject_markup(text: str, verbatim: bool) -> None:
    markup = Markup(drawn(text, verbatim=verbatim))
    assert is_harmless(markup)
    assert markup.tags <= {"strong", "em", "s", "code", "pre", "blockquote", "br", "a", "span", "time"}


@given(HOSTILE)
@settings(deadline=None)
def test_no_markdown_can_inject_markup(text: str) -> None:
    assert is_harmless(Markup(html(draw_markdown(text))))


@pytest.mark.parametrize("character", ["`", "*", "_", "<", "&gt; ", "[", "https://", "*a ", "```"])
def test_long_hostile_texts_are_drawn_at_once(character: str) -> None:
    text = character * 4000
    assert Markup(drawn(text)).text.strip() or character == "&gt; "
    assert html(draw_markdown(text))
