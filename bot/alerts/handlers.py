"""The buttons under an alert that answer it, and their forms. Who can is decided anew each time."""

from datetime import timedelta

from bot.alerts import messages, views
from bot.alerts.alert import Alert, Answer
from bot.audit.model import Entry
from bot.errors import Misuse, UsageError
from bot.notifications.model import MessageRef
from bot.services import services
from bot.slack import ids
from bot.slack.dispatch import Handlers
from bot.slack.forms import REASON_LIMIT, AlertForm, read_form, read_id
from bot.slack.interaction import Interaction

SHOW_SECONDS = 2.0
"""How long to wait until the alert shows the answer; else the watch shows it at its next look."""


async def open_form(interaction: Interaction) -> None:
    """Ask why it is acknowledged or snoozed, and for how long."""
    form = read_form(AlertForm, interaction.value)
    alert = await _required(interaction, form)
    await interaction.open_view(views.answer_form(alert, form))


async def answer(interaction: Interaction) -> None:
    """Acknowledge an alert, or snooze it: on record first, then shown in the alert."""
    form = read_form(AlertForm, interaction.private_metadata)
    alert = await _required(interaction, form)
    reason = interaction.typed(ids.REASON)[:REASON_LIMIT]
    if not reason:
        await interaction.ack(response_action="errors", errors={ids.REASON: messages.REASON_NEEDED})
        return
    now = services().now()
    hours = read_id(interaction.chosen(ids.SNOOZE_HOURS)) if form.is_snooze else None
    if hours is not None and hours not in messages.SNOOZES:
        raise UsageError(Misuse.OLD_BUTTON)
    until = None if hours is None else now + timedelta(hours=hours)
    given = Answer(card=alert.id, by=interaction.person, at=now, reason=reason, until=until)
    await services().audit.append(_entry(interaction, alert, given))
    async with interaction.database_deadline():
        await services().alerts.put_answer(given)
    await interaction.ack()
    ref = MessageRef(channel=alert.channel, ts=alert.ts)
    await services().messages.edit_progress(ref, views.alert_message(alert, given), wait=SHOW_SECONDS)


async def _required(interaction: Interaction, form: AlertForm) -> Alert:
    """Return the alert, if this person can answer it; raises NotAllowed, or UsageError if it is over."""
    async with interaction.database_deadline():
        alert, _ = await services().alerts.find(form.card)
    if alert is None or not alert.is_open:
        raise UsageError(Misuse.ALERT_OVER)
    about = {told.trouble.server_id: told.trouble for told in alert.troubles if told.is_open}
    names = [trouble.server_name if number is not None else None for number, trouble in about.items()]
    await services().authorizer.require_answer(interaction, names)
    return alert


def _entry(interaction: Interaction, alert: Alert, given: Answer) -> Entry:
    is_one = len(alert.troubles) == 1
    trouble = alert.troubles[0].trouble
    return Entry(
        event="acknowledged" if given.until is None else "snoozed",
        key=f"{interaction.idempotency_key}:answer",
        at=given.at,
        person=given.by,
        operation=f"alert:{alert.id}",
        verb="alert",
        server_id=trouble.server_id if is_one else None,
        server_name=trouble.server_name if is_one else "",
        backup_id=trouble.backup_id if is_one else None,
        channel=alert.channel,
        permalink=alert.permalink,
        reason=given.reason,
        trouble=trouble.kind.value if is_one else "",
        until=given.until,
    )


HANDLERS = Handlers(
    actions={ids.ALERT_ACKNOWLEDGE: open_form, ids.ALERT_SNOOZE: open_form},
    views={ids.ALERT_MODAL: answer},
)
