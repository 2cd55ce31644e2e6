"""What buttons and modals remember comes back as it was, or is refused."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from bot.errors import NotUnderstood
from bot.slack.forms import (
    AgainForm,
    BackupChoice,
    ConfirmForm,
    CreateForm,
    ListForm,
    PickForm,
    read,
    seal_with,
)
from tests.views_kit import moments, numbers

CHANNELS = st.from_regex(r"[CDGU][A-Z0-9]{8,20}", fullmatch=True)
VERBS = st.sampled_from(["delete", "restore"])
KEPT = {
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
        verb=st.sampled_from(["create", "delete", "restore"]),
        server_id=numbers,
        backup_id=st.none() | numbers,
        reason=st.text(max_size=200),
    ),
}
FORMS: st.SearchStrategy[Any] = st.one_of(*KEPT.values())
CHOICES = st.builds(
    BackupChoice, verb=st.sampled_from(["delete", "restore", "watch"]), server_id=numbers, backup_id=numbers
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
    assert read(type(form), form.kept()) == form


@given(st.sampled_from(list(KEPT)), st.text(max_size=60) | JSON)
def test_a_forged_form_is_either_read_or_not_understood(form: type[BaseModel], kept: str) -> None:
    with suppress(NotUnderstood):
        assert isinstance(read(form, kept), form)


@pytest.mark.parametrize(
    "kept",
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
def test_what_is_not_ours_is_not_understood(kept: str) -> None:
    with pytest.raises(NotUnderstood) as error:
        read(ConfirmForm, kept)
    assert "/backup" in error.value.hint


def test_fields_of_a_newer_version_are_left_aside() -> None:
    assert read(ListForm, '{"page":2,"sorted_by":"size"}') == ListForm(page=2)


@given(CHOICES)
def test_a_choice_is_read_as_it_was_offered(choice: BackupChoice) -> None:
    assert BackupChoice.chosen(choice.option()) == choice


@given(st.text(max_size=60) | st.from_regex(r"(delete|restore|watch|\w*)?:?-?\w*:?\w*:?", fullmatch=True))
def test_a_forged_choice_is_either_read_or_not_understood(value: str) -> None:
    with suppress(NotUnderstood):
        assert isinstance(BackupChoice.chosen(value), BackupChoice)


@pytest.mark.parametrize("value", ["", "delete", "delete:1", "delete:1:2:3", "erase:1:2", "delete:x:2"])
def test_what_is_no_choice_is_not_understood(value: str) -> None:
    with pytest.raises(NotUnderstood):
        BackupChoice.chosen(value)


@given(CHOICES)
def test_a_choice_fits_an_option(choice: BackupChoice) -> None:
    assert len(choice.option()) <= 150


@given(KEPT[ListForm])
def test_a_list_fits_a_block_id(form: Any) -> None:
    assert len(form.kept()) <= 255


@given(FORMS)
def test_a_form_fits_a_button_and_a_modal(form: Any) -> None:
    assert len(form.kept()) <= 2000


@given(st.text(min_size=1, max_size=40))
def test_a_sealed_form_that_was_edited_is_not_understood(channel: str) -> None:
    kept = CreateForm(channel="C0").kept()
    with pytest.raises(NotUnderstood):
        read(CreateForm, kept.replace('"C0"', json.dumps(channel)) if channel != "C0" else kept[:-1])


def test_another_secret_does_not_open_the_seal() -> None:
    kept = CreateForm(channel="C0").kept()
    seal_with("another")
    with pytest.raises(NotUnderstood):
        read(CreateForm, kept)
