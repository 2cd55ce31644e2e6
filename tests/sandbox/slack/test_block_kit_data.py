"""Tables and charts: what Slack refuses in them besides their limits, and blocks it has not brought yet."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.pretend_slack import PretendSlack
from bot.sandbox.slack.block_kit import problems, view_problems
from bot.sandbox.slack.block_kit_blocks import NEWER, SURFACES
from tests.sandbox.slack.blocks import CARD, CELL, PIE, SECTION, Json, bars, chart, data_table, x
from tests.sandbox.slack.kit import TEXT, modal, plain, refusal

RICH = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": []}]}
NUMBER = {"type": "raw_number", "value": 1.5, "text": "1.5 GB"}


@pytest.mark.parametrize(
    ("block", "words"),
    [
        (data_table() | {"caption": None}, "missing required field: caption"),
        (data_table(caption=plain("x")), "must be a string"),
        (data_table(caption=""), "must be more than 0 characters"),
        (data_table(rows=[[CELL]]), "no fewer than 2 items"),
        (data_table(rows=[[], []]), "no fewer than 1 items"),
        (data_table(rows=[[CELL], [CELL, CELL]]), "must have 1 cells"),
        (data_table(rows=[[RICH], [CELL]]), "unsupported type: rich_text"),
        (data_table(rows=[[CELL], [plain("x")]]), "unsupported type: plain_text"),
        (data_table(rows=[[CELL], [{"type": "raw_number", "value": "1"}]]), "must be a number"),
        (data_table(rows=[[CELL], [{"type": "raw_number", "value": True}]]), "must be a number"),
        (data_table(rows={"0": [CELL]}), "must be an array"),
        (data_table(rows=[[CELL] * 7, [CELL | {"text": x(3000)}] * 7]), "in total"),
        (data_table(page_size=0), "whole number from 1 to 100"),
        (data_table(row_header_column_index=-1), "whole number from 0"),
        (data_table(row_header_column_index=1), "index of a column"),
        (data_table(sortable=True), "invalid additional property: sortable"),
        (chart(chart=PIE | {"type": "doughnut"}), "unsupported type: doughnut"),
        (chart(chart={"type": "pie", "segments": [{"label": "x", "value": "1"}]}), "must be a number"),
        (chart(title=plain("x")), "must be a string"),
        (chart(chart=[]), "must provide an object"),
        (bars(["a", "a"], ["x"]), "different names"),
        (bars([], ["x"]), "no fewer than 1 items"),
        (chart(chart=bars(["a"], ["x"])["chart"] | {"axis_config": {"categories": ["y"]}}), "each category"),
        (chart(chart=bars(["a"], ["x"])["chart"] | {"axis_config": None}), "missing required field"),
    ],
)
def test_what_is_wrong_with_a_table_or_chart(block: Json, words: str) -> None:
    assert any(words in problem for problem in problems([block], "message")), problems([block], "message")


CELLS = st.sampled_from([CELL, NUMBER, {"type": "raw_number", "value": 0}])


@given(
    st.integers(1, 20).flatmap(
        lambda columns: st.lists(st.lists(CELLS, min_size=columns, max_size=columns), min_size=2, max_size=9)
    )
)
def test_a_table_whose_rows_are_as_long_as_its_header_passes(rows: list[list[Json]]) -> None:
    table = data_table(rows=[*rows, [RICH] * len(rows[0])], row_header_column_index=len(rows[0]) - 1)
    assert problems([table], "message") == []
    assert problems([table], "home")
    assert view_problems(modal(table))


def test_a_message_holds_two_charts() -> None:
    assert problems([chart()] * 2, "message") == []
    assert problems([chart()] * 3, "message")


@pytest.mark.parametrize("kind", sorted(NEWER))
def test_a_newer_block_is_of_an_unknown_type_where_it_has_not_come_yet(kind: str) -> None:
    for surface in SURFACES:
        refused: Any = problems([{"type": kind}], surface, newer=False)  # type: ignore[arg-type]
        assert refused == [f"unsupported type: {kind} [json-pointer:/blocks/0/type]"]


async def test_a_workspace_without_the_newer_blocks_refuses_them_and_takes_the_others(
    slack: PretendSlack, client: AsyncWebClient
) -> None:
    slack.workspace.faults.newer_blocks_refused = True
    trigger = slack.workspace.triggers.mint("UANA")
    alert = modal({"type": "alert", "text": plain("Careful")}, TEXT)

    posted = await refusal(client.chat_postMessage(channel="COPS", text="x", blocks=[SECTION, data_table()]))
    assert posted["error"] == "invalid_blocks"
    assert "unsupported type: data_table" in posted["response_metadata"]["messages"][0]
    assert (await refusal(client.views_open(trigger_id=trigger, view=alert)))["error"] == "invalid_arguments"
    assert (await client.chat_postMessage(channel="COPS", text="x", blocks=[SECTION]))["ok"]

    slack.workspace.faults.newer_blocks_refused = False
    assert (await client.chat_postMessage(channel="COPS", text="x", blocks=[data_table(), CARD]))["ok"]
    assert (await client.views_open(trigger_id=trigger, view=alert))["ok"]
