"""The buttons under a question: Approve, Decline, and the requester's Withdraw and Break glass."""

from bot.approvals import messages, views
from bot.approvals.approval import TOPIC, check_choice, is_deciding
from bot.approvals.model import Choice, Vote
from bot.errors import Denial, Misuse, NotAllowed, NotChecked, UsageError
from bot.names import is_same_name
from bot.operations import engine, records
from bot.operations.digest import digest_of_request
from bot.operations.messages import wrong_name
from bot.operations.model import Operation
from bot.operations.records import DECIDED, Stage
from bot.services import services
from bot.slack import ids
from bot.slack.dispatch import Handlers
from bot.slack.forms import REASON_LIMIT, RequestForm, read_form
from bot.slack.interaction import Interaction


async def approve(interaction: Interaction) -> None:
    """Approve. The request looks itself whether all is as it was shown."""
    await _decide(interaction, _of_button(interaction), Choice.APPROVED)


async def use_menu(interaction: Interaction) -> None:
    """Take back one's own request, or ask for what breaking the glass needs."""
    choice, form = RequestForm.chosen(interaction.value)
    if choice == Choice.WITHDRAWN:
        await _decide(interaction, form, Choice.WITHDRAWN)
    elif choice == Choice.BREAK_GLASS:
        await open_break_glass_form(interaction, form)
    else:
        raise UsageError(Misuse.OLD_BUTTON)


async def open_link(interaction: Interaction) -> None:
    """Do nothing: Slack opens the link by itself, and tells us."""
    await interaction.ack()


async def open_decline_form(interaction: Interaction) -> None:
    """Ask for a reason."""
    form = _of_button(interaction)
    operation, _ = await _checked(interaction, form, Choice.DECLINED)
    await interaction.open_view(views.decline_form(form, operation))


async def decline(interaction: Interaction) -> None:
    """Decline."""
    await _decide(interaction, _of_modal(interaction), Choice.DECLINED)


async def open_break_glass_form(interaction: Interaction, form: RequestForm) -> None:
    """Ask for a reason and the server's name once more."""
    operation, _ = await _checked(interaction, form, Choice.BREAK_GLASS)
    await interaction.open_view(views.break_glass_form(form, operation))


async def break_glass(interaction: Interaction) -> None:
    """Go ahead alone, if there is a reason and the name is right."""
    operation, vote = await _checked(interaction, _of_modal(interaction), Choice.BREAK_GLASS)
    if not vote.comment:
        await interaction.ack(response_action="errors", errors={ids.REASON: messages.REASON_NEEDED})
    elif not is_same_name(interaction.typed(ids.TYPED_NAME), operation.server_name):
        error = wrong_name(operation.server_name)
        await interaction.ack(response_action="errors", errors={ids.TYPED_NAME: error})
    else:
        await _cast(interaction, operation, vote)


async def _decide(interaction: Interaction, form: RequestForm, choice: Choice) -> None:
    await _cast(interaction, *await _checked(interaction, form, choice))


def _of_button(interaction: Interaction) -> RequestForm:
    return read_form(RequestForm, interaction.value)


def _of_modal(interaction: Interaction) -> RequestForm:
    return read_form(RequestForm, interaction.private_metadata)


async def _checked(interaction: Interaction, form: RequestForm, choice: Choice) -> tuple[Operation, Vote]:
    """Return what is decided on, and the decision, if this person can make it."""
    async with interaction.database_deadline():
        operation = await _undecided(form)
    vote = Vote(
        choice=choice,
        person=interaction.person,
        team=interaction.team,
        shown=form.shown,
        comment=interaction.typed(ids.REASON)[:REASON_LIMIT],
        at=services().now(),
        delivery_id=interaction.delivery_id,
    )
    denials = services().authorizer.audit_denials(
        interaction, choice.action, operation.server_name, operation=operation.id
    )
    async with denials:
        try:
            async with interaction.ack_deadline():
                await check_choice(operation, vote)
        except TimeoutError:
            raise NotChecked(Denial.NOT_IN_TIME) from None
    return operation, vote


async def _undecided(form: RequestForm) -> Operation:
    found = await records.find(form.operation)
    is_open = found is not None and found.stage is Stage.AWAITING_APPROVAL
    if found is None or not is_open or await engine.event(form.operation, DECIDED):
        raise UsageError(Misuse.DECIDED_ALREADY)
    if digest_of_request(found.operation) != form.shown:
        raise UsageError(Misuse.OTHER_REQUEST)
    return found.operation


async def _cast(interaction: Interaction, operation: Operation, vote: Vote) -> None:
    key = f"{operation.id}:{interaction.delivery_id}"
    await engine.send(operation.id, TOPIC, vote.model_dump(mode="json"), key)
    await interaction.ack()
    # Decided in between, the request may have read its last message before this one came.
    decided = await engine.event(operation.id, DECIDED)
    if decided and not is_deciding(vote, decided):
        raise NotAllowed(Denial.DECIDED_ALREADY)


HANDLERS = Handlers(
    actions={
        ids.APPROVE: approve,
        ids.DECLINE: open_decline_form,
        ids.REQUEST_MENU: use_menu,
        ids.OPEN_LINK: open_link,
    },
    views={ids.DECLINE_MODAL: decline, ids.BREAK_GLASS_MODAL: break_glass},
)
