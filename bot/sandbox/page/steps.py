"""Workflow Builder, as far as the bot's own steps go: fill one in, run it, and see what became of it."""

from collections.abc import Iterator

from htpy import (
    Node,
    button,
    code,
    dd,
    details,
    div,
    dl,
    dt,
    form,
    fragment,
    h2,
    h3,
    label,
    li,
    option,
    p,
    select,
    span,
    strong,
    summary,
    ul,
)
from htpy import input as input_

from bot.sandbox.page.posting import posts
from bot.sandbox.page.reader import Reader
from bot.sandbox.slack.functions import Function, Parameter
from bot.sandbox.slack.workspace import Json, StepRun, Workspace

_RUNS = 4
_USER = "slack#/types/user_id"
_CHANNEL = "slack#/types/channel_id"
_COLOURS = {"running": "busy", "completed": "good", "failed": "bad"}


def step_forms(reader: Reader) -> Node:
    """Draw a form for each of the bot's steps; nothing where it has none."""
    functions = list(reader.workspace.app.functions.values())
    return div("#drawer-steps.panel")[
        bool(functions)
        and fragment[
            h2["Workflow Builder"],
            p(".hint")["Run a workflow that is one step of the bot's, as the person you are."],
            (_step(function, reader) for function in functions),
        ]
    ]


def step_runs(reader: Reader) -> Node:
    """Draw how the last runs of the bot's steps went, newest first."""
    runs = list(reader.workspace.step_runs.values())[: -_RUNS - 1 : -1]
    return div("#drawer-runs.panel")[
        bool(runs) and fragment[h3["Last runs"], ul(".runs")[(_run(run, reader) for run in runs)]]
    ]


def step_inputs(function: Function, filled: Json) -> Json:
    """Return a step's inputs as Slack sends them; what was left empty is not sent."""
    given = {name: value for name, value in filled.items() if value not in (None, "", [])}
    kinds = {parameter.name: parameter.kind for parameter in function.inputs}
    unticked = {one.name: False for one in function.inputs if one.kind == "boolean" and one.is_required}
    return unticked | {name: _converted(kinds.get(name, "string"), value) for name, value in given.items()}


def _converted(kind: str, value: object) -> object:
    if kind == "boolean":
        return bool(value)
    if kind in ("integer", "number") and isinstance(value, str):
        try:
            return int(value) if kind == "integer" else float(value)
        except ValueError:
            return value
    return value


def _step(function: Function, reader: Reader) -> Node:
    body = {"callback_id": function.callback_id}
    return details(f"#step-{function.callback_id}.step-form")[
        summary[function.title],
        form(posts("/act/step", body), data_field="inputs")[
            p(".hint")[function.description],
            (_input(function, parameter, reader) for parameter in function.filled_in),
            div(".panel-buttons")[button(".btn.primary", type="submit")["Run the workflow"]],
        ],
    ]


def _input(function: Function, parameter: Parameter, reader: Reader) -> Node:
    field_id = f"step-{function.callback_id}-{parameter.name}"
    named: dict[str, str | bool] = {
        "id": field_id,
        "name": parameter.name,
        "required": parameter.is_required and parameter.kind != "boolean",
    }
    if parameter.kind == "boolean":
        return label(".box")[input_(named, type="checkbox", value="true"), span[_title(parameter)]]
    return div(".block-input")[
        label(".label", for_=field_id)[_title(parameter)],
        _field(parameter, named, reader),
        p(".field-error", role="alert"),
    ]


def _title(parameter: Parameter) -> Node:
    return [
        parameter.title,
        not parameter.is_required and parameter.kind != "boolean" and span(".optional")["(optional)"],
        bool(parameter.description) and span(".hint")[" ", parameter.description],
    ]


def _field(parameter: Parameter, named: dict[str, str | bool], reader: Reader) -> Node:
    if parameter.kind in (_USER, _CHANNEL):
        chosen = reader.person.id if parameter.kind == _USER else reader.place.channel.id
        return select(".input", named)[
            not parameter.is_required and option(value="")["none"],
            (
                option(value=value, selected=value == chosen)[name]
                for value, name in _offered(parameter.kind, reader.workspace)
            ),
        ]
    kind = "number" if parameter.kind in ("integer", "number") else "text"
    return input_(".input", named, type=kind, autocomplete="off")


def _offered(kind: str, workspace: Workspace) -> Iterator[tuple[str, str]]:
    if kind == _USER:
        yield from ((person.id, person.name) for person in workspace.people.values() if not person.deleted)
    else:
        channels = workspace.channels.values()
        yield from ((each.id, f"#{each.name}") for each in channels if each.kind != "im")


def _shown_inputs(run: StepRun, reader: Reader) -> Iterator[str]:
    for name, value in run.inputs.items():
        if isinstance(value, dict):  # Who acted, which is told besides.
            continue
        text = str(value)
        is_channel = text in reader.workspace.channels
        yield f"{name} {f'#{reader.channel_name(text)}' if is_channel else reader.user_name(text)}"


def _run(run: StepRun, reader: Reader) -> Node:
    function = reader.workspace.app.functions.get(run.callback_id)
    return li[
        div[
            strong[function.title if function else run.callback_id],
            " ",
            span(class_=["state", _COLOURS[run.status]])[run.status],
        ],
        div(".hint")[" · ".join([*_shown_inputs(run, reader), f"by {reader.user_name(run.person)}"])],
        run.error and p(".run-error")[run.error],
        bool(run.outputs)
        and dl(".outputs")[(fragment[dt[name], dd[code[str(value)]]] for name, value in run.outputs.items())],
    ]
