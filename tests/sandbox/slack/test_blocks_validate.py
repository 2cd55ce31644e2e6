"""`blocks.validate`: the judge says of a view, without showing it, what showing it would say."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.pretend_slack import PretendSlack
from tests.sandbox.slack.blocks import SECTION, data_table, table
from tests.sandbox.slack.kit import BUTTON, TEXT, actions, modal, plain, refusal

LONG = {"type": "header", "text": plain("x" * 151)}
ALERT = {"type": "alert", "text": plain("Careful")}


async def judged(client: AsyncWebClient, **given: Any) -> Any:
    """The answer, whether it is a yes or a no."""
    try:
        return (await client.api_call("blocks.validate", json=given)).data
    except SlackApiError as error:
        return error.response.data


@pytest.mark.parametrize(
    "given",
    [
        {"blocks": [SECTION, data_table()]},
        {"blocks": [ALERT]},
        {"message": {"text": "x"}},
        {"message": {"blocks": [SECTION, *actions(BUTTON)]}},
        {"view": modal(TEXT, ALERT)},
        {"view": {"type": "home", "blocks": [SECTION]}},
    ],
)
async def test_what_would_be_shown_is_valid(client: AsyncWebClient, given: Any) -> None:
    assert await judged(client, **given) == {"ok": True}


@pytest.mark.parametrize(
    ("given", "error", "pointer"),
    [
        ({"blocks": [SECTION, LONG]}, "invalid_blocks", "/1/text/text"),
        ({"blocks": [LONG, ALERT, table(1, 1)]}, "invalid_blocks", "/0/text/text"),
        ({"message": {"blocks": [ALERT]}}, "invalid_message", "/blocks/0/type"),
        ({"message": {"blocks": "x"}}, "invalid_message", "/blocks"),
        ({"view": modal(LONG)}, "invalid_view", "/blocks/0/text/text"),
        ({"view": modal(TEXT, submit=None)}, "invalid_view", ""),
        ({"view": {"type": "home", "blocks": [data_table()]}}, "invalid_view", "/blocks/0/type"),
    ],
)
async def test_what_would_be_refused_is_not(
    client: AsyncWebClient, given: Any, error: str, pointer: str
) -> None:
    answer = await judged(client, **given)
    assert (answer["ok"], answer["error"]) == (False, error)
    assert answer["errors"][0]["pointer"] == pointer
    assert answer["errors"][0]["code"] == "failed_constraint"
    assert "json-pointer" not in answer["errors"][0]["message"]


@pytest.mark.parametrize(
    "given", [{}, {"blocks": [SECTION], "view": modal(TEXT)}, {"blocks": "nonsense"}, {"view": [SECTION]}]
)
async def test_it_takes_exactly_one_of_them(client: AsyncWebClient, given: Any) -> None:
    assert (await judged(client, **given))["error"] == "invalid_arguments"


async def test_the_sdk_reaches_it_and_a_workspace_without_newer_blocks_says_so(
    slack: PretendSlack, client: AsyncWebClient
) -> None:
    assert (await client.blocks_validate(blocks=[ALERT]))["ok"]
    slack.workspace.faults.newer_blocks_refused = True
    assert (await refusal(client.blocks_validate(view=modal(ALERT))))["error"] == "invalid_view"
