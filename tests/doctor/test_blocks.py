"""Slack as the judge of all that the bot can draw."""

import inspect
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.models.blocks import AlertBlock, SectionBlock
from slack_sdk.models.views import View

from bot.doctor.blocks import Sample, catalogue, examine_blocks
from bot.doctor.model import Level
from bot.doctor.samples import drawing_functions, samples
from bot.sandbox.server import Sandbox
from bot.settings import Settings
from bot.slack.message import Message, mrkdwn, plain

VIEWS = [*Path(__file__).parents[2].glob("bot/*/*views.py")]


@pytest.fixture
def settings(sandbox: Sandbox, tmp_path: Path) -> Settings:
    wanted: dict[str, Any] = sandbox.bot_environment(tmp_path / "bot.sqlite")
    return Settings(_env_file=None, **{name.lower(): value for name, value in wanted.items()})


async def test_slack_accepts_all_that_the_bot_can_draw(settings: Settings) -> None:
    report = await examine_blocks(settings)
    assert [finding.what for finding in report.findings if finding.level is not Level.WELL] == []


async def test_newer_blocks_are_no_problem_where_slack_does_not_draw_them_yet(
    sandbox: Sandbox, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.workspace.faults.newer_blocks_refused = True
    alert = View(type="modal", title=plain("x"), blocks=[AlertBlock(text=mrkdwn("x"), level="error")])
    monkeypatch.setattr("bot.doctor.blocks.samples", lambda: iter([("x", alert)]))
    well, lacking = (await examine_blocks(settings)).findings
    assert well.level is Level.WELL
    assert (lacking.level, "alert" in lacking.what) == (Level.WARNING, True)


async def test_what_slack_refuses_is_named_with_the_place(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    too_long = Message([SectionBlock(text=mrkdwn("x"))])
    too_long.drawn()[0]["text"]["text"] = "x" * 3001
    monkeypatch.setattr("bot.doctor.blocks.samples", lambda: iter([("lists.too_long", too_long)]))
    [finding] = (await examine_blocks(settings)).findings
    assert finding.level is Level.PROBLEM
    assert "lists.too_long" in finding.what
    assert "/blocks/0/text" in finding.what


async def test_a_wrong_token_is_said_as_everywhere(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.doctor.blocks.samples", lambda: iter(()))
    wrong = Settings(_env_file=None, **(settings.model_dump() | {"slack_bot_token": "xoxb-other"}))
    [finding] = (await examine_blocks(wrong)).findings
    assert finding.what.startswith("SLACK_BOT_TOKEN: ")


def test_nothing_that_draws_is_left_out() -> None:
    drawn = Counter(name for name, _ in samples())
    wanted = {f"{each.__module__.removeprefix('bot.')}.{each.__name__}" for each in drawing_functions()}
    assert set(drawn) == wanted
    assert {inspect.getsourcefile(each) for each in drawing_functions()} == {str(path) for path in VIEWS}


def test_slack_is_asked_once_about_each_shape_with_the_longest_words() -> None:
    def drawn() -> Iterator[tuple[str, Message]]:
        for text in ("a", "longest", "bb"):
            yield "f", Message([SectionBlock(text=mrkdwn(text))])
        yield "g", Message([SectionBlock(text=plain("other"))])

    found = catalogue(drawn())
    assert [(each.name, each.content["text"]) for each in found] == [("f", "longest"), ("g", "other")]
    assert all(isinstance(each, Sample) and not each.is_view for each in found)
