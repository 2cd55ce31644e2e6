"""The forms: what to back up, which backup to take, and what will be lost."""

from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from bot.audit.model import RestoreProof
from bot.backups.confirm_views import Confirmation, confirm_form
from bot.backups.form_views import backup_options, create_form, loading, pick_form
from bot.backups.model import Backup
from bot.operations.progress import Ahead
from bot.servers.model import Server
from bot.slack import ids
from bot.slack.forms import BackupChoice, ConfirmForm, CreateForm, PickForm, read_form
from bot.verbs import ChangingVerb, ConfirmedVerb, Verb
from tests.backups.facts import NOON, WEB, backup, hours
from tests.backups.hostile import backups, servers
from tests.views_kit import Drawable, OneFile, drawn, problems, words

FOUND = [
    backup(500, created_at=NOON - hours(1), backup_type="automatic"),
    backup(501),
    backup(502, created_at=NOON + hours(1), status="in_progress", size_mb=None),
]
DELETE = PickForm(verb=Verb.DELETE, channel="COPS")
RESTORE = PickForm(verb=Verb.RESTORE, channel="COPS", server_id=1)
FULL: dict[str, Any] = {"manual": 10, "spare": backup(490, created_at=NOON - hours(600))}


def confirmation(verb: ChangingVerb, shown: Backup, server: Server = WEB, **more: Any) -> Any:
    facts: dict[str, Any] = {"now": NOON + hours(2), "offers_safety_backup": verb is Verb.RESTORE}
    return confirm_form(verb, "COPS", Confirmation(server, shown, **facts | more))


FORMS: dict[str, Drawable] = {
    "asking": loading(Verb.RESTORE),
    "create": create_form(CreateForm(channel="COPS"), ()),
    "create, server and reason known": create_form(CreateForm(channel="COPS"), [WEB], "before the upgrade"),
    "create, in no channel": create_form(CreateForm(channel="UANA"), [WEB]),
    "pick, no server yet": pick_form(DELETE, None, None),
    "pick to delete": pick_form(DELETE.model_copy(update={"server_id": 1}), WEB, FOUND),
    "pick to restore": pick_form(RESTORE, WEB, FOUND),
    "pick, nothing there": pick_form(RESTORE, WEB, FOUND[2:]),
    "confirm a delete": confirmation(Verb.DELETE, FOUND[1]),
    "confirm the delete of the last good one": confirmation(Verb.DELETE, FOUND[1], last_good=True),
    "confirm a restore": confirmation(Verb.RESTORE, FOUND[1]),
    "confirm a restore in the person's own time zone, with how long the safety backup takes": confirmation(
        Verb.RESTORE, FOUND[1], zone=ZoneInfo("Europe/Berlin"), usual_seconds=250.0, manual=2
    ),
    "confirm a restore of a server that was restored before": confirmation(
        Verb.RESTORE,
        FOUND[1],
        last_restored=RestoreProof(
            at=NOON - hours(70), seconds=540.0, backup_id=480, backup_at=NOON - hours(90)
        ),
    ),
    "confirm a restore of a full server": confirmation(Verb.RESTORE, FOUND[1], **FULL),
    "confirm a restore of a full server of which no backup can go": confirmation(
        Verb.RESTORE, FOUND[1], manual=10
    ),
    "confirm a backup of a full server": confirmation(Verb.CREATE, FULL["spare"], **FULL),
    "confirm while something runs": confirmation(
        Verb.RESTORE, FOUND[1], ahead=Ahead(Verb.CREATE, "UBEN", NOON)
    ),
    "confirm what is approved if a backup is deleted for it, on one of two servers of a name": confirmation(
        Verb.RESTORE, FOUND[1], **FULL, room_approvers=["UBEN"], has_namesake=True
    ),
    "confirm what somebody must approve": confirmation(
        Verb.RESTORE, FOUND[1], approvers=["S0ONCALL", "UBEN"]
    ),
}


def test_how_forms_look(snapshot: SnapshotAssertion) -> None:
    assert {name: drawn(each) for name, each in FORMS.items()} == snapshot(extension_class=OneFile)
    assert [problems(each) for each in FORMS.values()] == [[]] * len(FORMS)


def offered(verb: ConfirmedVerb, found: list[Backup], query: str = "") -> dict[str, list[int]]:
    groups = [group.to_dict() for group in backup_options(verb, found, query, NOON + hours(2), UTC)]
    return {
        group["label"]["text"]: [BackupChoice.chosen(each["value"]).backup_id for each in group["options"]]
        for group in groups
    }


def test_only_complete_backups_are_offered_to_restore_newest_first() -> None:
    assert offered(Verb.DELETE, FOUND) == {"Today": [502, 501, 500]}
    assert offered(Verb.RESTORE, FOUND) == {"Today": [501, 500]}


