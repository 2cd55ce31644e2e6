"""What people type after `/backup status`."""

from bot.verbs import Verb, read_words


def read_status(text: str) -> str:
    """Return the server that is meant; empty for all.

    Raises:
        UsageError: a quote is not closed.
    """
    return " ".join(word.text for word in read_words(text, Verb.STATUS))
