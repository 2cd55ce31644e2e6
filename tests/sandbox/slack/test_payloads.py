"""Every payload has exactly the fields of Slack's own, where samples of these are at hand."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.slack import modals, payloads
from bot.sandbox.slack.block_kit_blocks import SURFACES
from bot.sandbox.slack.workspace import Json, Message, StepRun, Workspace
from tests.sandbox.slack.blocks import SECTION
from tests.sandbox.slack.kit import BUTTON, TEXT, modal

SLACKS = Path(__file__).parents[4] / "shared" / "slack"
SAMPLES = SLACKS / "payloads.json"
ALLOWED = SLACKS / "block-surfaces.json"
FREE = {"values", "inputs", "title", "submit", "close", "text"}
"""What is inside these depends on what was sent or entered."""


def ours(workspace: Workspace) -> dict[str, Json]:
    ana, ops = workspace.people["UANA"], workspace.channels["COPS"]
    stamp = workspace.next_ts()
    posted = workspace.add(Message("COPS", stamp, workspace.app.bot_user, "x", [SECTION], by_bot=True))
    typed = Message("COPS", workspace.next_ts(), ana.id, "x")
    view = modals.push(workspace, ana.id, modal(TEXT))
    clicked = BUTTON | {"block_id": "b", "style": "primary", "action_ts": workspace.next_ts()}
    where = {"container": {"type": "view", "view_id": view.id}, "view": modals.view_json(workspace, view)}
    step = StepRun("Fx1", "run_backup", {"server": "web-1"}, "xwfp-1")
    return {
        "slash_command": payloads.slash(workspace, ana, ops, "/backup", "x", "https://a.org"),
        "block_actions": payloads.message_actions(workspace, ana, posted, clicked, "https://a.org"),
        "view_submission": payloads.submission(workspace, ana, view),
        "view_closed": payloads.closed(workspace, ana, view, is_cleared=False),
        "block_suggestion": payloads.suggestion(workspace, ana, where, "b", "a", "x"),
        "shortcut": payloads.global_shortcut(workspace, ana, "start_backup"),
        "message_action": payloads.message_shortcut(workspace, ana, "link", typed, "https://a.org"),
        "app_mention": payloads.event(workspace, payloads.said(workspace, typed, "app_mention")),
        "function_executed": payloads.event(workspace, payloads.step_started(workspace, step)),
    }


def differences(our: Any, slacks: Any, where: str) -> Iterator[str]:
    if isinstance(our, list) and isinstance(slacks, list) and our and slacks:
        yield from differences(our[0], slacks[0], where)
    if not isinstance(our, dict) or not isinstance(slacks, dict):
        return
    yield from (f"{where}/{name}" for name in our.keys() ^ slacks.keys())
    for name in our.keys() & slacks.keys() - FREE:
        yield from differences(our[name], slacks[name], f"{where}/{name}")


@pytest.mark.skipif(not SAMPLES.exists(), reason=f"Slack's payloads are not at hand: {SAMPLES}")
def test_every_field_is_there_and_no_other(workspace: Workspace) -> None:
    samples = json.loads(SAMPLES.read_text())
    for kind, payload in ours(workspace).items():
        assert list(differences(payload, samples[kind], kind)) == []


@pytest.mark.skipif(not ALLOWED.exists(), reason=f"Slack's list of surfaces is not at hand: {ALLOWED}")
def test_blocks_may_stand_where_slack_lets_them() -> None:
    """But for those which Slack's list allows and Slack then fails to show, or drops."""
    allowed = {
        (kind, surface) for kind, names in json.loads(ALLOWED.read_text()).items() for surface in names
    }
    known = {(kind, surface) for surface, kinds in SURFACES.items() for kind in kinds}
    assert known <= allowed
    assert allowed - known == {("card", "modal"), ("table", "home"), ("data_table", "home")}
