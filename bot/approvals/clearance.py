"""The last look before something is changed: may whoever asked still do it, and is it on record?"""

from pydantic import BaseModel, ConfigDict

from bot.approvals.wait import decide_for, patiently
from bot.audit.record import entry_of, record
from bot.authority import authority
from bot.errors import NotAllowed
from bot.operations.engine import step
from bot.operations.model import Failure, Operation
from bot.permissions import AskFirst


class Rights(BaseModel):
    """Whoever asked may go ahead, unless there is a failure."""

    model_config = ConfigDict(frozen=True)

    failure: Failure | None = None


async def clear(operation: Operation, link: str) -> Failure | None:
    """Return why the operation must not go ahead; None where it may, and its start is on record."""
    rights = await check_rights(operation)
    if rights.failure:
        return rights.failure
    return (await record(entry_of(operation, "started", permalink=link))).failure


@step("check_rights", waits=True)
async def check_rights(operation: Operation) -> Rights:
    """Decide once more, by the rules and people of this moment."""
    try:
        decision = await patiently(decide_for)(operation)
        if isinstance(decision, AskFirst):
            await _check_second_person(operation, decision)
    except NotAllowed as error:
        return Rights(failure=Failure.of(error))
    return Rights()


async def _check_second_person(operation: Operation, decision: AskFirst) -> None:
    if operation.broke_glass:
        if not decision.break_glass:
            raise NotAllowed("By now the rules for this server know no break-glass.", "Ask again.")
        return
    if not operation.approved_by:
        raise NotAllowed("By now this needs a second person.", "Ask again, and I will ask them.")
    asked_by, server = operation.asked_by, operation.server_name
    try:
        await patiently(authority().check_approval)(operation.approved_by, "", asked_by, server)
    except NotAllowed as error:
        raise NotAllowed(
            "Whoever approved this may no longer decide on this server.", "Ask again.", who=error.who
        ) from error
