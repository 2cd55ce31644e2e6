"""Faces and names: the small things by which one tells people and the bot apart."""

from htpy import Node, span

from bot.sandbox.page.reader import Reader
from bot.sandbox.slack.workspace import SLACKBOT

_COLOURS = 8
_STEP = 3
"""So that neighbours in the list of people get colours that differ well."""


def avatar(user: str, reader: Reader, size: str = "") -> Node:
    """Draw a coloured square with initials; the bot and Slackbot have squares of their own."""
    name = reader.user_name(user)
    if user == reader.workspace.app.bot_user:
        return span(class_=["avatar avatar-bot", size], aria_hidden="true")
    if user == SLACKBOT:
        return span(class_=["avatar avatar-slackbot", size], aria_hidden="true")["S"]
    people = list(reader.workspace.people)
    colour = people.index(user) * _STEP % _COLOURS if user in people else _COLOURS - 2
    initials = "".join(word[0] for word in name.split()[:2]).upper()
    return span(class_=["avatar", size, f"avatar-{colour}"], aria_hidden="true")[initials]


def app_badge() -> Node:
    """Draw the badge that tells an app from a person."""
    return span(".badge")["APP"]
