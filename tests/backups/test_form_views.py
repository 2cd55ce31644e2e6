"""The forms: what to back up, which backup to take, and what will be lost."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from bot.backups.form_views import Confirmation, confirm_form, create_form, loading, pick_form
from bot.backups.model import Backup
from bot.operations.progress import Ahead
from bot.slack import ids
from bot.slack.forms import BackupChoice, ConfirmForm, CreateForm, PickForm, read_form
from bot.verbs import ConfirmedVerb, Verb
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


def confirmation(verb: ConfirmedVerb, shown: Backup, **more: Any) -> Any:
    offers = verb is Verb.RESTORE
    facts = Confirmation(shown, now=NOON + hours(2), offers_safety_backup=offers, **more)
    return confirm_form(verb, "COPS", facts)


FORMS: dict[str, Drawable] = {
    "asking": loading(Verb.RESTORE),
    "create": create_form(CreateForm(channel="COPS"), None),
    "create, server and reason known": create_form(CreateForm(channel="COPS"), WEB, "before the upgrade"),
    "pick, no server yet": pick_form(DELETE, None, None),
    "pick to delete": pick_form(DELETE.model_copy(update={"server_id": 1}), WEB, FOUND),
    "pick to restore": pick_form(RESTORE, WEB, FOUND),
    "pick, nothing there": pick_form(RESTORE, WEB, FOUND[2:]),
    "confirm a delete": confirmation(Verb.DELETE, FOUND[1]),
    "confirm the delete of the last good one": confirmation(Verb.DELETE, FOUND[1], last_good=True),
    "confirm a restore": confirmation(Verb.RESTORE, FOUND[1]),
    "confirm while something runs": confirmation(
        Verb.RESTORE, FOUND[1], ahead=Ahead(Verb.CREATE, "UBEN", NOON)
    ),
    "confirm what somebody must approve": confirmation(
        Verb.RESTORE, FOUND[1], approvers=["S0ONCALL", "UBEN"]
    ),
}


def test_how_forms_look(snapshot: SnapshotAssertion) -> None:
    assert {name: drawn(each) for name, each in FORMS.items()} == snapshot(extension_class=OneFile)
    assert [problems(each) for each in FORMS.values()] == [[]] * len(FORMS)


def offered(view: Any) -> list[int]:
    [select] = [
        block["element"]
        for block in view.to_dict()["blocks"]
        if block.get("element", {}).get("action_id") == ids.BACKUP
    ]
    return [BackupChoice.chosen(option["value"]).backup_id for option in select["options"]]


def test_only_complete_backups_are_offered_to_restore_newest_first() -> None:
    assert offered(pick_form(DELETE, WEB, FOUND)) == [502, 501, 500]
    assert offered(pick_form(RESTORE, WEB, FOUND)) == [501, 500]


def test_the_newest_hundred_are_offered() -> None:
    many = [backup(number, created_at=NOON + hours(number)) for number in range(150)]
    view = pick_form(RESTORE, WEB, many)
    assert offered(view) == list(range(149, 49, -1))
    assert problems(view) == []


@pytest.mark.parametrize("verb", [Verb.DELETE, Verb.RESTORE])
def test_the_confirmation_remembers_what_was_shown(verb: ConfirmedVerb) -> None:
    form = read_form(ConfirmForm, confirmation(verb, FOUND[1]).to_dict()["private_metadata"])
    assert (form.verb, form.channel, form.server_id) == (verb, "COPS", 1)
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
    assert name in str(confirmation(Verb.DELETE, backup(name=name)).to_dict())


@settings(max_examples=40)
@given(
    st.sampled_from([Verb.DELETE, Verb.RESTORE]), st.lists(backups, min_size=1, max_size=4), servers, words
)
def test_whatever_there_is_the_forms_can_be_shown(
    verb: ConfirmedVerb, found: list[Backup], server: Any, reason: str
) -> None:
    form = PickForm(verb=verb, channel="COPS", server_id=server.id)
    assert problems(create_form(CreateForm(channel="COPS"), server, reason)) == []
    assert problems(pick_form(form, server, found)) == []
    assert problems(pick_form(form, server, [])) == []
    shown = {"last_good": True, "ahead": Ahead(Verb.CREATE, "UBEN", NOON), "approvers": ["UBEN"] * 30}
    assert problems(confirmation(verb, found[0], **shown)) == []
