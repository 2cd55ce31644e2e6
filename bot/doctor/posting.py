"""`backup-bot doctor --post-twice CHANNEL`: whether Slack posts a message once if it has the same id."""

from functools import partial

import sqlalchemy as sa
from slack_sdk.errors import SlackApiError

from bot.doctor import messages
from bot.doctor.asking import answer
from bot.doctor.model import Finding, Report
from bot.notifications.client_msg_ids import prove, store_proof
from bot.operations.database import open_database
from bot.settings import Settings
from bot.slack.auth import error_name, identify, new_session, web_client


async def examine_posting(settings: Settings, waiting: list[str], channel: str) -> Report:
    """Post a message twice in a channel, delete it, and store for the bot whether it came once."""
    waiting.append("Slack")
    return Report(await answer("Slack", "SLACK_API_URL", partial(_posted_twice, settings, channel)))


async def _posted_twice(settings: Settings, channel: str) -> list[Finding]:
    async with new_session() as session:
        client = web_client(settings.slack_bot_token, settings.slack_api_url, session)
        identity = await identify(client)
        try:
            proof = await prove(client, channel, messages.POSTED_TWICE)
        except SlackApiError as error:
            return [messages.cant_post(channel, error_name(error) or "an unreadable answer")]
    database = open_database(settings.database_url)
    try:
        store_proof(database, identity.team_id, proof)
    except sa.exc.SQLAlchemyError as error:
        return [messages.database_unwritable(type(error).__name__)]
    finally:
        database.dispose()
    return [messages.posting(identity.team, is_honoured=proof.is_honoured)]
