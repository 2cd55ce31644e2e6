"""Hiding secrets in texts, however they are spelled there."""

import base64
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from pydantic import SecretStr

MASK = "[hidden]"

# Slack's token kinds, what an Authorization header carries, a socket's ticket, a password in an address, and
# response addresses, which let whoever knows one post for the bot.
_SECRET_LOOKING = re.compile(
    r"x(?:ox[a-z]|app|wfp|oxe)[-.][\w.%-]+"
    r"|(?i:bearer)\s+[\w.~+/=%-]+"
    r"|(?i:authorization\W+basic)\s+[\w+/=-]+"
    r"|(?<=ticket=)[^&\s'\"]+"
    r"|(?i:(?<=password=)|(?<=passwd=)|(?<=passfile=)|(?<=pwd=))[^&\s'\"]+"
    r"|(?<=://)[^/\s:@'\"]*:[^/\s'\"]+(?=@)"
    r"|(?<=://hooks\.slack\.com/)[^\s'\"]+"
    r"|(?<=://hooks\.slack-gov\.com/)[^\s'\"]+"
)
_SPELLED_OTHERWISE = re.compile(r"[%\\&]")
_SHORTEST_ENCODED = 8
"""Characters; what is shorter may stand in any text."""


class Mask:
    """Hides some secrets, and whatever looks like one."""

    def __init__(self, secrets: Iterable[SecretStr]) -> None:
        values = {secret.get_secret_value() for secret in secrets} - {""}
        # The longest first, so that no rest of one that contains another stays behind.
        longest_first = sorted(values, key=len, reverse=True)
        literal = sorted({form for value in values for form in _encoded(value)}, key=len, reverse=True)
        self._literal = re.compile("|".join(map(re.escape, literal))) if values else None
        self._spelled = re.compile("|".join(map(_in_any_spelling, longest_first))) if values else None

    def text(self, text: str) -> str:
        """Return the text with each secret replaced by `MASK`.

        Found are also those with characters escaped as in JSON, addresses or HTML, and those in base64.
        """
        if self._literal and self._spelled:
            text = self._literal.sub(MASK, text)
            if _SPELLED_OTHERWISE.search(text):
                text = self._spelled.sub(MASK, text)
        return _SECRET_LOOKING.sub(MASK, text)


def _encoded(secret: str) -> Iterator[str]:
    yield secret
    yield quote(secret, safe="")
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for before, shared in enumerate((0, 2, 3)):
            # Where it stands among what was encoded decides which characters hold bits of its neighbours too.
            encoded = b"\0" * before + secret.encode()
            whole = encode(encoded).decode().rstrip("=")
            certain = whole[shared : len(whole) - (len(encoded) % 3 > 0)]
            if len(certain) >= _SHORTEST_ENCODED:
                yield certain


def _in_any_spelling(secret: str) -> str:
    return "".join(map(_character, secret))


def _character(character: str) -> str:
    number = ord(character)
    percent = "".join(f"%(?:25){{0,3}}{_hex(byte)}" for byte in character.encode())
    unicode = rf"\\{{1,8}}u{_hex(number, 4)}" if number <= 0xFFFF else "(?!)"
    html = rf"&(?:amp;){{0,3}}#(?:0{{0,6}}{number}|[xX]0{{0,6}}{_hex(number, 1)});"
    return rf"(?:\\{{0,8}}{re.escape(character)}|{percent}|{unicode}|{html})"


def _hex(number: int, digits: int = 2) -> str:
    return f"(?i:{number:0{digits}x})"
