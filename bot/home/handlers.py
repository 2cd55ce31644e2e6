"""A person's Home: when it is opened, and what is clicked in it to see another part of it."""

from typing import Any

import structlog
from slack_sdk.errors import SlackApiError

from bot.errors import AskedTooOften
from bot.home.views import GROUP, NEEDY, group_value
from bot.services import services
from bot.slack import ids
from bot.slack.auth import UNANSWERED, error_name
from bot.slack.dispatch import Handlers
from bot.slack.forms import HomeForm, checked_form
from bot.slack.interaction import Interaction

log = structlog.get_logger()


async def opened(interaction: Interaction) -> None:
    """Show the Home that was opened, with the part of it that was shown last."""
    await interaction.ack()
    event: dict[str, Any] = interaction.body["event"]
    if event.get("tab") != "home":
        return
    form = HomeForm.remembered(str((event.get("view") or {}).get("private_metadata") or ""))
    try:
        await _show(interaction, form, is_opened=True)
    except AskedTooOften:
        log.info("home_left_as_it_is", person=interaction.person)
    except SlackApiError as error:
        # Nobody has asked for more than to look, so there is nothing to tell them elsewhere.
        log.warning("home_refused", error=error_name(error))
    except UNANSWERED as error:
        log.warning("home_unanswered", error=type(error).__name__)


async def turn_back(interaction: Interaction) -> None:
    """Show the page before this one."""
    await _turn(interaction, -1)


async def turn_on(interaction: Interaction) -> None:
    """Show the page after this one."""
    await _turn(interaction, 1)


async def find(interaction: Interaction) -> None:
    """Show the servers that fit what was typed."""
    await _change(interaction, part=str(interaction.action.get("value") or "").strip()[:100])


async def show_some(interaction: Interaction) -> None:
    """Show the servers that were chosen: all, those that need attention, or a group."""
    value = interaction.value
    groups = (name for name in services().groups if group_value(name) == value)
    group = next(groups, "") if value.startswith(GROUP) else ""
    await _change(interaction, group=group, only_needy=value == NEEDY)


async def show_all(interaction: Interaction) -> None:
    """Show all servers."""
    await interaction.ack()
    await _show(interaction, HomeForm())


async def _turn(interaction: Interaction, by: int) -> None:
    page = HomeForm.remembered(interaction.private_metadata).page
    await _change(interaction, page=max(0, page + by))


async def _change(interaction: Interaction, **changed: object) -> None:
    await interaction.ack()
    shown = HomeForm.remembered(interaction.private_metadata)
    form = checked_form(HomeForm, {**shown.model_dump(), "page": 0, **changed})
    await _show(interaction, form)


async def _show(interaction: Interaction, form: HomeForm, *, is_opened: bool = False) -> None:
    services().looks.spend(interaction.person)
    await services().homes.show(interaction, form, is_opened=is_opened)


HANDLERS = Handlers(
    events={"app_home_opened": opened},
    actions={
        ids.HOME_PREVIOUS: turn_back,
        ids.HOME_NEXT: turn_on,
        ids.HOME_FIND: find,
        ids.HOME_SHOW: show_some,
        ids.HOME_ALL: show_all,
    },
)
