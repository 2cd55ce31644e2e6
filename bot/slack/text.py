"""Making text safe and short enough for Slack (SLACK.md, section 1)."""

import html
import re
from datetime import UTC, datetime, tzinfo

UPDATE_TEXT_LIMIT = 4000
"""Characters `chat.update` takes as `text`; more is `msg_too_long`."""

_QUOTES = str.maketrans(dict.fromkeys('"“”„‟«»＂', "'"))
_FORMATTING = str.maketrans({"*": "∗", "~": "∼", "`": "ˋ"})
_OUTER_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_NO_NAME = "(no name)"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+")
_FALLBACK = re.compile(r"<!date\^[^|>]*\|([^>]*)>|<https?://[^|>]*\|([^>]*)>")
_HALF = re.compile(r"(?:<[^<>]*|&[a-z]*)$")
_ADDRESS = re.compile(r"https?://[^\s|<>]{1,500}")
_LINK = re.compile(r"<(?:https?://|mailto:)[^|>]*\|([^>]*)>|<((?:https?://|mailto:)[^>]*)>")


def escape(text: str) -> str:
    """Return outside text that can't mention, link or format anything, on one line.

    `&`, `<` and `>` are escaped as Slack asks; formatting marks become look-alikes, since Slack has no
    escape for them; line breaks and direction marks go.
    """
    line = _CONTROL.sub(" ", text).translate(_FORMATTING)
    return html.escape(_OUTER_UNDERSCORE.sub("＿", line).strip(), quote=False)


def sentence(text: str) -> str:
    """Return a sentence of ours that may hold outside text: keeps `code`, can't mention or link."""
    return html.escape(_CONTROL.sub(" ", text).strip(), quote=False)


def quoted(text: str, most: int = 300) -> str:
    """Return outside text in quotes, safe, in at most `most` characters; it can't end its quotes itself."""
    return f"“{escape_truncated(text.translate(_QUOTES), most)}”"


def quotation(text: str) -> str:
    """Return what somebody said in quotes that it can't end itself, as the end of a sentence."""
    said = text.translate(_QUOTES)
    return f"“{said}”{'' if said.endswith(('.', '!', '?')) else '.'}"


def shorten(text: str, most: int) -> str:
    """Return `text` in at most `most` characters, with an ellipsis if something was cut."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def truncate_mrkdwn(safe: str, most: int) -> str:
    """Return safe text in at most `most` characters; an escape, a mention or a date is never cut in two."""
    return safe if len(safe) <= most else _HALF.sub("", safe[: most - 1]).rstrip() + "…"


def escape_truncated(text: str, most: int = 300) -> str:
    """Return outside text, safe as by `escape`, in at most `most` characters."""
    return truncate_mrkdwn(escape(text), most)


def safe_name(name: str) -> str:
    """Return a name from outside, safe, in at most 100 characters, and never empty."""
    return escape_truncated(name, 100) or _NO_NAME


def plain_label(text: str, most: int) -> str:
    """Return outside text for where Slack formats nothing: on one line, and never empty."""
    return shorten(_CONTROL.sub(" ", text).strip(), most) or _NO_NAME


def mention(user: str) -> str:
    """Return a mention of a Slack user, or of a user group."""
    return f"<!subteam^{user}>" if user.startswith("S") else f"<@{user}>"


def link(address: str, label: str) -> str:
    """Return a link to an address that Slack gave us; "" for what is none."""
    return f"<{address}|{label}>" if _ADDRESS.fullmatch(address) else ""


def when(moment: datetime) -> str:
    """Return a date and time that each reader's own Slack draws in their time zone."""
    return f"<!date^{int(moment.timestamp())}^{{date_short_pretty}} {{time}}|{in_utc(moment)}>"


def clock(moment: datetime) -> str:
    """Return a time of day that each reader's own Slack draws in their time zone."""
    return f"<!date^{int(moment.timestamp())}^{{time}}|{in_utc(moment)}>"


def without_marks(text: str) -> str:
    """Return mrkdwn of ours for where Slack formats nothing; mentions stay as they are."""
    plain = _FALLBACK.sub(lambda found: found[1] or found[2], text)
    return html.unescape(plain.replace("*", "").replace("`", ""))


def ago(moment: datetime) -> str:
    """Return a relative date that ticks by itself, so that no message is edited to keep it right."""
    return f"<!date^{int(moment.timestamp())}^{{ago}}|{in_utc(moment)}>"


def in_utc(moment: datetime) -> str:
    """Return a date and time for where Slack draws none."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def local(moment: datetime, zone: tzinfo, now: datetime) -> str:
    """Return a date and time in a person's own zone, for where Slack draws none; in UTC it says so."""
    there = moment.astimezone(zone)
    year = "" if there.year == now.astimezone(zone).year else f" {there.year}"
    return f"{there:%a} {there.day} {there:%b}{year}, {there:%H:%M}{' UTC' if zone is UTC else ''}"


def age(moment: datetime, now: datetime) -> str:
    """Return how long ago a moment was, for what is not shown for long."""
    seconds = (now - moment).total_seconds()
    for unit, length in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            return f"{pluralize(int(seconds // length), unit)} ago"
    return "just now"


def size(megabytes: int | None) -> str:
    """Return a size as people say it; sizes are in MB as VPS.org gives them."""
    if megabytes is None:
        return "size not known yet"
    return f"{megabytes} MB" if megabytes < 1000 else f"{megabytes / 1000:.1f} GB"


def duration(seconds: float) -> str:
    """Return a length of time in its two largest units."""
    whole = max(0, round(seconds))
    units = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))
    parts: list[str] = []
    for name, length in units:
        count, whole = divmod(whole, length)
        if count or (parts and len(parts) < 2):
            parts.append(f"{count} {name}")
        if len(parts) == 2:
            break
    return " ".join(part for part in parts if not part.startswith("0 ")) or "0 s"


def pluralize(count: int, thing: str) -> str:
    """Return how many there are of a thing whose plural ends in s."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def join_words(names: list[str], joint: str = "and") -> str:
    """Return names as a sentence lists them."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {joint} {names[-1]}"


def join_first(words: list[str], most: int) -> str:
    """Return the first of these joined by commas and `and`, and how many more there are."""
    rest = [f"{len(words) - most} more"] * (len(words) > most)
    return join_words([*words[:most], *rest])


def unescape_command(text: str) -> str:
    """Return command text as the person typed it: Slack's links and escapes undone.

    With `should_escape`, Slack turns a host name into `<http://host|host>`.
    """
    unlinked = _LINK.sub(lambda link: link[1] or link[2], text)
    return unlinked.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()
