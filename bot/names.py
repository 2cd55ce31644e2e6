"""One form of a server's name, for whatever compares names: finding, confirming, rules, the audit trail."""

import re
import unicodedata
from fnmatch import fnmatchcase
from functools import lru_cache

_PLAIN = str.maketrans(
    dict.fromkeys("‘’‚‛′ʼ`´", "'") | dict.fromkeys("“”„‟″«»", '"') | dict.fromkeys("‐‑‒–—―−⁃", "-")
)
"""What phones and word processors put for the signs that keyboards have."""
_INVISIBLE = frozenset({"Cc", "Cf", "Cs"})
_FILLERS = re.compile(
    r"[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Characters that can't be seen either, though Unicode does not count them among control characters."""


def is_same_name(one: str, other: str) -> bool:
    """Tell whether two texts name the same, as far as people can see."""
    return canonical_name(one) == canonical_name(other)


def fits(pattern: str, name: str) -> bool:
    """Tell whether a name fits a pattern, in which `*` stands for any characters and `?` for one."""
    return fnmatchcase(canonical_name(name), canonical_name(pattern).replace("[", "[[]"))


@lru_cache(maxsize=20_000)
def canonical_name(text: str) -> str:
    """Return a name without what people can't see or don't type; two that look the same have the same.

    Composed as Unicode's NFKC, case-folded, with plain quotes and hyphens, single spaces, no invisible
    characters, and emoji by their names, as Slack passes them on.
    """
    plain = _composed(_with_emoji_named(text)).translate(_PLAIN)
    seen = "".join(each for each in plain if each.isspace() or unicodedata.category(each) not in _INVISIBLE)
    return " ".join(_composed(_FILLERS.sub("", seen)).split())


def _composed(text: str) -> str:
    # Folding takes compositions apart, and composing may leave what folds.
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _with_emoji_named(text: str) -> str:
    if not any(unicodedata.category(each) in {"So", "Sk"} for each in text):
        return text
    # Its tables are large, and few servers are called so.
    import emoji  # noqa: PLC0415

    return emoji.demojize(text, language="alias")
