"""Files through the real SDK: uploaded, shown in a channel, downloaded by people, refused."""

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.pretend_slack import PretendSlack
from bot.sandbox.slack.workspace import Workspace
from tests.sandbox.slack.kit import refusal

CSV = "id,server\n1,web-1\n"


@pytest.fixture(autouse=True)
def may_write_files(workspace: Workspace) -> None:
    workspace.app.scopes += ("files:write",)


async def test_a_file_arrives_where_it_was_sent_and_can_be_downloaded(
    slack: PretendSlack, client: AsyncWebClient
) -> None:
    uploaded = await client.files_upload_v2(
        content=CSV, filename="audit & more.csv", title="Audit", channel="DANA", initial_comment="As asked"
    )
    assert uploaded["file"]["title"] == "Audit"
    [message] = await slack.people.person("ana").sees("dm")
    assert (message.text, [file.name for file in message.files]) == ("As asked", ["audit & more.csv"])
    [shown] = (await client.conversations_history(channel="DANA"))["messages"]
    async with (
        aiohttp.ClientSession() as session,
        session.get(shown["files"][0]["url_private_download"]) as response,
    ):
        assert await response.text() == CSV
        assert response.headers["Content-Disposition"].startswith("attachment")


async def test_a_file_for_nobody_is_kept_until_it_is_sent_somewhere(
    workspace: Workspace, client: AsyncWebClient
) -> None:
    uploaded = await client.files_upload_v2(content=CSV, filename="audit.csv")
    assert uploaded["file"]["mimetype"] == "text/csv"
    assert workspace.messages == {}


async def test_what_is_refused_about_files(workspace: Workspace, client: AsyncWebClient) -> None:
    asked = await client.files_getUploadURLExternal(filename="a.csv", length=5)
    file, address = asked["file_id"], asked["upload_url"]

    async def completed(name: str, channel: str = "COPS") -> str:
        call = client.files_completeUploadExternal(files=[{"id": name}], channel_id=channel)
        return str((await refusal(call))["error"])

    assert await completed(file) == "file_not_found"
    async with aiohttp.ClientSession() as session:
        for content, status in ((b"1234", 400), (b"12345", 200), (b"12345", 404)):
            async with session.post(address, data=content) as response:
                assert response.status == status
    assert await completed("F0") == "file_not_found"
    assert await completed(file, "CRANDOM") == "not_in_channel"
    assert await completed(file, "CSECRET") == "channel_not_found"
    assert await completed(file, "COLD") == "is_archived"
    assert workspace.messages == {}


@pytest.mark.parametrize(
    ("length", "error"), [(0, "invalid_arguments"), (1_000_001, "file_upload_size_restricted")]
)
async def test_files_of_no_size_or_too_large(client: AsyncWebClient, length: int, error: str) -> None:
    call = client.files_getUploadURLExternal(filename="a.csv", length=length)
    assert (await refusal(call))["error"] == error
