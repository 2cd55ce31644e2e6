"""All that a browser window shows, in parts that can be compared and sent again one by one."""

from dataclasses import dataclass, field
from typing import Literal

from htpy import Node, div, fragment

from bot.sandbox.page import drawer
from bot.sandbox.page.guide import guide, guide_count
from bot.sandbox.page.messages import channel_messages, thread_messages
from bot.sandbox.page.modal import home, modals
from bot.sandbox.page.provider_table import provider_table
from bot.sandbox.page.reader import Reader
from bot.sandbox.page.sidebar import sidebar
from bot.sandbox.page.stage import Stage
from bot.sandbox.page.steps import step_forms, step_runs

Patch = dict[Literal["target", "how", "html"], str]


@dataclass(frozen=True)
class Picture:
    """HTML by element id: single parts, and lists of items that mostly grow at their end."""

    parts: dict[str, str] = field(default_factory=dict)
    lists: dict[str, dict[str, str]] = field(default_factory=dict)

    def part(self, element: str) -> Node:
        """Return a part to put into a page."""
        return Drawn(self.parts[element])

    def list(self, element: str) -> Node:
        """Return a whole list to put into a page."""
        return Drawn(_list_html(element, self.lists[element]))


@dataclass(frozen=True)
class Drawn:
    """HTML that htpy has made, and so has escaped, already."""

    html: str

    def __html__(self) -> str:
        """Return it, by the protocol of escaping libraries."""
        return self.html


def take_picture(stage: Stage, reader: Reader) -> Picture:
    """Draw everything the reader sees now."""
    parts = {
        "sidebar": sidebar(reader),
        "modals": modals(reader),
        "status": drawer.status(stage),
        "guide-steps": guide(stage, reader),
        "guide-count": guide_count(stage),
        "drawer-bot": drawer.bot_controls(stage),
        "drawer-faults": drawer.fault_controls(stage),
        "drawer-complaints": drawer.complaints(stage),
        "drawer-provider": provider_table(stage.provider),
        "drawer-steps": step_forms(reader),
        "drawer-runs": step_runs(reader),
    }
    lists = {}
    if reader.place.tab == "home":
        parts["home"] = home(reader)
    else:
        lists["messages"] = channel_messages(reader)
    if reader.place.thread:
        lists["thread-messages"] = thread_messages(reader)
    return Picture(
        {element: html(node) for element, node in parts.items()},
        {element: {key: html(node) for key, node in nodes.items()} for element, nodes in lists.items()},
    )


def html(node: Node) -> str:
    """Return a node as HTML text."""
    return str(fragment[node])


def difference(before: Picture, after: Picture) -> list[Patch]:
    """Return the patches that make a window showing `before` show `after`."""
    patches = [
        _patch("replace", element, drawn)
        for element, drawn in after.parts.items()
        if before.parts.get(element) != drawn
    ]
    for element, items in after.lists.items():
        patches += _list_patches(element, before.lists.get(element), items)
    return patches


def _list_patches(element: str, before: dict[str, str] | None, after: dict[str, str]) -> list[Patch]:
    if before is None:
        return [_patch("replace", element, _list_html(element, after))]
    kept = [key for key in before if key in after]
    if list(after)[: len(kept)] != kept:
        return [_patch("replace", element, _list_html(element, after))]
    return [
        *(_patch("remove", key, "") for key in before if key not in after),
        *(_patch("replace", key, after[key]) for key in kept if before[key] != after[key]),
        *(_patch("append", element, after[key]) for key in list(after)[len(kept) :]),
    ]


def _list_html(element: str, items: dict[str, str]) -> str:
    return html(div(id=element)[Drawn("".join(items.values()))])


def _patch(how: str, target: str, drawn: str) -> Patch:
    return {"target": target, "how": how, "html": drawn}
