"""The stream of patches."""

import asyncio
import json
from collections.abc import AsyncGenerator

from bot.sandbox.slack import modals
from tests.sandbox.page.conftest import Client
from tests.sandbox.page.harness import PageHarness
from tests.sandbox.page.test_actions import MODAL

Patches = list[dict[str, str]]


async def stream(client: Client, query: str = "as=UANA&in=COPS") -> AsyncGenerator[Patches, None]:
    async with client.get(f"/live?{query}") as response:
        assert response.content_type == "text/event-stream"
        async for line in response.content:
            if line.startswith(b"data: "):
                yield json.loads(line.removeprefix(b"data: "))


async def test_a_window_is_brought_up_to_date_and_then_kept_so(client: Client, harness: PageHarness) -> None:
    events = stream(client)
    async with asyncio.timeout(10):
        first = await anext(events)
        assert {"messages", "sidebar", "modals"} <= {patch["target"] for patch in first}
        harness.says("news")
        second = await anext(events)
        assert [(patch["how"], patch["target"]) for patch in second if "news" in patch["html"]] == [
            ("append", "messages")
        ]
    await events.aclose()


async def test_a_modal_opens_in_the_windows_of_its_person_alone(client: Client, harness: PageHarness) -> None:
    hers, his = stream(client), stream(client, "as=UBEN&in=COPS")
    async with asyncio.timeout(10):
        await anext(hers)
        await anext(his)
        modals.push(harness.workspace, "UANA", MODAL)
        assert "<dialog" in "".join(patch["html"] for patch in await anext(hers))
        harness.says("for both")
        assert "<dialog" not in "".join(patch["html"] for patch in await anext(his))
    await hers.aclose()
    await his.aclose()


async def test_two_windows_are_two_people(client: Client, harness: PageHarness) -> None:
    harness.says("psst", only="UBEN")
    async with client.get("/?as=UBEN&in=COPS") as ben, client.get("/?as=UANA&in=COPS") as ana:
        assert "psst" in await ben.text()
        assert "psst" not in await ana.text()


async def test_the_place_is_in_the_address(client: Client, harness: PageHarness) -> None:
    root = harness.says("root")
    async with client.get(f"/?as=UBEN&in=COPS&thread={root.ts}") as response:
        text = await response.text()
    assert 'aria-label="Thread"' in text
    assert 'data-as="UBEN"' in text