def test_backups_are_offered_by_age() -> None:
    found = [backup(number, created_at=NOON - hours(number * 40)) for number in range(7)]
    assert offered(Verb.RESTORE, found) == {"Today": [0], "The last 7 days": [1, 2, 3, 4], "Older": [5, 6]}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("cert", [7]),
        ("CERT change", [7]),
        ("manual cert", [7]),
        ("2025-11", [8]),
        ("21 nov 2025", [8]),
        ("8", [8]),
        ("nothing like that", []),
    ],
)
def test_backups_are_found_by_date_number_type_and_reason(query: str, found: list[int]) -> None:
    among = [
        backup(7, description="before the cert change"),
        backup(8, created_at=NOON - hours(2400), size_mb=None),
    ]
    assert [each for group in offered(Verb.RESTORE, among, query).values() for each in group] == found


def test_of_thousands_the_newest_hundred_that_fit_are_offered() -> None:
    many = [backup(number, created_at=NOON - hours(number)) for number in range(5000)]
    assert sum(map(len, offered(Verb.RESTORE, many).values())) == 100
    assert offered(Verb.RESTORE, many, "4321") == {"Older": [4321]}


@pytest.mark.parametrize("verb", [Verb.DELETE, Verb.RESTORE])
def test_the_confirmation_remembers_what_was_shown(verb: ConfirmedVerb) -> None:
    form = read_form(ConfirmForm, confirmation(verb, FOUND[1]).to_dict()["private_metadata"])
    assert (form.verb, form.channel, form.server_id, form.server_name) == (verb, "COPS", 1, "web-1")
    assert (form.backup_id, form.backup_moment, form.shown_at) == (501, NOON, NOON + hours(2))


def test_a_safety_backup_is_offered_and_ticked_before_a_restore_alone() -> None:
    def ticked(view: Any) -> list[Any]:
        elements = [block.get("element", {}) for block in view.to_dict()["blocks"]]
        return [each["initial_options"] for each in elements if each.get("action_id") == ids.SAFETY]

    [[option]] = ticked(confirmation(Verb.RESTORE, FOUND[1]))
    assert option["value"] == ids.SAFETY
    assert ticked(confirmation(Verb.DELETE, FOUND[1])) == []


def test_a_name_as_long_as_names_get_can_be_read_in_full() -> None:
    name = "x" * 255
    server = WEB.model_copy(update={"name": name})
    assert name in str(confirmation(Verb.DELETE, backup(name=name), server).to_dict())


def test_room_is_made_only_if_that_is_chosen_and_the_form_says_which_backup_goes() -> None:
    view = confirmation(Verb.RESTORE, FOUND[1], **FULL)
    [room] = [
        block["element"] for block in view.to_dict()["blocks"] if block.get("block_id") == ids.MAKE_ROOM
    ]
    assert "initial_options" not in room
    assert "Wed 4 Feb, 12:00 UTC, 25 days ago, permanently (backup 490)" in str(room)
    form = read_form(ConfirmForm, view.to_dict()["private_metadata"])
    assert (form.is_full, form.spare_id, form.spare_moment) == (True, 490, NOON - hours(600))
    assert "Free slots*\\n:rotating_light: 0 of 10" in str(view.to_dict())


def test_what_somebody_must_approve_needs_a_reason() -> None:
    def is_optional(view: Any) -> bool:
        [block] = [each for each in view.to_dict()["blocks"] if each.get("block_id") == ids.REASON]
        return bool(block["optional"])

    assert is_optional(confirmation(Verb.DELETE, FOUND[1]))
    assert not is_optional(confirmation(Verb.DELETE, FOUND[1], approvers=["UBEN"]))


@settings(max_examples=40)
@given(
    st.sampled_from([Verb.DELETE, Verb.RESTORE]), st.lists(backups, min_size=1, max_size=4), servers, words
)
def test_whatever_there_is_the_forms_can_be_shown(
    verb: ConfirmedVerb, found: list[Backup], server: Any, reason: str
) -> None:
    form = PickForm(verb=verb, channel="COPS", server_id=server.id)
    assert problems(create_form(CreateForm(channel="COPS"), [server], reason)) == []
    assert problems(pick_form(form, server, found)) == []
    assert problems(pick_form(form, server, [], missed=NOON)) == []
    groups = backup_options(verb, found, "", NOON, UTC)
    assert problems([option for group in groups for option in group.options or []]) == []
    shown: dict[str, Any] = {
        "last_good": True,
        "ahead": Ahead(Verb.CREATE, "UBEN", NOON),
        "approvers": ["UBEN"] * 30,
    }
    full: dict[str, Any] = {"manual": 10, "spare": found[-1], "usual_seconds": 1e9, "has_namesake": True}
    assert problems(confirmation(verb, found[0], server, **shown, **full)) == []
