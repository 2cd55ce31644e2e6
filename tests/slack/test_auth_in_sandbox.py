"""The check of the tokens outlives whatever Slack answers that says nothing about them."""

import pytest
from pydantic import SecretStr

from bot.sandbox.server import Sandbox
from bot.slack.auth import check_tokens, web_client


@pytest.mark.parametrize("method", ["auth.test", "apps.connections.open"])
@pytest.mark.parametrize("fault", ["wrong_types", "html", "cut", "down", "503", "internal_error"])
async def test_a_strange_answer_is_asked_for_again(sandbox: Sandbox, method: str, fault: str) -> None:
    sandbox.faults.next_slack[method] += [fault, fault]
    client = web_client(SecretStr(sandbox.workspace.app.bot_token), sandbox.slack_api_url)
    me = await check_tokens(
        client, SecretStr(sandbox.workspace.app.app_token), first_pause=0.01, longest_pause=0.01
    )
    assert me.team == "Sandbox"
    assert sandbox.faults.next_slack[method] == []
