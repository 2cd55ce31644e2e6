"""Fields in which one chooses: selects, type-ahead, checkboxes and radio buttons."""

import json
from collections.abc import Iterable, Iterator

from htpy import Node, div, fragment, label, optgroup, option, select, span, template, ul
from htpy import input as input_

from bot.sandbox.page.field import Field, description
from bot.sandbox.page.posting import Attributes
from bot.sandbox.page.text import draw_text, words
from bot.sandbox.slack.workspace import Json

_POSTED = ("name", "data-post", "data-body", "data-confirm")


def draw_select(field: Field) -> Node:
    """Draw a select with its own options."""
    many = field.kind.startswith("multi_")
    picked = _picked(field, many=many)
    groups = field.element.get("option_groups")
    options = (
        (optgroup(label=words(group.get("label")))[_options(group["options"], picked)] for group in groups)
        if groups
        else _options(field.element.get("options", []), picked)
    )
    return _native_select(field, options, many=many)


def _picked(field: Field, *, many: bool) -> set[str]:
    chosen = field.current("options" if many else "option")
    chosen_options = (chosen or []) if many else [chosen or {}]
    return {str(item.get("value")) for item in chosen_options}


def _options(options: Iterable[Json], picked: set[str]) -> Iterator[Node]:
    for item in options:
        value = str(item.get("value", ""))
        note = words(item.get("description"))
        shown = words(item.get("text"))
        yield option(value=value, selected=value in picked)[f"{shown} — {note}" if note else shown]


def _native_select(field: Field, options: Node, *, many: bool) -> Node:
    prompt = None if many else option(value="")[field.placeholder or "Choose one"]
    return select(".input", field.attributes, id=field.id, multiple=many)[prompt, options]


def draw_people(field: Field) -> Node:
    """Draw a select of the people of the workspace."""
    people = field.canvas.reader.workspace.people.values()
    return _from_workspace(field, "user", {person.id: person.name for person in people})


def draw_channels(field: Field) -> Node:
    """Draw a select of the channels the person can see."""
    reader = field.canvas.reader
    what = "conversation" if "conversations" in field.kind else "channel"
    seen = (item for item in reader.workspace.channels.values() if item.kind != "im")
    names = {item.id: f"#{item.name}" for item in seen if reader.workspace.can_see(reader.person.id, item)}
    return _from_workspace(field, what, names)


def _from_workspace(field: Field, what: str, names: dict[str, str]) -> Node:
    many = field.kind.startswith("multi_")
    current = field.current(f"{what}s" if many else what)
    picked = set(current or []) if many else {current}
    options = [option(value=key, selected=key in picked)[name] for key, name in names.items()]
    return _native_select(field, options, many=many)


def draw_external(field: Field) -> Node:
    """Draw a select whose options the bot gives while one types; of several, each chosen one is a box."""
    many = field.kind.startswith("multi_")
    chosen = field.current("options" if many else "option")
    visible = {"required", "aria-describedby", "aria-invalid", "aria-label"}
    shown = {name: value for name, value in field.attributes.items() if name in visible}
    least = field.element.get("min_query_length", 3)
    return div(".combobox", {"data-suggest": "/act/suggests"}, data_least=str(least))[
        _chosen_boxes(field, chosen or []) if many else None,
        input_(
            ".input",
            shown,
            id=field.id,
            type="text",
            role="combobox",
            aria_expanded="false",
            aria_autocomplete="list",
            aria_controls=f"{field.id}-list",
            autocomplete="off",
            spellcheck="false",
            placeholder=field.placeholder or "Type to search",
            value=None if many else words((chosen or {}).get("text")),
            required=shown.get("required") and not (many and chosen),
        ),
        None if many else input_(_posting(field), type="hidden", value=str((chosen or {}).get("value", ""))),
        ul(
            f"#{field.id}-list.listbox",
            role="listbox",
            aria_label=field.placeholder or "Matches",
            hidden=True,
        ),
    ]


def _posting(field: Field) -> Attributes:
    """Return what an external select's value carries: where it is posted, and whom to ask for options."""
    target = field.canvas.surface.address | {"action_id": field.action_id, "block_id": field.block_id}
    own = {name: field.attributes[name] for name in _POSTED if name in field.attributes}
    return own | {"data-target": json.dumps(target)}


def _chosen_boxes(field: Field, chosen: list[Json]) -> Node:
    attributes: Attributes = {"name": field.id, **_posting(field)}

    def box(item: Json) -> Node:
        return label(".box")[
            input_(attributes, type="checkbox", value=str(item.get("value", "")), checked=True),
            span(".box-text")[words(item.get("text"))],
        ]

    return fragment[
        div(".boxes.chosen")[map(box, chosen)], template({"data-target": attributes["data-target"]})[box({})]
    ]


def draw_boxes(field: Field) -> Node:
    """Draw checkboxes or radio buttons."""
    one = field.kind == "radio_buttons"
    picked = _picked(field, many=not one)
    name = field.attributes.get("name") or field.id
    attributes = field.attributes | {
        "name": name,
        "aria-label": None,
        "aria-describedby": None,
        "required": None,
    }
    if one:
        attributes["required"] = field.attributes.get("required")
    return div(
        f"#{field.id}.boxes",
        role="radiogroup" if one else "group",
        aria_label=field.attributes.get("aria-label"),
        aria_describedby=field.attributes.get("aria-describedby"),
        tabindex="-1",
        data_needs_one=bool(field.attributes.get("required")) and not one,
    )[
        (
            label(".box")[
                input_(
                    attributes,
                    type="radio" if one else "checkbox",
                    value=str(item.get("value", "")),
                    checked=str(item.get("value")) in picked,
                ),
                span[
                    span(".box-text")[draw_text(item.get("text"), field.canvas.reader)],
                    description(item, field.canvas),
                ],
            ]
            for item in field.element.get("options", [])
        )
    ]
