"""What a form holds and what it remembers is read, or it is a usage error, whatever people type into it."""

from contextlib import suppress
from typing import Any
from unittest.mock import AsyncMock

from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import UsageError
from bot.slack import forms, ids
from bot.slack.interaction import Interaction
from bot.slack.payload import InvalidPayload, storable
from bot.slack.text import unescape_command
from bot.verbs import Verb
from tests.fuzz.odd import anything, examples, texts

NAMES = [ids.SERVER, ids.BACKUP, ids.REASON, ids.TYPED_NAME, ids.SAFETY]
FORMS: list[type[BaseModel]] = [
    forms.ListForm, forms.CreateForm, forms.PickForm, forms.ConfirmForm, forms.AgainForm, forms.OperationForm,
    forms.RequestForm, forms.AuditForm,
]  # fmt: skip

names = st.sampled_from(NAMES)
options = st.none() | st.fixed_dictionaries({}, optional={"value": texts})
elements = st.fixed_dictionaries(
    {},
    optional={
        "value": st.none() | texts,
        "selected_option": options,
        "selected_options": st.lists(options, max_size=2),
    },
)
states = st.dictionaries(texts, st.dictionaries(names, elements, max_size=3), max_size=4)
edits = st.tuples(st.integers(0, 200), st.characters(exclude_categories=[]))


@examples(150)
@given(values=states, name=names)
def test_any_text_in_any_field_is_read(values: Any, name: str) -> None:
    payload = storable({"view": {"id": "V1", "state": {"values": values}}})
    interaction = Interaction(payload, AsyncWebClient(), AsyncMock())
    assert isinstance(interaction.typed(name), str)
    assert isinstance(interaction.chosen(name), str)
    assert isinstance(interaction.is_ticked(name), bool)


@examples(150)
@given(payload=anything)
def test_what_is_kept_of_a_payload_can_be_stored(payload: Any) -> None:
    with suppress(InvalidPayload):
        shown = repr(storable(payload))
        assert "\\x00" not in shown
        assert "\\ud8" not in shown


@examples(150)
@given(stored=texts, form=st.sampled_from(FORMS))
def test_what_is_not_ours_is_not_understood(stored: str, form: type[BaseModel]) -> None:
    with suppress(UsageError):
        assert isinstance(forms.read_form(form, stored), form)


@examples(120)
@given(edit=edits)
def test_an_edited_form_is_read_or_not_understood(edit: tuple[int, str]) -> None:
    stored = forms.PickForm(verb=Verb.DELETE, channel="COPS", server_id=1).as_json()
    place, character = edit[0] % len(stored), edit[1]
    edited = stored[:place] + character + stored[place + 1 :]
    with suppress(UsageError):
        assert isinstance(forms.read_form(forms.PickForm, edited), forms.PickForm)


@examples(150)
@given(value=texts)
def test_a_choice_is_read_or_not_understood(value: str) -> None:
    with suppress(UsageError):
        assert forms.BackupChoice.chosen(value).as_option()
    with suppress(UsageError):
        assert forms.read_id(value) >= 0
    assert isinstance(unescape_command(value), str)
