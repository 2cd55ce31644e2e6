"""`functions.*`: how the bot's steps in Workflow Builder end."""

from bot.sandbox.slack.api_call import ApiError, Call, Method
from bot.sandbox.slack.functions import Function
from bot.sandbox.slack.workspace import Change, Json, StepRun

_PYTHON: dict[str, type | tuple[type, ...]] = {
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "slack#/types/timestamp": int,
}


def _complete(call: Call) -> Json:
    run = _running(call)
    outputs = call.args.get("outputs")
    if not isinstance(outputs, dict) or not _fits(call.workspace.app.functions[run.callback_id], outputs):
        raise ApiError("parameter_validation_failed")
    run.status, run.outputs = "completed", outputs
    return _ended(call, run)


def _fail(call: Call) -> Json:
    run = _running(call)
    run.status, run.error = "failed", call.text("error")
    return _ended(call, run)


def _fits(function: Function, outputs: Json) -> bool:
    """Tell whether all outputs that are required are there, each of its own kind."""
    return all(
        isinstance(outputs[one.name], _PYTHON.get(one.kind, str))
        if one.name in outputs
        else not one.is_required
        for one in function.outputs
    )


def _ended(call: Call, run: StepRun) -> Json:
    run.ended.set()
    call.workspace.changed(Change("step"))
    return {}


def _running(call: Call) -> StepRun:
    run = call.workspace.step_runs.get(call.text("function_execution_id"))
    if run is None:
        raise ApiError("function_execution_not_found")
    if run.status != "running":
        raise ApiError("execution_not_in_running_state")
    return run


METHODS = {
    "functions.completeSuccess": Method(_complete),
    "functions.completeError": Method(_fail),
}
