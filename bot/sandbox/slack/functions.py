"""The app's steps in Workflow Builder, as its manifest describes them.

https://docs.slack.dev/workflows/workflow-steps
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox.slack.block_kit_rules import Rule, anything, at, items, matching, shape, string

Json = dict[str, Any]

_PARAMETER = shape(
    {"type": matching(r"string|number|integer|boolean|slack#/types/\w+"), "title": string(255)},
    {"description": string(255), "hint": string(255), "name": string(255), "is_hidden": anything},
)


@dataclass(frozen=True)
class Parameter:
    """Something that a step takes or gives."""

    name: str
    kind: str
    title: str
    description: str
    is_required: bool

    def as_json(self) -> Json:
        """Return it as Slack describes it to the app."""
        return {
            "type": self.kind,
            "name": self.name,
            "description": self.description,
            "title": self.title,
            "is_required": self.is_required,
        }


USER_CONTEXT = "slack#/types/user_context"
"""Filled in by Slack with who started the workflow: nobody can set it (reference/types/user_context-type)."""


@dataclass(frozen=True)
class Function:
    """A step: what people call it, what they fill in, and what later steps get from it."""

    callback_id: str
    title: str
    description: str
    inputs: tuple[Parameter, ...]
    outputs: tuple[Parameter, ...]

    @property
    def filled_in(self) -> tuple[Parameter, ...]:
        """What whoever builds the workflow fills in."""
        return tuple(one for one in self.inputs if one.kind != USER_CONTEXT)

    @property
    def filled_in_by_slack(self) -> tuple[Parameter, ...]:
        """What Slack fills in with the person who started the workflow."""
        return tuple(one for one in self.inputs if one.kind == USER_CONTEXT)


def read_functions(manifest: Json) -> dict[str, Function]:
    """Return the steps of a manifest that keeps `functions_rule`, by callback id."""
    return {
        callback_id: Function(
            callback_id,
            known["title"],
            known["description"],
            _parameters(known["input_parameters"]),
            _parameters(known["output_parameters"]),
        )
        for callback_id, known in (manifest.get("functions") or {}).items()
    }


def _parameters(declared: Json) -> tuple[Parameter, ...]:
    needed = declared.get("required") or []
    return tuple(
        Parameter(name, one["type"], one["title"], one.get("description", ""), name in needed)
        for name, one in declared["properties"].items()
    )


def functions_rule(value: Any, pointer: str) -> Iterator[str]:
    """Functions by callback id, each with its parameters by name."""
    yield from _each(value, pointer, _FUNCTION)


def _properties(value: Any, pointer: str) -> Iterator[str]:
    yield from _each(value, pointer, _PARAMETER)


def _each(value: Any, pointer: str, rule: Rule) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield at(pointer, "must be an object")
        return
    for name, one in value.items():
        yield from rule(one, f"{pointer}/{name}")


_PARAMETERS = shape({"properties": _properties}, {"required": items(string(255), 100, 0)})
_FUNCTION = shape(
    {
        "title": string(255),
        "description": string(255),
        "input_parameters": _PARAMETERS,
        "output_parameters": _PARAMETERS,
    }
)
