"""The watch as the settings want it."""

from datetime import timedelta
from functools import partial

from bot.alerts.model import AlertPolicy
from bot.alerts.ping import ping
from bot.alerts.report import ReportTime
from bot.alerts.store import AlertStore
from bot.alerts.watch import AlertWatch, Clock, Daily
from bot.notifications.slack_messages import SlackMessages
from bot.settings import Settings
from bot.settings_types import read_time_of_day


def watch_of(
    settings: Settings, store: AlertStore, messages: SlackMessages, policy: AlertPolicy
) -> AlertWatch | None:
    """Return the watch over all servers; None if nobody is to be told of anything."""
    every = timedelta(minutes=settings.bot_alert_minutes)
    clock = Clock(every, timedelta(minutes=settings.bot_alert_remind_minutes))
    daily, ping_url = None, settings.bot_ping_url
    if settings.bot_digest_channel:
        at = ReportTime(*read_time_of_day(settings.bot_digest_at))
        daily = Daily(settings.bot_digest_channel, at, settings.bot_restore_proof_days)
    if not (policy.rules.alert_channels or daily or ping_url):
        return None
    calls = partial(ping, ping_url) if ping_url else None
    return AlertWatch(store, messages, policy, clock, daily=daily, ping=calls)
