"""Events: mentions, direct messages, the Home, steps of workflows, and their repetition."""

import asyncio
from typing import Any

from slack_sdk.errors import SlackApiError

from bot.sandbox.pretend_slack import PretendSlack
from bot.sandbox.slack.delivery import Dispatcher
from bot.sandbox.slack.echoes import Echoes
from bot.sandbox.slack.workspace import Message, Workspace
from tests.sandbox.page.harness import FunctionBot
from tests.sandbox.slack.conftest import Bot, changes
from tests.sandbox.slack.kit import BUTTON, actions

HOME = {"type": "home", "blocks": actions(BUTTON)}


async def test_mentions_and_direct_messages_arrive_as_events(slack: PretendSlack, bot: Bot) -> None:
    @bot.app.event("app_mention")
    async def mentioned(body: Any) -> None: ...

    @bot.app.event("message")
    async def written(body: Any) -> None: ...

    ana = slack.people.person("ana")
    assert (await ana.types("@backup-bot status of web-1.example.com")).acked
    assert (await ana.types("hello", "dm")).acked
    assert (await ana.types("nobody asked", "ops")).acked
    assert (await ana.types("<@U0BACKUPBOT> status", "random")).acked
    mention, direct = [told["event"] for told in bot.told]
    assert mention["text"] == "<@U0BACKUPBOT> status of <http://web-1.example.com|web-1.example.com>"
    assert (direct["channel"], direct["channel_type"]) == ("DANA", "im")


async def test_messages_in_channels_arrive_where_the_app_subscribes_to_them(
    slack: PretendSlack, bot: Bot
) -> None:
    slack.workspace.app.events |= {"message.channels"}

    @bot.app.event("message")
    @bot.app.event("app_mention")
    async def written(body: Any) -> None: ...

    ana = slack.people.person("ana")
    assert (await ana.types("nobody asked", "ops")).acked
    assert (await ana.types("@backup-bot hello", "ops")).acked
    assert (await ana.types("nor here", "random")).acked
    told = [payload["event"] for payload in bot.told]
    assert [(event["type"], event.get("channel_type"), event["user"]) for event in told] == [
        ("message", "channel", "UANA"),
        ("message", "channel", "UANA"),
        ("app_mention", None, "UANA"),
    ]


async def test_the_bot_is_told_of_its_own_messages_where_it_subscribes_to_them(workspace: Workspace) -> None:
    told = FunctionBot()
    echoes = Echoes(workspace, Dispatcher(workspace, told, told))
    bot = workspace.app.bot_user
    workspace.app.events |= {"message.channels"}
    for place in ("CRANDOM", "CSECRET", "COPS", "DANA"):
        workspace.add(Message(place, workspace.next_ts(), bot, "Done", by_bot=True))
    posted = workspace.messages["COPS"][0]
    workspace.edited(posted)
    workspace.remove(posted)
    await asyncio.gather(*echoes._delivering)
    events = [payload["event"] for payload in told.told]
    assert [(event["channel"], event.get("subtype")) for event in events] == [
        ("COPS", None),
        ("DANA", None),
        ("COPS", "message_changed"),
        ("COPS", "message_deleted"),
    ]


async def test_opening_the_home_tells_the_bot_which_publishes_it(slack: PretendSlack, bot: Bot) -> None:
    @bot.app.event("app_home_opened")
    async def publish(event: Any, client: Any) -> None:
        if event["tab"] == "home":
            await client.views_publish(
                user_id=event["user"], view={"type": "home", "blocks": actions(BUTTON)}
            )

    @bot.app.action("go")
    async def clicked(ack: Any) -> None:
        await ack()

    ana, published = slack.people.person("ana"), changes(slack.workspace, "home")
    await ana.opens_home()
    await published.wait()
    assert (await ana.clicks("go")).acked
    assert bot.told[-1]["view"]["type"] == "home"
    await ana.opens_home()
    assert bot.told[-1]["event"]["view"]["id"] == slack.workspace.homes["UANA"]["id"]
    assert bot.told[-1]["event"]["view"]["title"]["text"] == "View Title"
    assert (await ana.opens_messages_tab()).acked


async def test_a_step_of_a_workflow_runs_and_ends(slack: PretendSlack, bot: Bot) -> None:
    @bot.app.function("run_backup")
    async def run(inputs: Any, complete: Any) -> None:
        await complete({"job_id": inputs["server"]})

    started = await slack.people.person("ana").runs_step("run_backup", server="web-1")
    await started.ended.wait()
    assert started.outputs == {"job_id": "web-1"}


async def test_a_step_can_t_end_without_what_it_promises(slack: PretendSlack, bot: Bot) -> None:
    refused: list[str] = []

    @bot.app.function("run_backup")
    async def run(complete: Any, fail: Any) -> None:
        for outputs in ({}, {"job_id": 5011}):
            try:
                await complete(outputs)
            except SlackApiError as error:
                refused.append(error.response["error"])
        await fail("No such server.")

    started = await slack.people.person("ana").runs_step("run_backup", server="web-1")
    await started.ended.wait()
    assert refused == ["parameter_validation_failed"] * 2
    assert (started.status, started.error) == ("failed", "No such server.")


async def test_an_event_nobody_acks_is_repeated(slack: PretendSlack, bot: Bot) -> None:
    slack.workspace.ack_seconds, slack.workspace.event_retry_seconds = 0.05, (0.0,)
    answer = await slack.people.person("ana").types("@backup-bot hello")
    assert answer.error == "operation_timeout"
    await bot.was_told(2)
    assert bot.told[0] == bot.told[1]


async def test_a_thread_is_seen_apart(slack: PretendSlack, bot: Bot) -> None:
    @bot.app.event("app_mention")
    async def mentioned(event: Any, say: Any) -> None:
        await say("In the thread", thread_ts=event["thread_ts"])
        await say("For all", thread_ts=event["thread_ts"], reply_broadcast=True)

    ana = slack.people.person("ana")
    ts = (await bot.app.client.chat_postMessage(channel="COPS", text="Begins"))["ts"]
    shown = changes(slack.workspace, "message")
    await ana.types("@backup-bot go on", thread_ts=ts)
    while len(await ana.sees(thread_ts=ts)) < 4:
        shown.clear()
        await shown.wait()
    assert [found.text for found in await ana.sees()] == ["Begins", "For all"]
