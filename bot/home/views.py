"""A person's Home: what waits for them, what runs, what they did, and their servers, those at risk first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    DividerBlock,
    HeaderBlock,
    InputBlock,
    InteractiveElement,
    Option,
    OverflowMenuElement,
    PlainTextInputElement,
    SectionBlock,
    StaticSelectElement,
)
from slack_sdk.models.views import View

from bot.approvals.views import direct_question
from bot.audit.model import RestoreProof
from bot.backups.views import offers
from bot.errors import BotError
from bot.home import messages
from bot.home.model import PAGE, Page, Row
from bot.operations.messages import more
from bot.operations.records import Ended, Unfinished
from bot.operations.views import ended_rows, unfinished_rows
from bot.servers.messages import not_shown
from bot.slack import ids
from bot.slack.forms import HomeForm, ServerChoice
from bot.slack.message import button, context, plain, section
from bot.slack.messages import NEXT, PREVIOUS
from bot.verbs import CHANGING, GO_BACK, USAGES, Verb

MOST_TO_DECIDE = 5
MOST_RUNNING = 8
MOST_RECENT = 5
MOST_GROUPS = 98
"""Slack takes 100 options, two of which stand for no group."""
ALL, NEEDY, GROUP = "all", "needy", "group:"
LONGEST_VALUE = 150
_MENU: tuple[Verb, ...] = (Verb.CREATE, GO_BACK, Verb.LIST)


@dataclass(frozen=True)
class Home:
    """What a person's Home shows.

    `page` is None while nothing is known of the servers, and `listed_at` (UTC) while nothing is of their
    backups. `trouble` is why VPS.org, or the database, can't be asked. `able` is what they can do anywhere,
    `able_on` on the servers of the page, by id. `to_decide` waits for their approval. `proofs` are the last
    real restores, by server id.
    """

    form: HomeForm
    now: datetime
    page: Page | None = None
    listed_at: datetime | None = None
    trouble: Sequence[BotError] = ()
    servers_not_shown: int = 0
    backups_not_shown: int = 0
    to_decide: Sequence[Unfinished] = ()
    running: Sequence[Unfinished] = ()
    recent: Sequence[Ended] = ()
    can_cancel: frozenset[str] = frozenset()
    able: frozenset[Verb] = frozenset()
    able_on: Mapping[int, frozenset[Verb]] = field(default_factory=dict)
    proofs: Mapping[int, RestoreProof] = field(default_factory=dict)
    operators: Sequence[str] = ()
    groups: Sequence[str] = ()
    zone: tzinfo = UTC


def home(shown: Home) -> View:
    """Return the Home of a person who can look at something."""
    title = messages.title(shown.page) if shown.page else messages.TITLE
    blocks: list[Block] = [HeaderBlock(text=plain(title)), *offers(shown.able, shown.operators)]
    blocks += [section(messages.trouble(each)) for each in shown.trouble]
    blocks += _to_decide(shown)
    blocks += _running(shown)
    blocks += _servers(shown, shown.page) if shown.page else _no_servers(shown)
    blocks += _recent(shown)
    return _view(blocks, shown.form)


def closed(error: BotError) -> View:
    """Return the Home of a person who can look at nothing, which says why."""
    return _view([section(messages.closed(error))], HomeForm())


def _view(blocks: Sequence[Block], form: HomeForm) -> View:
    return View(type="home", callback_id=ids.HOME, blocks=list(blocks), private_metadata=form.as_json())


def _to_decide(shown: Home) -> list[Block]:
    if not shown.to_decide:
        return []
    blocks: list[Block] = [DividerBlock(), section(messages.TO_DECIDE)]
    for one in shown.to_decide[:MOST_TO_DECIDE]:
        terms = one.operation.approval
        until = one.operation.requested_at + timedelta(minutes=terms.minutes if terms else 0)
        blocks += direct_question(one.operation, until, one.permalink).blocks
    if left := len(shown.to_decide) - MOST_TO_DECIDE:
        blocks += [context(messages.more_to_decide(left))] if left > 0 else []
    return blocks


def _running(shown: Home) -> list[Block]:
    if not shown.running:
        return []
    rows = unfinished_rows(shown.running, shown.can_cancel)
    left = len(rows) - MOST_RUNNING
    more_rows = [context(more(left))] if left > 0 else []
    return [DividerBlock(), section(messages.RUNNING), *rows[:MOST_RUNNING], *more_rows]


def _recent(shown: Home) -> list[Block]:
    if not shown.recent:
        return []
    return [DividerBlock(), section(messages.RECENT), *ended_rows(shown.recent)[:MOST_RECENT]]


def _no_servers(shown: Home) -> list[Block]:
    return [] if shown.trouble else [DividerBlock(), section(messages.ASKING)]


def _servers(shown: Home, page: Page) -> list[Block]:
    blocks: list[Block] = [DividerBlock(), *_filters(shown)]
    if not page.rows:
        blocks.append(section(messages.NOTHING_FITS if page.total else messages.NO_SERVERS))
    blocks += [_server(row, shown) for row in page.rows]
    said = [
        messages.page_range(page, page.number * PAGE) if page.fitting > PAGE else "",
        messages.as_of(shown.listed_at) if shown.listed_at else messages.ASKING * (not shown.trouble),
        not_shown(shown.servers_not_shown, shown.backups_not_shown),
    ]
    blocks += [context(each) for each in (" · ".join(filter(None, said)),) if each]
    if page.rows and shown.listed_at:
        blocks.append(context(messages.LEGEND))
    return [*blocks, *_page_buttons(page)]


def _filters(shown: Home) -> list[Block]:
    form = shown.form
    find = PlainTextInputElement(
        action_id=ids.HOME_FIND,
        initial_value=form.part or None,
        max_length=100,
        dispatch_action_config={"trigger_actions_on": ["on_enter_pressed"]},
    )
    # Another block for another part, as Slack keeps what was typed in the same one.
    block_id = f"{ids.HOME_FIND}:{form.part}"
    label = plain(messages.FIND_LABEL)
    blocks: list[Block] = [
        InputBlock(block_id=block_id, label=label, element=find, optional=True, dispatch_action=True)
    ]
    options = [_option(messages.ALL, ALL), _option(messages.NEEDY, NEEDY)]
    options += [_option(messages.group(name), group_value(name)) for name in shown.groups[:MOST_GROUPS]]
    value = NEEDY if form.only_needy else group_value(form.group) if form.group else ALL
    current = next((each for each in options if each.value == value), options[0])
    select = StaticSelectElement(
        action_id=ids.HOME_SHOW, placeholder=plain(messages.SHOW), options=options, initial_option=current
    )
    elements: list[InteractiveElement] = [select]
    if form.part or form.group or form.only_needy:
        elements.append(button(messages.SHOW_ALL, ids.HOME_ALL))
    # Likewise: what was chosen would stay chosen when all is shown again.
    return [*blocks, ActionsBlock(block_id=f"{ids.HOME_SHOW}:{value}"[:255], elements=elements)]


def group_value(name: str) -> str:
    """Return the value of the option that stands for a group."""
    return f"{GROUP}{name}"[:LONGEST_VALUE]


def _server(row: Row, shown: Home) -> SectionBlock:
    if shown.listed_at is None:
        text = messages.unknown_server(row)
    else:
        today = shown.listed_at.astimezone(shown.zone).date()
        proof = shown.proofs.get(row.server.id)
        text = messages.server(row, proof, is_partial=shown.backups_not_shown > 0, today=today)
    able = shown.able_on.get(row.server.id, frozenset())
    options = [
        _option(USAGES[verb].button, ServerChoice(verb=verb, server_id=row.server.id).as_option())
        for verb in _MENU
        if verb in able or verb not in CHANGING
    ]
    menu = OverflowMenuElement(action_id=ids.SERVER_MENU, options=options)
    return section(text, menu)


def _page_buttons(page: Page) -> list[Block]:
    buttons: list[InteractiveElement] = []
    if page.number > 0:
        buttons.append(button(PREVIOUS, ids.HOME_PREVIOUS))
    if not page.is_last:
        buttons.append(button(NEXT, ids.HOME_NEXT))
    return [ActionsBlock(elements=buttons)] if buttons else []


def _option(label: str, value: str) -> Option:
    return Option(text=plain(label), value=value)
