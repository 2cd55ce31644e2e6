"""Gathering what one person's Home shows, as far as it can be told now."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from slack_sdk.models.views import View

from bot.audit.model import RestoreProof
from bot.errors import NotAllowed, NotChecked, NotRecorded, ProviderError, Unrecorded
from bot.home import views
from bot.home.cache import InventoryCache
from bot.home.model import Inventory, ServerFilter, page_of
from bot.operations import engine, records
from bot.operations.model import Operation
from bot.operations.records import Overview, Stage
from bot.permissions import Rights
from bot.services import services
from bot.slack.forms import HomeForm

DATABASE_SECONDS = 5.0


@dataclass(frozen=True)
class Recorded:
    """What the database has: what runs, waits and has ended, and by server id the last real restores."""

    overview: Overview
    proofs: Mapping[int, RestoreProof]


async def read_recorded() -> Recorded:
    """Return what the database has now; of what has ended the newest, whatever their age.

    Raises NotRecorded, or one of `engine.NOT_BUGS`, if it can't be read.
    """
    overview, proofs = await asyncio.gather(records.overview(None), services().audit.last_restores())
    return Recorded(overview, proofs)


@dataclass(frozen=True)
class Gathered:
    """A Home as it can be drawn now; `is_whole` unless VPS.org was still being asked."""

    view: View
    is_whole: bool = True


async def gather(
    person: str,
    team: str,
    form: HomeForm,
    cache: InventoryCache,
    recorded: Callable[[], Awaitable[Recorded]],
    *,
    listed_within: float,
    give_up_after: float | None,
) -> Gathered:
    """Return a person's Home, with a listing no older than so many seconds.

    If it takes longer than `give_up_after` (seconds) to get that, the Home is drawn with what is known.

    Raises:
        NotChecked: it can't be told just now what the person can see.
    """
    try:
        rights = await services().authorizer.rights(person, team)
    except NotChecked:
        raise
    except NotAllowed as denial:
        return Gathered(views.closed(denial))
    found, known = await asyncio.gather(_listed(cache, listed_within, give_up_after), in_time(recorded))
    return Gathered(_home(rights, form, cache, found, known), is_whole=found is not None)


async def _listed(
    cache: InventoryCache, within: float, give_up_after: float | None
) -> Inventory | ProviderError | None:
    """Return what VPS.org lists, why it can't be asked, or None if that takes too long."""
    try:
        async with asyncio.timeout(give_up_after):
            return await cache.fresh(within)
    except ProviderError as error:
        return error
    except TimeoutError:
        return None


async def in_time(recorded: Callable[[], Awaitable[Recorded]]) -> Recorded | NotRecorded:
    """Return what the database has, or that it does not answer within 5 s."""
    try:
        async with asyncio.timeout(DATABASE_SECONDS):
            return await recorded()
    except (NotRecorded, TimeoutError, *engine.NOT_BUGS):
        return NotRecorded(Unrecorded.LOOK_UP)


def _home(
    rights: Rights,
    form: HomeForm,
    cache: InventoryCache,
    found: Inventory | ProviderError | None,
    recorded: Recorded | NotRecorded,
) -> View:
    person, known = rights.person.id, found if isinstance(found, Inventory) else cache.known
    zone, able = services().authorizer.zone_of(person), rights.able()
    patterns = services().groups.get(form.group, ())
    wanted = ServerFilter(form.part, patterns, form.only_needy, form.page)
    # Of servers that are known by name alone nothing else is known, not even that something is wrong.
    named = Inventory(services().now(), services().directory.known())
    page = page_of(known or named, wanted, rights.sees, zone) if known or named.servers else None
    seen = _seen(recorded, rights)
    waiting = [one for one in seen.unfinished if one.stage is Stage.AWAITING_APPROVAL]
    to_decide = [one for one in waiting if rights.can_approve(*_whose(one.operation))]
    return views.home(
        views.Home(
            form,
            services().now(),
            page,
            listed_at=known.at if known else None,
            trouble=[each for each in (found, recorded) if isinstance(each, ProviderError | NotRecorded)],
            servers_not_shown=known.servers_not_shown if known else 0,
            backups_not_shown=known.backups_not_shown if known else 0,
            to_decide=to_decide,
            running=[one for one in seen.unfinished if one not in to_decide],
            recent=[one for one in seen.ended if one.operation.requested_by == person],
            can_cancel=frozenset(
                one.operation.id for one in seen.unfinished if rights.can_cancel(*_whose(one.operation))
            ),
            able=able,
            able_on={row.server.id: rights.able(row.server.name) for row in page.rows} if page else {},
            proofs={} if isinstance(recorded, NotRecorded) else recorded.proofs,
            operators=services().authorizer.operators,
            groups=[*services().groups],
            zone=zone,
        )
    )


def _seen(recorded: Recorded | NotRecorded, rights: Rights) -> Overview:
    if isinstance(recorded, NotRecorded):
        return Overview([], [])
    return Overview(
        [one for one in recorded.overview.unfinished if rights.sees(one.operation.server_name)],
        [one for one in recorded.overview.ended if rights.sees(one.operation.server_name)],
    )


def _whose(operation: Operation) -> tuple[str, str]:
    return operation.requested_by, operation.server_name
