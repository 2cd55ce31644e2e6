"""What people type after `/backup servers`."""

from bot.verbs import Verb, read_words


def read_servers(text: str) -> str:
    """Return the part of a name or an address by which servers are looked for; empty for all.

    Raises:
        UsageError: a quote is not closed.
    """
    return " ".join(word.text for word in read_words(text, Verb.SERVERS))
