"""`functions.*`: how the bot's steps in Workflow Builder end."""

from bot.sandbox.slack.api_call import ApiError, Call, Method
from bot.sandbox.slack.workspace import Json, StepRun


def _complete(call: Call) -> Json:
    run = _running(call)
    outputs = call.args.get("outputs")
    if not isinstance(outputs, dict):
        raise ApiError("parameter_validation_failed")
    run.status, run.outputs = "completed", outputs
    run.ended.set()
    return {}


def _fail(call: Call) -> Json:
    run = _running(call)
    run.status, run.error = "failed", call.text("error")
    run.ended.set()
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
