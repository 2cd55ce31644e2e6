"""Reading HTML as a browser would, to see what really became of a text."""

from html.parser import HTMLParser


class Markup(HTMLParser):
    """The tags, attributes and text of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(str(html))  # a plain one: slices of htpy's escape themselves when they are put together
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def is_harmless(markup: Markup, *, with_picture: bool = False) -> bool:
    """Whether nothing in it runs, loads or posts by itself; a picture may be there where one is drawn."""
    bad_tags = markup.tags & {"script", "style", "iframe", "object", "embed", "link", "base", "meta", "svg"}
    if with_picture:
        bad_tags -= {"svg"}
    bad_attributes = [
        (name, value)
        for name, value in markup.attributes
        if name.startswith("on")
        or name == "style"
        or (name in {"href", "src", "action"} and value.strip().lower().startswith(("javascript:", "data:")))
    ]
    return not bad_tags and not bad_attributes
