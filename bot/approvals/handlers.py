"""The buttons under a question: Approve, Deny, Withdraw, Break glass."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from slack_bolt.async_app import AsyncApp

from bot.approvals import views
from bot.approvals.model import VERBS, Choice, Vote
from bot.approvals.wait import TOPIC, check_choice
from bot.audit.refusals import noting_refusals
from bot.errors import NotUnderstood, Outdated
from bot.operations import engine, records
from bot.operations.model import Operation
from bot.slack import ids
from bot.slack.forms import RequestForm, read
from bot.slack.interaction import Interaction, heard
from bot.slack.state import written

CheckStillSo = Callable[[Interaction, Operation], Awaitable[None]]
"""Raises Outdated where what was asked for is no longer as it was shown; in time for Slack's ack."""


class ApprovalHandlers:
    """Hears what a second person decides. The workflow decides again whether it counts."""

    def __init__(self, check_still_so: CheckStillSo) -> None:
        self._check_still_so = check_still_so

    def register(self, app: AsyncApp) -> None:
        """Hear the buttons and the two forms."""
        app.action(ids.APPROVE)(heard(self.approved))
        app.action(ids.WITHDRAW)(heard(self.withdrawn))
        app.action(ids.DENY)(heard(self.deny_clicked))
        app.action(ids.BREAK_GLASS)(heard(self.break_glass_clicked))
        app.view(ids.DENY_MODAL)(heard(self.denied))
        app.view(ids.BREAK_GLASS_MODAL)(heard(self.glass_broken))

    async def approved(self, interaction: Interaction) -> None:
        """Agree, unless what was asked for is no longer so; then the request ends, and says why."""
        operation, vote = await _checked(interaction, _clicked(interaction), "approved")
        await _cast(interaction, operation, vote)
        try:
            await self._check_still_so(interaction, operation)
        except Outdated as error:
            await interaction.explain(error)

    async def withdrawn(self, interaction: Interaction) -> None:
        """Take back one's own request."""
        await _cast(interaction, *await _checked(interaction, _clicked(interaction), "withdrawn"))

    async def deny_clicked(self, interaction: Interaction) -> None:
        """Ask for a reason."""
        form = _clicked(interaction)
        operation, _ = await _checked(interaction, form, "denied")
        await interaction.open(views.deny_form(form, operation))

    async def denied(self, interaction: Interaction) -> None:
        """Deny."""
        await _cast(interaction, *await _checked(interaction, _kept(interaction), "denied"))

    async def break_glass_clicked(self, interaction: Interaction) -> None:
        """Ask for a reason and the server's name once more."""
        form = _clicked(interaction)
        operation, _ = await _checked(interaction, form, "break_glass")
        await interaction.open(views.break_glass_form(form, operation))

    async def glass_broken(self, interaction: Interaction) -> None:
        """Go ahead alone, if the name is right."""
        operation, vote = await _checked(interaction, _kept(interaction), "break_glass")
        if not vote.reason:
            await interaction.ack(response_action="errors", errors={ids.REASON: "A reason is needed."})
        elif not _is_named(interaction, operation):
            error = f"That is not the server's name. Type {operation.server_name} to confirm."
            await interaction.ack(response_action="errors", errors={ids.TYPED_NAME: error})
        else:
            await _cast(interaction, operation, vote)


def _clicked(interaction: Interaction) -> RequestForm:
    return read(RequestForm, interaction.value)


def _kept(interaction: Interaction) -> RequestForm:
    return read(RequestForm, interaction.kept)


async def _checked(interaction: Interaction, form: RequestForm, choice: Choice) -> tuple[Operation, Vote]:
    """Return what is decided on, and the decision, where this person may make it."""
    operation = await _pending(form)
    vote = _vote(interaction, form, choice)
    async with noting_refusals(interaction, VERBS[choice], operation.server_name, operation=operation.id):
        await check_choice(operation, vote)
    return operation, vote


async def _pending(form: RequestForm) -> Operation:
    operation = await records.undecided(form.operation)
    if operation is None:
        raise NotUnderstood("This request has been decided already, or has ended.", "See `/backup status`.")
    if operation.shown != form.shown:
        raise NotUnderstood(
            "This button belongs to another request.", "Use the buttons under the newest message."
        )
    return operation


async def _cast(interaction: Interaction, operation: Operation, vote: Vote) -> None:
    stored = vote.model_dump(mode="json")
    await engine.send(operation.id, TOPIC, stored, f"{operation.id}:{interaction.trigger}")
    await interaction.ack()


def _vote(interaction: Interaction, form: RequestForm, choice: Choice) -> Vote:
    return Vote(
        choice=choice,
        person=interaction.person,
        team=interaction.team,
        shown=form.shown,
        reason=written(interaction.view, ids.REASON)[: views.REASON_LIMIT],
        at=datetime.now(UTC),
    )


def _is_named(interaction: Interaction, operation: Operation) -> bool:
    typed = written(interaction.view, ids.TYPED_NAME)
    return typed.casefold() == operation.server_name.strip().casefold()
