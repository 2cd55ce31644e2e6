"""What the rules file says: rules, in its order, then one of the variables; groups; channels."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from bot.errors import ConfigurationError
from bot.notifications.model import Notify, NotifyLevels
from bot.permissions import EVERYBODY, Ids, Rule, Rules
from bot.rules.file import RulesFile, RuleTable, read_rules
from bot.settings import Settings
from bot.verbs import Verb

T = TypeVar("T")


def load_rules(settings: Settings) -> Rules:
    """Return the rules to decide by; what a rule of the file does not say is as the variables say.

    Raises:
        ConfigurationError: the rules file can't be used; with a line per problem, where and why.
    """
    otherwise = _from_variables(settings)
    file = settings.bot_rules_file
    written = [_with(table, otherwise) for table in _read(file).rules] if file else []
    return Rules((*written, otherwise), settings.bot_auditors)


def load_groups(settings: Settings) -> dict[str, tuple[str, ...]]:
    """Return the patterns of each group that the rules file names; raises as `load_rules` does."""
    file = settings.bot_rules_file
    return {group.name: tuple(group.servers) for group in _read(file).groups} if file else {}


def load_notify_levels(settings: Settings) -> NotifyLevels:
    """Return what each channel is told; raises as `load_rules` does."""
    file = settings.bot_rules_file
    written = _read(file).channels if file else []
    levels = {channel.id: Notify(channel.notify) for channel in written}
    return NotifyLevels(Notify(settings.bot_notify), levels)


def _read(file: Path) -> RulesFile:
    try:
        # Some editors put a byte order mark first, which TOML does not know.
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        # The name is not repeated: it might be a token in the wrong place.
        reason = error.strerror if isinstance(error, OSError) else "not a text in UTF-8"
        raise ConfigurationError(f"BOT_RULES_FILE: the file can't be read ({reason}).") from None
    return read_rules(text, str(file))


def _from_variables(settings: Settings) -> Rule:
    return Rule(
        servers=(EVERYBODY,),
        channels=settings.bot_channels,
        viewers=settings.bot_viewers,
        operators=settings.bot_operators,
        approvers=settings.bot_approvers,
        second_person=frozenset(map(Verb, settings.bot_second_person)),
        break_glass=settings.bot_break_glass,
        approval_minutes=settings.bot_approval_minutes,
        backup_hours=settings.bot_backup_hours,
        alert_channel=settings.bot_alert_channel or "",
    )


def _with(table: RuleTable, otherwise: Rule) -> Rule:
    """Return what a table says, and the rest from another rule; an empty list is not left out."""
    return replace(
        otherwise,
        servers=tuple(table.servers),
        channels=_either(table.channels, otherwise.channels),
        viewers=_either(table.viewers, otherwise.viewers),
        operators=_either(table.operators, otherwise.operators),
        approvers=_either(table.approvers, otherwise.approvers),
        second_person=frozenset(map(Verb, _either(table.second_person, otherwise.second_person))),
        break_glass=_given(table.break_glass, otherwise.break_glass),
        approval_minutes=_given(table.approval_minutes, otherwise.approval_minutes),
        backup_hours=_given(table.backup_hours, otherwise.backup_hours),
        alert_channel=_given(table.alert_channel, otherwise.alert_channel),
    )


def _given(given: T | None, otherwise: T) -> T:
    return otherwise if given is None else given


def _either(given: Iterable[str] | None, otherwise: Iterable[str]) -> Ids:
    return frozenset(otherwise if given is None else given)
