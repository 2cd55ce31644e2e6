"""Links that leave the page: only to addresses that can do no harm, and never fetched by the page."""

from urllib.parse import urlsplit

from htpy import Node, a

_SCHEMES = {"http", "https", "mailto"}


def safe_address(address: str) -> str | None:
    """Return the address if it is an ordinary web or mail address, else None (`javascript:` and such)."""
    try:
        scheme = urlsplit(address).scheme.lower()
    except ValueError:
        return None
    return address if scheme in _SCHEMES else None


def link(address: str, label: Node = None) -> Node:
    """Draw a link, or the bare label where the address is not safe to follow."""
    href = safe_address(address)
    shown = address.removeprefix("mailto:") if label is None else label
    if href is None:
        return shown
    return a(".link", href=href, target="_blank", rel="noopener noreferrer")[shown]
