"""The workspace installs an app from its manifest: what the manifest lacks does not work."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.people.actors import NotPossible
from bot.sandbox.pretend_slack import PretendSlack
from bot.sandbox.run import run_sandbox
from bot.sandbox.server import MANIFEST, Sandbox
from bot.sandbox.slack.installed_app import InstalledApp
from bot.sandbox.slack.manifest import ManifestRefused, install, read
from tests.sandbox.slack.conftest import Bot, client_of
from tests.sandbox.slack.kit import BUTTON, actions, refusal
from tests.sandbox.slack.manifests import Json, manifest_of_everything

SCHEMA = MANIFEST.parents[1] / "shared" / "slack" / "manifest.schema.2.0.0.json"
Change = Callable[[Json], Any]


def installed(change: Change) -> InstalledApp:
    manifest = manifest_of_everything()
    change(manifest)
    return install(manifest)


def test_the_sandbox_installs_the_very_file_that_people_paste() -> None:
    written = yaml.safe_load(MANIFEST.read_text())
    app = Sandbox(seeded=False).workspace.app
    granted = written["oauth_config"]["scopes"]
    assert app.name == written["features"]["bot_user"]["display_name"]
    assert list(app.scopes) == [*granted["bot"], *granted["bot_optional"]]
    assert app.commands == {"/backup": True}
    assert app.home_tab_enabled is written["features"]["app_home"]["home_tab_enabled"]
    assert (app.messages_tab_enabled, app.messages_tab_read_only) == (True, False)
    assert app.socket_mode_enabled
    assert app.interactivity_enabled


async def test_a_scope_the_file_lacks_is_missed_by_the_methods_that_need_it(tmp_path: Path) -> None:
    written = read(MANIFEST)
    written["oauth_config"]["scopes"]["bot"].remove("users:read")
    file = tmp_path / "manifest.yml"
    file.write_text(yaml.safe_dump(written))
    sandbox = Sandbox(seeded=False, manifest=file)
    await sandbox.start()
    client = AsyncWebClient(sandbox.workspace.app.bot_token, base_url=sandbox.slack_api_url)
    answer = await refusal(client.users_info(user="UANA"))
    assert (answer["error"], answer["needed"]) == ("missing_scope", "users:read")
    assert answer["provided"].split(",") == list(sandbox.workspace.app.scopes)
    await sandbox.stop()


def test_an_app_with_a_name_alone_can_do_nothing() -> None:
    app = install({"display_information": {"name": "Bare"}})
    tokens = {name: part for name, part in vars(app).items() if name.endswith(("token", "secret"))}
    assert app == InstalledApp(name="Bare", **tokens)


async def test_a_command_that_is_not_in_it_is_not_known(slack: PretendSlack) -> None:
    slack.workspace.app.commands = installed(lambda m: m["features"].pop("slash_commands")).commands
    assert (await slack.people.person("ana").types("/backup list")).error == "invalid_command"


async def test_a_command_without_should_escape_arrives_as_it_was_typed(slack: PretendSlack, bot: Bot) -> None:
    def unescaped(manifest: Json) -> None:
        del manifest["features"]["slash_commands"][0]["should_escape"]

    slack.workspace.app.commands = installed(unescaped).commands

    @bot.app.command("/backup")
    async def answer(ack: Any) -> None:
        await ack()

    await slack.people.person("ana").types("/backup list @ben <b>")
    assert bot.told[0]["text"] == "list @ben <b>"


async def test_clicks_reach_nobody_without_interactivity(slack: PretendSlack, bot: Bot) -> None:
    slack.workspace.app.interactivity_enabled = installed(
        lambda m: m["settings"].pop("interactivity")
    ).interactivity_enabled
    await bot.app.client.chat_postMessage(channel="COPS", text="x", blocks=actions(BUTTON))
    ana = slack.people.person("ana")
    assert (await ana.clicks("go")).error == "interactivity_not_enabled"
    assert (await ana.uses_shortcut("start_backup")).error == "interactivity_not_enabled"
    assert bot.told == []


async def test_what_the_app_does_not_have_nobody_can_use(slack: PretendSlack) -> None:
    app = installed(lambda m: [m.pop("functions"), m["features"].update(app_home=None)])
    slack.workspace.app, client = app, client_of(slack, app.bot_token)
    ana = slack.people.person("ana")
    with pytest.raises(NotPossible, match="no Home tab"):
        await ana.opens_home()
    with pytest.raises(NotPossible, match="turned off"):
        await ana.types("hello", "dm")
    with pytest.raises(NotPossible, match="no such step"):
        await ana.runs_step("run_backup", server="web-1")
    with pytest.raises(NotPossible, match="no such shortcut"):
        await ana.uses_shortcut("another")
    home = {"type": "home", "blocks": actions(BUTTON)}
    assert (await refusal(client.views_publish(user_id="UANA", view=home)))["error"] == "not_enabled"
    answer = await refusal(client.chat_postMessage(channel="UANA", text="x"))
    assert answer["error"] == "messages_tab_disabled"


async def test_people_cannot_write_where_messages_are_read_only(slack: PretendSlack) -> None:
    def read_only(manifest: Json) -> None:
        del manifest["features"]["app_home"]["messages_tab_read_only_enabled"]

    app = installed(read_only)
    slack.workspace.app, client = app, client_of(slack, app.bot_token)
    with pytest.raises(NotPossible, match="turned off"):
        await slack.people.person("ana").types("hello", "dm")
    assert (await client.chat_postMessage(channel="UANA", text="x"))["ok"]


async def test_an_event_it_does_not_subscribe_to_is_not_told(slack: PretendSlack, bot: Bot) -> None:
    slack.workspace.app.events = installed(lambda m: m["settings"].pop("event_subscriptions")).events
    assert (await slack.people.person("ana").types("@backup-bot status")).acked
    assert bot.told == []


async def test_sockets_are_turned_away_where_socket_mode_is_off(
    slack: PretendSlack, client: AsyncWebClient
) -> None:
    slack.workspace.app.socket_mode_enabled = installed(
        lambda m: m["settings"].pop("socket_mode_enabled")
    ).socket_mode_enabled
    url = (await client.apps_connections_open(app_token=slack.workspace.app.app_token))["url"]
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as link:
        assert (await link.receive_json())["reason"] == "link_disabled"
        assert (await link.receive()).data == 1000


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda m: m.pop("display_information"), "missing required field: display_information"),
        (lambda m: m["display_information"].update(name="x" * 36), "/display_information/name"),
        (lambda m: m["features"]["bot_user"].update(display_name="Backup Bot"), "must match the pattern"),
        (lambda m: m["features"]["slash_commands"][0].update(command="backup"), "must match the pattern"),
        (lambda m: m["features"]["slash_commands"][0].pop("description"), "missing required field"),
        (lambda m: m["features"]["shortcuts"][0].update(name="x" * 25), "less than 25 characters"),
        (lambda m: m["features"]["shortcuts"][0].update(type="both"), "must be one of: global, message"),
        (lambda m: m["features"].update(home={}), "invalid additional property: home"),
        (lambda m: m["settings"].update(socket_mode_enabled="yes"), "must be a boolean"),
        (lambda m: m["oauth_config"]["scopes"]["bot"].append("Chat Write"), "must match the pattern"),
        (lambda m: m["oauth_config"]["scopes"]["bot"].remove("commands"), "requires the scope commands"),
        (
            lambda m: m["oauth_config"]["scopes"]["bot"].remove("app_mentions:read"),
            "requires the scope app_mentions:read",
        ),
        (lambda m: m["oauth_config"].clear(), "requires the scope im:history"),
    ],
)
def test_what_slack_would_not_take(change: Change, words: str) -> None:
    with pytest.raises(ManifestRefused) as refused:
        installed(change)
    assert words in str(refused.value)


def faults_of(manifest: Json) -> str:
    try:
        install(manifest)
    except ManifestRefused as refused:
        return str(refused)
    return ""


def _parts(schema: Json, part: Json, *path: str) -> Iterator[tuple[str, ...]]:
    while "$ref" in part:
        part = schema["definitions"][part["$ref"].rpartition("/")[2]]
    for name, inner in part.get("properties", {}).items():
        yield (*path, name)
        if len(path) < 2:
            yield from _parts(schema, inner, *path, name)


def test_steps_are_described_and_can_run() -> None:
    def flat(manifest: Json) -> None:
        manifest["functions"]["run_backup"]["input_parameters"] = {"server": {"type": "string"}}

    def elsewhere(manifest: Json) -> None:
        manifest["settings"] |= {"function_runtime": "slack", "org_deploy_enabled": False}

    for change, missing in (
        (flat, "missing required field: properties"),
        (elsewhere, "requires org_deploy_enabled"),
        (elsewhere, "requires function_runtime: remote"),
    ):
        with pytest.raises(ManifestRefused, match=missing):
            installed(change)


@pytest.mark.skipif(not SCHEMA.exists(), reason=f"Slack's schema is not at hand: {SCHEMA}")
def test_no_part_that_slack_knows_is_unknown() -> None:
    schema = json.loads(SCHEMA.read_text())
    for *path, name in _parts(schema, schema):
        manifest = manifest_of_everything()
        holder = manifest
        for step in path:
            holder = holder.setdefault(step, {})
        holder.setdefault(name, object())
        assert f"invalid additional property: {name}" not in faults_of(manifest), (*path, name)


@pytest.mark.parametrize("content", [None, "[", "- x", "7"])
def test_a_file_without_a_manifest(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "manifest.yml"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ManifestRefused, match=r"manifest\.yml"):
        read(file)


async def test_the_command_says_why_slack_would_not_take_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> Json:
        raise ManifestRefused("missing required field: name [json-pointer:/display_information]")

    monkeypatch.setattr("bot.sandbox.server.read", refuse)
    with pytest.raises(SystemExit, match="missing required field: name"):
        await run_sandbox(port=0, speed=1.0, database=None, servers=0)
