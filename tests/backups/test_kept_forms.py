"""A form that can't be carried out stays as it was filled in, and says why at its top."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import NotRecorded, Stale, StaleConfirmation, Unrecorded
from bot.sandbox.slack.block_kit import view_problems
from bot.sandbox.slack.form_state import initial_values, placed, with_ids
from bot.slack.messages import explain
from bot.slack.views import kept
from tests.backups.test_form_views import FORMS
from tests.views_kit import drawn

FILLED: dict[str, dict[str, Any]] = {
    "plain_text_input": {"value": "it broke"},
    "checkboxes": {"selected_options": []},
    "external_select": {"selected_option": {"text": {"type": "plain_text", "text": "web-1"}, "value": "1"}},
}
TROUBLE = explain(StaleConfirmation(Stale.GONE, 501))


def sent(name: str, filled: set[str]) -> Any:
    """Return a form as Slack sends it when it is submitted, with some kinds of fields filled in."""
    view = drawn(FORMS[name])
    blocks = with_ids(view["blocks"])
    values = initial_values(blocks)
    for at in placed(blocks):
        if at.kind in filled:
            values[at.block_id][at.action_id] |= FILLED[at.kind]
    echoed = {"id": "V1", "hash": "1.a", "state": {"values": values}, "app_id": "A1"}
    return view | {"blocks": blocks} | echoed


@given(st.sampled_from(sorted(FORMS)), st.sets(st.sampled_from(sorted(FILLED))))
def test_all_that_was_entered_is_there_and_why_is_at_the_top(name: str, filled: set[str]) -> None:
    view = sent(name, filled)
    again = kept(view, TROUBLE)
    assert view_problems(again) == []
    assert initial_values(again["blocks"]) == view["state"]["values"]
    assert "is gone" in str(again["blocks"][0])
    assert again["private_metadata" if "private_metadata" in view else "title"]


@pytest.mark.parametrize("name", sorted(FORMS))
def test_the_newest_reason_is_the_only_one(name: str) -> None:
    once = kept(sent(name, set()), TROUBLE)
    twice = kept(once, explain(NotRecorded(Unrecorded.LOOK_UP)))
    assert len(twice["blocks"]) == len(once["blocks"])
    assert "My database isn't answering" in str(twice["blocks"][0])


def test_what_was_entered_in_one_form_is_there_in_another_that_asks_for_the_same() -> None:
    earlier = sent("confirm a restore", {"plain_text_input", "checkboxes"})
    later = kept(drawn(FORMS["confirm a restore of a full server"]), TROUBLE, earlier)
    values = initial_values(later["blocks"])
    assert values["typed_name"]["typed_name"]["value"] == "it broke"
    assert values["safety"]["safety"]["selected_options"] == []
    assert values["make_room"]["make_room"]["selected_options"] == []
