import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jsonschema
import pytest
import yaml

from bot.slack import ids
from bot.slack.manifest import OPTIONAL_SCOPES, SCOPES, as_link, as_yaml, manifest
from bot.verbs import USAGES

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT.parent / "shared" / "slack" / "manifest.schema.2.0.0.json"
URL = "https://bot.example.org/slack/events"
MODES = pytest.mark.parametrize("url", [None, URL], ids=["socket", "http"])


def test_the_file_is_what_the_code_prints_for_socket_mode() -> None:
    assert (ROOT / "manifest.yml").read_text() == as_yaml()


@MODES
def test_printed_and_read_again_it_is_the_same(url: str | None) -> None:
    assert yaml.safe_load(as_yaml(url)) == manifest(url)


def test_readmes_link_is_what_the_code_prints() -> None:
    assert f"[create-app]: {as_link()}\n" in (ROOT / "README.md").read_text()


@MODES
def test_the_link_carries_the_manifest(url: str | None) -> None:
    link = urlsplit(as_link(url))
    assert (link.scheme, link.netloc, link.path) == ("https", "api.slack.com", "/apps")
    asked = parse_qs(link.query)
    assert asked["new_app"] == ["1"]
    assert json.loads(asked["manifest_json"][0]) == manifest(url)
    assert len(as_link(url)) < 8000


@pytest.mark.skipif(not SCHEMA.exists(), reason=f"Slack's schema is not at hand: {SCHEMA}")
@MODES
def test_slacks_schema_accepts_it(url: str | None) -> None:
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    jsonschema.Draft7Validator(schema).validate(manifest(url))


@MODES
def test_it_keeps_slacks_limits(url: str | None) -> None:
    """The schema leaves some of these out (https://docs.slack.dev/reference/app-manifest)."""
    wanted = manifest(url)
    assert len(wanted["display_information"]["name"]) <= 35
    assert len(wanted["display_information"]["description"]) <= 140
    assert re.fullmatch(r"[a-z0-9._-]{1,80}", wanted["features"]["bot_user"]["display_name"])
    for shortcut in wanted["features"]["shortcuts"]:
        assert len(shortcut["name"]) <= 24
        assert len(shortcut["description"]) <= 150
    for command in wanted["features"]["slash_commands"]:
        assert re.fullmatch(r"/[a-z0-9_-]{1,31}", command["command"])
        assert command["should_escape"]


def test_the_hint_lists_every_verb_and_the_ids_are_ours() -> None:
    features = manifest()["features"]
    [command] = features["slash_commands"]
    assert command["command"] == ids.COMMAND
    assert command["usage_hint"].strip("[]").split("|") == list(USAGES)
    shortcuts = {each["callback_id"]: each["type"] for each in features["shortcuts"]}
    assert shortcuts == {ids.MENU_SHORTCUT: "global", ids.MESSAGE_SHORTCUT: "message"}


def test_scopes_are_asked_for_once_each() -> None:
    assert "commands" in SCOPES
    assert not set(SCOPES) & set(OPTIONAL_SCOPES)


def _addresses(value: Any) -> Iterator[str]:
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from _addresses(item)
    if isinstance(value, str) and "://" in value:
        yield value


def test_only_http_mode_has_addresses_and_all_are_the_one_given() -> None:
    assert list(_addresses(manifest())) == []
    assert set(_addresses(manifest(URL))) == {URL}
    assert not manifest(URL)["settings"]["socket_mode_enabled"]
    assert manifest()["settings"]["socket_mode_enabled"]
