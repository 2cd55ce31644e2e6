"""Faces and names: the small things by which one tells people and the bot apart."""

from hashlib import blake2s

from htpy import Node, span

from bot.sandbox.page.reader import Reader
from bot.sandbox.workspace import SLACKBOT

_COLOURS = 8


def avatar(user: str, reader: Reader, size: str = "") -> Node:
    """Draw a coloured square with initials; the bot and Slackbot have squares of their own."""
    name = reader.user_name(user)
    if user == reader.workspace.app.bot_user:
        return span(".avatar.avatar-bot", class_=size, aria_hidden="true")
    if user == SLACKBOT:
        return span(".avatar.avatar-slackbot", class_=size, aria_hidden="true")["S"]
    colour = blake2s(user.encode(), digest_size=2).digest()[0] % _COLOURS
    initials = "".join(word[0] for word in name.split()[:2]).upper()
    return span(".avatar", class_=[size, f"avatar-{colour}"], aria_hidden="true")[initials]


def app_badge() -> Node:
    """Draw the badge that tells an app from a person."""
    return span(".badge")["APP"]
