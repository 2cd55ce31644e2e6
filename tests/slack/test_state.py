"""What was filled into a modal is read whatever shape Slack gives it."""

from typing import Any

import pytest

from bot.slack import ids
from bot.slack.state import chosen, is_ticked, written


def view(element: dict[str, Any], action_id: str = "field") -> dict[str, Any]:
    return {"state": {"values": {"other": {"noise": {"value": "no"}}, "block": {action_id: element}}}}


EMPTY: list[dict[str, Any]] = [{}, {"state": None}, {"state": {}}, {"state": {"values": None}}, view({}, "x")]


@pytest.mark.parametrize(("value", "text"), [(" web-1 ", "web-1"), ("", ""), (None, "")])
def test_what_was_written(value: str | None, text: str) -> None:
    assert written(view({"type": "plain_text_input", "value": value}), "field") == text


@pytest.mark.parametrize(("option", "value"), [({"value": "7"}, "7"), (None, ""), ({}, "")])
def test_what_was_chosen(option: dict[str, str] | None, value: str) -> None:
    assert chosen(view({"type": "external_select", "selected_option": option}), "field") == value


@pytest.mark.parametrize(("options", "ticked"), [([{"value": ids.SAFETY}], True), ([], False)])
def test_what_was_ticked(options: list[dict[str, str]], ticked: bool) -> None:
    assert is_ticked(view({"type": "checkboxes", "selected_options": options}), "field") is ticked


@pytest.mark.parametrize("empty", EMPTY)
def test_what_is_not_there_is_empty_and_a_precaution_counts_as_taken(empty: dict[str, Any]) -> None:
    assert written(empty, "field") == ""
    assert chosen(empty, "field") == ""
    assert is_ticked(empty, "field") is True
