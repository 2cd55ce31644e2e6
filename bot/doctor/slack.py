"""Whether Slack takes the tokens, has given the scopes, and shows the channels that settings name."""

from collections.abc import Iterator

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.doctor import messages
from bot.doctor.model import Finding
from bot.doctor.people import KnownPeople, examine_people
from bot.permissions import Rules
from bot.rules.load import load_notify_levels
from bot.settings import Settings
from bot.slack.auth import check_app_token, error_name, identify

_UNSEEN = {"channel_not_found", "not_in_channel"}


async def examine_bot_token(
    client: AsyncWebClient, settings: Settings, rules: Rules | None, known: KnownPeople
) -> list[Finding]:
    """Return whether the bot's token serves, and what Slack says of all that settings and rules name."""
    identity = await identify(client)
    known.team_id = identity.team_id
    return [
        messages.bot_token(identity.user_id, identity.team),
        messages.scopes(identity.scopes),
        *messages.clock(identity.clock_ahead),
        *_alerts(settings, rules),
        *await _examine_channels(client, settings, rules, known.names),
        *(await examine_people(client, known, rules) if rules else []),
    ]


async def examine_way_in(client: AsyncWebClient, settings: Settings) -> list[Finding]:
    """Return whether Slack can reach the bot, as far as that can be known beforehand."""
    if settings.slack_app_token is None:
        return [messages.signing_secret()]
    await check_app_token(client, settings.slack_app_token)
    return [messages.app_token()]


async def _examine_channels(
    client: AsyncWebClient, settings: Settings, rules: Rules | None, names: dict[str, str]
) -> list[Finding]:
    wanted = {
        channel: "BOT_RULES_FILE" for rule in (rules.rules if rules else ()) for channel in rule.channels
    }
    wanted |= dict.fromkeys(load_notify_levels(settings).channels if rules else (), "BOT_RULES_FILE")
    wanted |= dict.fromkeys(settings.bot_channels, "BOT_CHANNELS")
    alerted = dict.fromkeys(rules.alert_channels if rules else (), "BOT_RULES_FILE")
    single = {
        "BOT_AUDIT_CHANNEL": settings.bot_audit_channel,
        "BOT_ALERT_CHANNEL": settings.bot_alert_channel,
        "BOT_DIGEST_CHANNEL": settings.bot_digest_channel,
    }
    wanted = alerted | wanted | {channel: variable for variable, channel in single.items() if channel}
    return [
        await _channel(client, variable, channel, names)
        # Direct messages are a person's own, and Slack shows the bot only its own.
        for channel, variable in sorted(wanted.items())
        if not channel.startswith("D")
    ]


def _alerts(settings: Settings, rules: Rules | None) -> Iterator[Finding]:
    if rules and not rules.alert_channels:
        yield messages.nobody_is_alerted()
    if settings.bot_restore_proof_days and not settings.bot_digest_channel:
        yield messages.no_report_to_tell_in()


async def _channel(client: AsyncWebClient, variable: str, channel: str, names: dict[str, str]) -> Finding:
    try:
        answer = await client.conversations_info(channel=channel)
    except SlackApiError as error:
        name = error_name(error)
        if name in _UNSEEN:
            return messages.unknown_channel(variable, channel)
        return messages.unchecked_channel(variable, channel, name or "an unreadable answer")
    about = answer.get("channel") or {}
    name = str(about.get("name") or channel)
    names[channel] = f"#{name} ({channel})"
    if about.get("is_archived"):
        return messages.archived_channel(variable, channel, name)
    return messages.channel(variable, channel, name, is_member=bool(about.get("is_member")))
