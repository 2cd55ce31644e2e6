"""Running a step of a workflow: decide, do it, tell Slack. Durable from the event to the answer.

A backup is a normal operation, which tells Slack itself how it ended (`lifecycle.report_operation`).
"""

import structlog

from bot import lifecycle
from bot.authorizer import until_known
from bot.backups.model import newest
from bot.backups.requests import common_fields, typed_server
from bot.errors import BotError, Failure, InvalidResponse, Nonsense, NotChecked
from bot.functions import messages
from bot.functions.model import FoundBackup, Function, FunctionRun, Problem, Result
from bot.notifications.functions import Outputs, complete
from bot.operations import engine
from bot.operations.engine import step, workflow
from bot.operations.model import CreateOperation
from bot.permissions import NeedsApproval
from bot.services import services
from bot.slack.interaction import Interaction, note_refusal
from bot.slack.text import duration
from bot.verbs import Verb

log = structlog.get_logger()


def run_id(execution_id: str) -> str:
    """Return the id of the workflow that runs a step; the same if Slack delivers the event again."""
    return f"function:{execution_id}"


@workflow("run_function", about=lambda run, *_: {"execution": run.id})
async def run_function(run: FunctionRun) -> None:
    """Run a step: begin the operation that it stands for, or tell Slack at once what came of it."""
    try:
        result = await carry_out(run)
        if result.operation:
            await engine.start_next(lifecycle.request_operation, result.operation.id, result.operation)
            return
    except engine.NOT_BUGS:
        raise
    except Exception:  # A bug must not leave the workflow waiting for ever.
        log.exception("function_broke")
        result = Result(problem=Problem.INTERNAL_ERROR)
    await answer(run, result)


@step("carry_out_function", interruptible=True)
async def carry_out(run: FunctionRun) -> Result:
    """Return what came of a run, by the rules and people of this moment; outlasts an outage of Slack."""
    if not run.person:
        log.warning("function_by_nobody", function=run.function)
        return Result(problem=Problem.NO_PERSON)
    if not run.server:
        return Result(problem=Problem.NO_SERVER)
    work = {Function.BACK_UP: _back_up, Function.FIND_BACKUP: _find_backup}[run.function]
    try:
        return await until_known(work)(run, _interaction(run))
    except NotChecked:
        raise
    except BotError as error:
        note_refusal(error, run.person)
        return Result(failure=Failure.of(error))


@step("answer_function", interruptible=True)
async def answer(run: FunctionRun, result: Result) -> None:
    """Tell Slack what came of a run that began no operation. Outlasts any outage of Slack."""
    slack = services().slack
    if result.found:
        await complete(slack, run.id, outputs=_outputs(result.found))
    elif result.failure:
        await complete(slack, run.id, error=messages.refusal(result.failure.error))
    else:
        problem = result.problem or Problem.INTERNAL_ERROR
        await complete(slack, run.id, error=messages.problem(problem, result.server_name))


async def _back_up(run: FunctionRun, interaction: Interaction) -> Result:
    authorizer = services().authorizer
    await authorizer.require(interaction, Verb.CREATE)
    server = await typed_server(interaction, Verb.CREATE, run.server)
    decision = await authorizer.require(interaction, Verb.CREATE, server.name)
    if isinstance(decision, NeedsApproval) and not run.reason:
        return Result(problem=Problem.NO_REASON)
    fields = common_fields(
        interaction, Verb.CREATE, server, run.channel, decision=decision, reason=run.reason
    )
    return Result(operation=CreateOperation(**fields | {"requested_at": run.at}))


async def _find_backup(run: FunctionRun, interaction: Interaction) -> Result:
    authorizer = services().authorizer
    await authorizer.require(interaction, Verb.LIST)
    server = await typed_server(interaction, Verb.LIST, run.server)
    await authorizer.require(interaction, Verb.LIST, server.name)
    services().looks.spend(run.person)
    listing = await services().backups.list_to_show(server.id)
    if listing.not_shown:
        # The last good one may be among those that can't be read.
        raise InvalidResponse(nonsense=Nonsense.PARTIAL_LIST)
    good = newest([backup for backup in listing.backups if backup.is_complete], 1)
    if not good:
        return Result(problem=Problem.NO_BACKUP, server_name=server.name)
    [last] = good
    seen = FoundBackup(id=last.id, created_at=last.created_at, seen_at=services().now(), size_mb=last.size_mb)
    return Result(found=seen)


def _outputs(found: FoundBackup) -> Outputs:
    size = {} if found.size_mb is None else {"size_mb": found.size_mb}
    return {
        "backup_id": str(found.id),
        "moment": int(found.created_at.timestamp()),
        "age": duration(found.age_seconds),
        "age_hours": round(found.age_seconds / 3600, 2),
        **size,
    }


def _interaction(run: FunctionRun) -> Interaction:
    """Return the run as something that a person did, so that it is decided on like anything they do."""

    async def ack(**_: object) -> None:
        return

    event = {"type": "function_executed", "function_execution_id": run.id}
    who = {"user_id": run.person, "team_id": run.team, "channel_id": run.channel}
    interaction = Interaction({"event": event, **who}, services().slack, ack)
    interaction.is_acked = True
    return interaction
