"""How a Home looks, and that it fits whatever there is to show."""

import json
from datetime import UTC
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from bot.audit.model import RestoreProof
from bot.backups.model import Backup
from bot.errors import Denial, NotAllowed, Silence, Unreachable
from bot.home.model import Inventory, ServerFilter, inventory, page_of
from bot.home.views import MOST_TO_DECIDE, Home, closed, home
from bot.operations.model import ApprovalTerms, BackedUp, Operation
from bot.operations.records import Ended, Stage, Unfinished
from bot.permissions import sees_all
from bot.servers.model import Server
from bot.slack import ids
from bot.slack.forms import HomeForm
from bot.verbs import Verb
from tests.any_facts import operations
from tests.backups.facts import NOON, backup, hours, operation
from tests.backups.hostile import backups, servers
from tests.views_kit import Drawable, OneFile, drawn, problems, words

LINK = "https://example.slack.com/archives/C1/p1"
AWAY = Unreachable(silence=Silence.TIMED_OUT)
WEB, DB = Server(id=1, name="web-1", status="active"), Server(id=2, name="db_<1>", status="stopped")
MADE = [
    backup(501, created_at=NOON - hours(7), expires_at=NOON + hours(200)),
    backup(502, created_at=NOON - hours(31), status="failed"),
    backup(503, server=2, name="db_<1>", created_at=NOON - hours(80)),
]
TO_DECIDE = Unfinished(
    operation(Verb.RESTORE, approval=ApprovalTerms(minutes=30), reason="bad <deploy>"),
    Stage.AWAITING_APPROVAL,
    NOON,
    LINK,
)
RUNNING = Unfinished(operation(), Stage.RUNNING, NOON - hours(0.1), LINK)
RECENT = Ended(operation(), BackedUp(ended_at=NOON - hours(1), backup_id=501, size_mb=20, seconds=90), LINK)
EVERYTHING = frozenset({Verb.LIST, Verb.CREATE, Verb.RESTORE, Verb.DELETE, Verb.STATUS, Verb.HELP})


UNLISTED = page_of(Inventory(NOON, [WEB, DB]), ServerFilter(), sees_all, UTC)


def shown(of: list[Server] | None = None, made: list[Backup] | None = None, **more: Any) -> Home:
    form = more.pop("form", HomeForm())
    found = inventory(NOON, [WEB, DB] if of is None else of, MADE if made is None else made)
    page = page_of(found, ServerFilter(form.part, (), form.only_needy, form.page), sees_all, UTC)
    facts: dict[str, Any] = {"page": page, "listed_at": NOON, "able": EVERYTHING}
    facts["able_on"] = {row.server.id: EVERYTHING for row in page.rows}
    return Home(form, NOON, **(facts | more))


VIEWS: dict[str, Drawable] = {
    "an operator who approves": home(
        shown(
            to_decide=[TO_DECIDE],
            running=[RUNNING],
            recent=[RECENT],
            groups=["databases"],
            proofs={1: RestoreProof(at=NOON - hours(12 * 24), seconds=540, backup_id=400)},
        )
    ),
    "a viewer": home(shown(able=frozenset({Verb.LIST, Verb.STATUS}), able_on={}, operators=["UANA", "SOPS"])),
    "filtered": home(shown(form=HomeForm(part="<b", only_needy=True))),
    "before VPS.org answers": home(shown(page=None, listed_at=None)),
    "VPS.org is away": home(shown(page=UNLISTED, listed_at=None, trouble=[AWAY])),
    "nothing to see": home(shown([])),
    "a guest": closed(NotAllowed(Denial.NOT_A_MEMBER)),
    "another channel": closed(NotAllowed(Denial.OTHER_CHANNEL, Verb.LIST, where=("COPS",))),
}


def test_how_a_home_looks(snapshot: SnapshotAssertion) -> None:
    assert {name: drawn(each) for name, each in VIEWS.items()} == snapshot(extension_class=OneFile)
    assert [problems(each) for each in VIEWS.values()] == [[]] * len(VIEWS)


def elements(view: Any) -> list[dict[str, Any]]:
    blocks = view.to_dict()["blocks"]
    return [
        each
        for block in blocks
        for each in (*block.get("elements", ()), block.get("accessory"), block.get("element"))
        if each
    ]


def test_a_home_remembers_its_form_and_offers_its_pages() -> None:
    many = [Server(id=n, name=f"web-{n}") for n in range(40)]
    form = HomeForm(part="web", page=1)
    view = home(shown(many, [], form=form))
    assert HomeForm.remembered(view.private_metadata or "") == form
    offered = {each.get("action_id") for each in elements(view)}
    assert {ids.HOME_PREVIOUS, ids.HOME_NEXT, ids.HOME_ALL} <= offered
    assert "16–30 of 40" in str(view.to_dict())


@pytest.mark.parametrize("stored", ["", "{", '{"page": -1}', '{"part": 7}', '"x"', "[]"])
def test_what_another_version_wrote_is_the_first_page_of_all(stored: str) -> None:
    assert HomeForm.remembered(stored) == HomeForm()


def test_a_person_is_offered_on_a_server_what_they_can_do_there() -> None:
    view = home(shown(able_on={1: frozenset({Verb.CREATE})}))
    menus = [each for each in elements(view) if each.get("action_id") == ids.SERVER_MENU]
    values = {option["value"] for menu in menus for option in menu["options"]}
    assert values == {"create:1", "list:1", "list:2"}


def test_hundreds_of_all_that_there_can_be_fit() -> None:
    many = [Server(id=n, name="x" * 90 + str(n)) for n in range(500)]
    busy = [Unfinished(operation(id=str(n)), Stage.QUEUED, NOON, LINK) for n in range(300)]
    full = shown(
        many,
        [],
        to_decide=[TO_DECIDE] * 300,
        running=busy,
        recent=[RECENT] * 300,
        groups=[f"group {n}" for n in range(300)],
        trouble=[AWAY, AWAY],
        form=HomeForm(page=7),
    )
    view = home(full)
    assert problems(view) == []
    assert len(json.dumps(view.to_dict()).encode()) < 60_000
    assert sum(each.get("action_id") == ids.APPROVE for each in elements(view)) == MOST_TO_DECIDE


@settings(max_examples=30)
@given(st.lists(servers, max_size=18), st.lists(backups, max_size=9), operations, words)
def test_whatever_there_is_can_be_shown(
    of: list[Server], made: list[Backup], one: Operation, part: str
) -> None:
    one = one.model_copy(update={"approval": None})
    waiting = [Unfinished(one, stage, NOON, LINK) for stage in Stage]
    form = HomeForm.remembered(json.dumps({"part": part[:100]}))
    more = {"to_decide": waiting[-1:], "running": waiting, "recent": [RECENT], "groups": [part]}
    assert problems(home(shown(of, made, form=form, **more))) == []
