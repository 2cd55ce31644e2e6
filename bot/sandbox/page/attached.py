"""What hangs on a message below its words: files to download, and reactions."""

from htpy import Node, a, div, fragment, span, strong

from bot.sandbox.page.emoji import with_emoji
from bot.sandbox.page.reader import Reader
from bot.sandbox.slack.payloads import file_path
from bot.sandbox.slack.workspace import File, Message


def attached(message: Message, reader: Reader) -> Node:
    """Draw a message's files and reactions; nothing where it has none."""
    return fragment[
        (_file(file) for file in message.files),
        message.reactions
        and div(".reactions")[(_reaction(name, message, reader) for name in message.reactions)],
    ]


def _file(file: File) -> Node:
    return div(".card.file")[
        "📄 ",
        a(".link", href=file_path(file), download=file.name)[strong[file.title or file.name]],
        " ",
        span(".hint")[f"{file.name} · {file.size:,} bytes"],
    ]


def _reaction(name: str, message: Message, reader: Reader) -> Node:
    who = message.reactions[name]
    names = ", ".join(map(reader.user_name, who))
    return span(".reaction", title=f"{names} reacted with :{name}:")[with_emoji(f":{name}:"), f" {len(who)}"]
