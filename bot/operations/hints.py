"""What a requester is told besides: where they will hear of an operation."""

from contextlib import suppress

from slack_sdk.errors import SlackApiError

from bot.operations.messages import told_privately
from bot.operations.model import Operation
from bot.operations.visibility import is_shown
from bot.services import services
from bot.slack.auth import UNANSWERED
from bot.slack.hints import tell_if_closed
from bot.slack.interaction import Interaction
from bot.slack.views import sentence_alone


async def tell_where(interaction: Interaction, operation: Operation) -> None:
    """Tell the requester, after the ack, where they will hear of it, if that is not the channel."""
    level = services().notify.of(operation.channel)
    told = sentence_alone(told_privately(operation.channel, level))
    if is_shown(operation, level):
        await tell_if_closed(interaction, operation.channel)
    elif interaction.channel == operation.channel:
        await interaction.reply_ephemeral(told)
    else:  # A form is in no channel.
        with suppress(SlackApiError, *UNANSWERED):
            await interaction.client.chat_postEphemeral(
                channel=operation.channel, user=interaction.person, **told.arguments()
            )
