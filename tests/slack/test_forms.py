"""What buttons and modals remember comes back as it was, or is refused."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from bot.errors import Misuse, UsageError
from bot.slack.forms import (
    AgainForm,
    AuditForm,
    BackupChoice,
    ConfirmForm,
    CreateForm,
    ListForm,
    OperationForm,
    PickForm,
    RequestForm,
    read_form,
    read_id,
)
from bot.verbs import Verb
from tests.views_kit import moments, numbers

CHANNELS = st.from_regex(r"[CDGU][A-Z0-9]{8,20}", fullmatch=True)
VERBS = st.sampled_from([Verb.DELETE, Verb.RESTORE])
IDS = st.from_regex(r"\d{1,19}:(create|delete|restore):[\w.:]{1,255}", fullmatch=True)
STORED = {
    ListForm: st.builds(
        ListForm,
        server_id=st.none() | numbers,
        backup_type=st.sampled_from([None, "manual", "automatic"]),
        page=st.integers(0, 100_000),
    ),
    CreateForm: st.builds(CreateForm, channel=CHANNELS),
    PickForm: st.builds(PickForm, verb=VERBS, channel=CHANNELS, server_id=st.none() | numbers),
    ConfirmForm: st.builds(
        ConfirmForm,
        verb=VERBS,
        channel=CHANNELS,
        server_id=numbers,
        backup_id=numbers,
        backup_moment=moments,
        shown_at=moments,
    ),
    AgainForm: st.builds(
        AgainForm,
        verb=st.sampled_from([Verb.CREATE, Verb.DELETE, Verb.RESTORE]),
        server_id=numbers,
        backup_id=st.none() | numbers,
        reason=st.text(max_size=200),
    ),
    OperationForm: st.builds(OperationForm, operation=IDS),
    RequestForm: st.builds(RequestForm, operation=IDS, shown=st.from_regex(r"[0-9a-f]{16}", fullmatch=True)),
    AuditForm: st.builds(
        AuditForm,
        server=st.text(max_size=100),
        server_id=st.none() | numbers,
        person=CHANNELS,
        since=st.none() | moments,
        before=st.none() | numbers,
        after=st.none() | numbers,
    ),
}
FORMS: st.SearchStrategy[Any] = st.one_of(*STORED.values())
CHOICES = st.builds(
    BackupChoice,
    verb=st.sampled_from([Verb.DELETE, Verb.RESTORE, Verb.WATCH]),
    server_id=numbers,
    backup_id=numbers,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["verb", "server_id", "page", "shown_at", "x"]), inner, max_size=4)
    ),
    max_leaves=8,
).map(json.dumps)


@given(FORMS)
def test_a_form_is_read_as_it_was_kept(form: Any) -> None:
    assert read_form(type(form), form.as_json()) == form


@given(st.sampled_from(list(STORED)), st.text(max_size=60) | JSON)
def test_a_forged_form_is_either_read_or_not_understood(form: type[BaseModel], stored: str) -> None:
    with suppress(UsageError):
        assert isinstance(read_form(form, stored), form)


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"verb":"erase","server_id":1,"backup_id":2}',
        '{"verb":"delete","server_id":1}',
        '{"verb":"delete","server_id":"x","backup_id":2}',
        '{"verb":"delete","server_id":1e400,"backup_id":2}',
        '{"verb":"delete","server_id":' + "9" * 5000 + ',"backup_id":2}',
        '{"verb":"delete","server_id":1,"backup_id":2,"backup_moment":"2026-03-01T12:00:00","shown_at":0}',
        "[" * 100_000,
        "\ud800",
    ],
)
def test_what_is_not_ours_is_not_understood(stored: str) -> None:
    with pytest.raises(UsageError) as error:
        read_form(ConfirmForm, stored)
    assert error.value.misuse is Misuse.OLD_BUTTON


def test_fields_of_a_newer_version_are_left_aside() -> None:
    assert read_form(ListForm, '{"page":2,"sorted_by":"size"}') == ListForm(page=2)


@given(CHOICES)
def test_a_choice_is_read_as_it_was_offered(choice: BackupChoice) -> None:
    assert BackupChoice.chosen(choice.as_option()) == choice


@given(st.text(max_size=60) | st.from_regex(r"(delete|restore|watch|\w*)?:?-?\w*:?\w*:?", fullmatch=True))
def test_a_forged_choice_is_either_read_or_not_understood(value: str) -> None:
    with suppress(UsageError):
        assert isinstance(BackupChoice.chosen(value), BackupChoice)


@pytest.mark.parametrize("value", ["", "delete", "delete:1", "delete:1:2:3", "erase:1:2", "delete:x:2"])
def test_what_is_no_choice_is_not_understood(value: str) -> None:
    with pytest.raises(UsageError):
        BackupChoice.chosen(value)


@given(CHOICES)
def test_a_choice_fits_an_option(choice: BackupChoice) -> None:
    assert len(choice.as_option()) <= 150


@given(STORED[ListForm])
def test_a_list_fits_a_block_id(form: Any) -> None:
    assert len(form.as_json()) <= 255


@given(FORMS)
def test_a_form_fits_a_button_and_a_modal(form: Any) -> None:
    assert len(form.as_json()) <= 2000


@given(numbers)
def test_an_id_is_read_as_it_was_offered(number: int) -> None:
    assert read_id(str(number)) == number


@pytest.mark.parametrize("value", ["", "x", "-1", "1.0", " 1", "٣", "1_0", "9" * 20, "all"])
def test_what_is_no_id_is_not_understood(value: str) -> None:
    with pytest.raises(UsageError):
        read_id(value)
