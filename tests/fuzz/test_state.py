"""What a form holds is read whatever it is, and what it remembers is believed only with our seal."""

from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from bot.errors import NotUnderstood
from bot.slack import forms, ids
from bot.slack.payload import Unreadable, readable
from bot.slack.state import chosen, is_ticked, written
from bot.slack.text import typed
from tests.fuzz.odd import anything, examples, texts

NAMES = [ids.SERVER, ids.BACKUP, ids.REASON, ids.TYPED_NAME, ids.SAFETY]
FORMS: list[type[BaseModel]] = [
    forms.ListForm, forms.CreateForm, forms.PickForm, forms.ConfirmForm, forms.AgainForm, forms.RequestForm,
    forms.AuditForm,
]  # fmt: skip
SEALED = {forms.CreateForm, forms.PickForm, forms.ConfirmForm}

names = st.sampled_from([*NAMES, "value", "selected_option", "selected_options", ""])
elements = st.dictionaries(names, anything, max_size=3) | anything
states = st.dictionaries(names, st.dictionaries(names, elements, max_size=3) | anything, max_size=4)
edits = st.tuples(st.integers(0, 200), st.characters(exclude_categories=[]))


@examples(300)
@given(values=states | anything, name=st.sampled_from(NAMES))
def test_any_state_is_read_or_refused(values: Any, name: str) -> None:
    with suppress(Unreadable):
        view = readable({"view": {"state": {"values": values}}})["view"]
        assert isinstance(written(view, name), str)
        assert isinstance(chosen(view, name), str)
        assert isinstance(is_ticked(view, name), bool)


@examples(300)
@given(kept=texts, form=st.sampled_from(FORMS))
def test_what_is_not_ours_is_not_understood(kept: str, form: type[BaseModel]) -> None:
    with suppress(NotUnderstood):
        assert form not in SEALED, forms.read(form, kept)
        forms.read(form, kept)


@examples(200)
@given(edit=edits)
def test_an_edited_form_is_not_understood(edit: tuple[int, str]) -> None:
    kept = forms.PickForm(verb="delete", channel="COPS", server_id=1).kept()
    place, character = edit[0] % len(kept), edit[1]
    edited = kept[:place] + character + kept[place + 1 :]
    with suppress(NotUnderstood):
        assert forms.read(forms.PickForm, edited) == forms.read(forms.PickForm, kept)
        assert edited == kept


@examples(300)
@given(value=texts)
def test_a_choice_is_read_or_not_understood(value: str) -> None:
    with suppress(NotUnderstood):
        assert forms.BackupChoice.chosen(value).option()
    assert isinstance(typed(value), str)
