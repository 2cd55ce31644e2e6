"""`blocks.validate`: Slack as the judge of blocks, messages and views that nobody has sent yet.

https://docs.slack.dev/reference/methods/blocks.validate
"""

import re
from typing import get_args

from bot.sandbox.slack.api_call import ApiError, Call, Method
from bot.sandbox.slack.block_kit import Surface, message_problems, problems, view_problems
from bot.sandbox.slack.workspace import Json

_KINDS = {"blocks": list, "message": dict, "view": dict}
_PROBLEM = re.compile(r"(?P<message>.*) \[json-pointer:(?P<pointer>.*)\]", re.DOTALL)


def _validate(call: Call) -> Json:
    given = [kind for kind in _KINDS if call.args.get(kind) is not None]
    if len(given) != 1 or not isinstance(call.args[given[0]], _KINDS[given[0]]):
        messages = ["[ERROR] must provide exactly one of: blocks, message, view"]
        raise ApiError("invalid_arguments", response_metadata={"messages": messages})
    [kind] = given
    if found := _problems(call, kind):
        raise ApiError(f"invalid_{kind}", errors=[_described(problem, kind) for problem in found])
    return {}


def _problems(call: Call, kind: str) -> list[str]:
    value, newer = call.args[kind], not call.workspace.faults.newer_blocks_refused
    match kind:
        case "message":
            return message_problems(value, newer=newer)
        case "view":
            return view_problems(value, newer=newer)
    # Nothing says where such blocks are to stand: they are fine if they are so anywhere.
    surfaces: tuple[Surface, ...] = get_args(Surface)
    return min((problems(value, surface, newer=newer) for surface in surfaces), key=len)


def _described(problem: str, kind: str) -> Json:
    """Say a problem as Slack does, its pointer beginning at what was given."""
    found = _PROBLEM.fullmatch(problem)
    message, pointer = (found["message"], found["pointer"]) if found else (problem, "")
    within = "" if kind == "message" else f"/{kind}"
    return {
        "pointer": pointer.removeprefix(within),
        "code": "failed_constraint",
        "message": message,
        "constraint": None,
    }


METHODS = {"blocks.validate": Method(_validate)}
