"""Slack's mrkdwn as HTML. Everything is escaped; mentions show, so that a forged one is seen."""

import re
from collections.abc import Iterator
from html import unescape

from htpy import Node, a, blockquote, br, code, em, fragment, pre, s, span, strong

from bot.sandbox.page.dates import moment
from bot.sandbox.page.emoji import with_emoji
from bot.sandbox.page.links import link, safe_address
from bot.sandbox.page.reader import Reader

_FENCE = re.compile(r"```\n?(.+?)\n?```", re.DOTALL)
_QUOTED = re.compile(r"^(?:>|&gt;) ?(.*)$")
_INLINE = re.compile(
    r"""(?P<code>`[^`\n]+`)
    | (?P<token><[^<>\n]+>)
    | (?P<bold>(?<![\w*])\*(?=[^\s*])[^*\n]*(?<=\S)\*(?![\w*]))
    | (?P<italic>(?<![\w_])_(?=[^\s_])[^_\n]*(?<=\S)_(?![\w_]))
    | (?P<strike>(?<![\w~])~(?=[^\s~])[^~\n]*(?<=\S)~(?![\w~]))
    | (?P<address>https?://[^\s<>|]+[^\s<>|.,:;!?)\]}'"])
    | (?P<everybody>(?<![\w@])@(?:here|channel|everyone)\b)""",
    re.VERBOSE,
)
_STYLES = {"bold": strong, "italic": em, "strike": s}
_DATE = re.compile(r"!date\^(\d{1,12})\^([^^|]*)(?:\^([^|]*))?")


def mrkdwn(text: str, reader: Reader, *, verbatim: bool = False) -> Node:
    """Draw mrkdwn text as `reader` sees it.

    Unless `verbatim`, bare addresses become links and `@here` a mention, as Slack does on its own
    (https://docs.slack.dev/messaging/formatting-message-text).
    """
    pieces = _FENCE.split(text)
    return fragment[
        (
            pre[unescape(piece)] if number % 2 else _Inline(reader, verbatim).lines(piece)
            for number, piece in enumerate(pieces)
        )
    ]


def plain_text(text: str, *, emoji: bool = True) -> Node:
    """Draw plain text: nothing in it means anything, but emoji names where they are allowed."""
    return with_emoji(text) if emoji else text


class _Inline:
    def __init__(self, reader: Reader, verbatim: bool) -> None:
        self._reader = reader
        self._verbatim = verbatim

    def lines(self, text: str) -> Iterator[Node]:
        quoted: list[str] = []
        plain: list[str] = []
        for line in text.split("\n"):
            if match := _QUOTED.match(line):
                yield from self._flush(plain)
                quoted.append(match[1])
            else:
                yield from self._flush(quoted, quoted=True)
                plain.append(line)
        yield from self._flush(quoted, quoted=True)
        yield from self._flush(plain)

    def _flush(self, lines: list[str], *, quoted: bool = False) -> Iterator[Node]:
        if not lines:
            return
        drawn = [[br if number else None, *self.inline(line)] for number, line in enumerate(lines)]
        lines.clear()
        yield blockquote[drawn] if quoted else drawn

    def inline(self, text: str) -> Iterator[Node]:
        end = 0
        for match in _INLINE.finditer(text):
            yield with_emoji(unescape(text[end : match.start()]))
            yield self._drawn(str(match.lastgroup), match[0])
            end = match.end()
        yield with_emoji(unescape(text[end:]))

    def _drawn(self, kind: str, matched: str) -> Node:
        inner = matched[1:-1]
        if kind == "code":
            return code[unescape(inner)]
        if kind == "token":
            return self._token(inner)
        if style := _STYLES.get(kind):
            return style[self.inline(inner)]
        return unescape(matched) if self._verbatim else _unmarked(matched)

    def _token(self, token: str) -> Node:
        target, _, label = token.partition("|")
        shown = with_emoji(unescape(label)) if label else None
        match target[:1]:
            case "@":
                return mention_user(target[1:], self._reader)
            case "#":
                return mention_channel(target[1:], self._reader)
            case "!":
                return self._special(target, unescape(label))
        address = unescape(target)
        return link(address, shown) if safe_address(address) else unescape(f"<{token}>")

    def _special(self, target: str, label: str) -> Node:
        if date := _DATE.fullmatch(target):
            return moment(float(date[1]), unescape(date[2]), label, unescape(date[3] or ""))
        name = target[1:]
        if name.startswith("subteam^"):
            return mention_group(name.removeprefix("subteam^"), self._reader)
        if name in {"here", "channel", "everyone"}:
            return mention_all(name)
        return f"<{label or name}>"


def _unmarked(found: str) -> Node:
    return mention_all(found[1:]) if found.startswith("@") else link(unescape(found))


def mention_user(user: str, reader: Reader) -> Node:
    """Draw a mention of a person; one's own stands out."""
    return span(class_=["mention", {"mention-me": user == reader.person.id}])[f"@{reader.handle(user)}"]


def mention_channel(channel: str, reader: Reader) -> Node:
    """Draw the name of a channel, as a link to it."""
    name = reader.channel_name(channel)
    if channel not in reader.workspace.channels:
        return span(".mention")[f"#{name}"]
    return a(".mention", href=f"?as={reader.person.id}&in={channel}")[f"#{name}"]


def mention_group(group: str, reader: Reader) -> Node:
    """Draw a mention of a user group; one's own stands out."""
    own = reader.person.id in reader.workspace.usergroups.get(group, [])
    return span(class_=["mention", {"mention-me": own}])[f"@{reader.group_handle(group)}"]


def mention_all(whom: str) -> Node:
    """Draw a mention that would ring for everybody."""
    return span(".mention.mention-all")[f"@{whom}"]
