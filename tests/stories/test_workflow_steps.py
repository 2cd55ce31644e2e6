"""The bot's steps in Workflow Builder: they wait, go on with what was found out, and fail in plain words."""

from dataclasses import replace
from datetime import timedelta

from bot.sandbox.slack import payloads
from bot.sandbox.slack.workspace import StepRun
from tests.stories.asking import declines, events, trail, until_recorded
from tests.world import World, set_up

BACK_UP, FIND = "back_up_and_wait", "find_last_backup"


async def test_a_step_makes_a_backup_and_goes_on_when_it_is_complete(world: World) -> None:
    run = await world.person("ana").runs_step(BACK_UP, server="web-1", reason="nightly", channel="COPS")
    card = await world.until_post("Backing up *web-1*")
    assert "Requested by <@UANA> through a workflow <!date^" in card.text
    [made] = await world.until(lambda: world.provider.creates)
    assert made.description.endswith(" nightly · by ana")
    assert run.status == "running"
    world.provider.finish()
    await ended(world, run)
    await world.until_reply("<@UANA> :white_check_mark: *web-1* is backed up")
    seconds = run.outputs.pop("seconds")
    assert isinstance(seconds, int)
    assert run.outputs == {"backup_id": "5001", "size_mb": 8000, "status": "done"}
    assert events(world) == ["requested", "started", "ended"]
    assert {entry.function_execution_id for entry in trail(world)} == {run.id}


async def test_it_outlasts_a_restart_and_an_outage_of_slack_and_is_told_once(world: World) -> None:
    run = await world.person("ana").runs_step(BACK_UP, server="web-1")
    await world.until(lambda: world.provider.creates)
    await world.stop_bot()
    world.provider.finish()
    world.faults.next_slack["functions.completeSuccess"].append("down")
    await world.start_bot()
    await delivered(world, run)
    await ended(world, run)
    assert (run.status, run.outputs["backup_id"]) == ("completed", "5001")
    await world.until_direct("ana", "*web-1* is backed up (")
    await delivered(world, run)
    await until_recorded(world, "ended")
    assert len(world.provider.creates) == 1
    assert events(world) == ["requested", "started", "ended"]


@set_up(bot_second_person="create", bot_approvers="UBEN,UCLEO")
async def test_a_step_waits_for_the_second_person_who_needs_a_reason(world: World) -> None:
    ana = world.person("ana")
    hasty = await ended(world, await ana.runs_step(BACK_UP, server="web-1", channel="COPS"))
    assert "needs a reason" in str(hasty.error)
    run = await ana.runs_step(BACK_UP, server="web-1", reason="release", channel="COPS")
    question = await world.until_post("Approval needed: back up web-1")
    await declines(world, "cleo", question, "not now")
    assert "declined the backup of web-1. “not now”" in str((await ended(world, run)).error)


async def test_what_can_not_be_done_fails_in_plain_words(world: World) -> None:
    for who, step, server, why in (
        ("cleo", BACK_UP, "web-1", "You don't have permission to back up this server. Ask"),
        ("gus", FIND, "web-1", "Only full members of this workspace can use me"),
        ("ana", BACK_UP, "nosuch", "no server"),
        ("ana", BACK_UP, " ", "No server is named."),
        ("ana", FIND, "web-1", "web-1 has no complete backup."),
    ):
        run = await ended(world, await world.person(who).runs_step(step, server=server))
        assert run.status == "failed", why
        assert why in str(run.error)
        assert not {"*", "`", "_"} & {*str(run.error)}
    assert world.provider.creates == []


async def test_a_workflow_that_nobody_started_or_that_names_somebody_itself_can_do_nothing(
    world: World,
) -> None:
    """What is not of Slack's own type for who acted, the workflow's author could set to anybody."""
    for person, kind in (
        (None, "slack#/types/user_context"),
        ("UANA", "slack#/types/user_id"),
        ({"id": "UANA", "secret": "guessed"}, "object"),
        ({"id": "UANA"}, "slack#/types/user_context"),
    ):
        run = StepRun(f"Fx{len(world.workspace.step_runs)}", BACK_UP, {"server": "web-1"}, "xwfp-1")
        if person:
            run.inputs["person"] = person
        world.workspace.step_runs[run.id] = run
        await delivered(world, run, kind)
        assert "doesn't say who started this workflow" in str((await ended(world, run)).error)
    assert (world.provider.creates, world.posts()) == ([], [])


async def test_a_step_of_another_release_fails_at_once(world: World) -> None:
    app = world.workspace.app
    app.functions = {**app.functions, "newer": replace(app.functions[FIND], callback_id="newer")}
    run = await ended(world, await world.person("ana").runs_step("newer", server="web-1"))
    assert "I don't know this step." in str(run.error)


async def test_the_last_good_backup_is_found(world: World) -> None:
    good = world.provider.add_backup("web-1", age=timedelta(hours=7))
    world.provider.add_backup("web-1", age=timedelta(hours=1), status="failed")
    run = await ended(world, await world.person("ben").runs_step(FIND, server="`web`"))
    assert run.outputs == {
        "backup_id": str(good.id),
        "moment": int(good.created_at.timestamp()),
        "age": "7 h",
        "age_hours": 7.0,
        "size_mb": 8000,
    }


async def delivered(world: World, run: StepRun, person_kind: str = "") -> None:
    """Deliver the event of a run, in which the person may be of another type than the bot declares."""
    event = payloads.step_started(world.workspace, run)
    for each in event["function"]["input_parameters"]:
        if person_kind and each["name"] == "person":
            each["type"] = person_kind
    await world.sandbox.slack.dispatcher.deliver_event(payloads.event(world.workspace, event))


async def ended(world: World, run: StepRun) -> StepRun:
    """Wait until a run has ended; return it."""
    await world.until(run.ended.is_set, "the step ends")
    return run
