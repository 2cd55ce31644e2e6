"""Installing an app from its manifest: what the manifest lacks, the app can't do.

https://docs.slack.dev/reference/app-manifest
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from bot.sandbox.slack.block_kit_rules import (
    Rule,
    anything,
    at,
    boolean,
    items,
    matching,
    one_of,
    shape,
    string,
)
from bot.sandbox.slack.functions import functions_rule, read_functions
from bot.sandbox.slack.installed_app import InstalledApp
from bot.sandbox.slack.workspace import Json

EVENT_SCOPES = {
    "app_home_opened": None,
    "app_mention": "app_mentions:read",
    "function_executed": None,
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
}
"""The scope an app needs to be told of an event. Of others Slack knows, and we don't, nothing is said."""


def _unmodelled(*names: str) -> dict[str, Rule]:
    """Parts of a manifest that Slack takes and that nothing here depends on."""
    return dict.fromkeys(names, anything)


_URL = string(3500)
_COMMAND = shape(
    {"command": matching(r"/[a-z0-9_-]{1,31}"), "description": string(2000)},
    {"usage_hint": string(1000), "should_escape": boolean, "url": _URL},
)
_SHORTCUT = shape(
    {
        "name": string(24),
        "type": one_of("global", "message"),
        "callback_id": string(255),
        "description": string(150),
    }
)
_FEATURES: dict[str, Rule] = {
    "app_home": shape(
        {},
        {
            "home_tab_enabled": boolean,
            "messages_tab_enabled": boolean,
            "messages_tab_read_only_enabled": boolean,
        },
    ),
    "bot_user": shape({"display_name": matching(r"[a-z0-9._-]{1,80}")}, {"always_online": boolean}),
    "shortcuts": items(_SHORTCUT, 10, 0),
    "slash_commands": items(_COMMAND, 50, 0),
    **_unmodelled("agent_view", "assistant_view", "functions", "unfurl_domains", "workflow_steps"),
}
_SCOPES = items(matching(r"[a-z_-]+([.:][a-z_-]+)*"), 255, 0)
_EVENTS = items(string(100), 100, 0)
_SETTINGS: dict[str, Rule] = {
    "event_subscriptions": shape(
        {},
        {"bot_events": _EVENTS, "user_events": _EVENTS, "request_url": _URL}
        | _unmodelled("metadata_subscriptions"),
    ),
    "interactivity": shape({"is_enabled": boolean}, {"request_url": _URL, "message_menu_options_url": _URL}),
    "org_deploy_enabled": boolean,
    "socket_mode_enabled": boolean,
    "token_rotation_enabled": boolean,
    **_unmodelled("allowed_ip_address_ranges", "function_runtime", "hermes_app_type", "incoming_webhooks"),
    **_unmodelled("is_hosted", "is_mcp_enabled", "siws_links"),
}
_SCOPE_KINDS = ("bot", "bot_optional", "user", "user_optional")


def _commands_are_granted(manifest: Any, pointer: str) -> Iterator[str]:
    features = manifest.get("features") or {}
    for name in ("slash_commands", "shortcuts"):
        if features.get(name) and "commands" not in _scopes(manifest):
            yield at(f"{pointer}/features/{name}", "requires the scope commands")


def _steps_can_run(manifest: Any, pointer: str) -> Iterator[str]:
    settings = manifest.get("settings") or {}
    if not manifest.get("functions"):
        return
    if not settings.get("org_deploy_enabled"):
        yield at(f"{pointer}/functions", "requires org_deploy_enabled")
    if settings.get("function_runtime") != "remote":
        yield at(f"{pointer}/functions", "requires function_runtime: remote")


def _events_are_granted(manifest: Any, pointer: str) -> Iterator[str]:
    for index, event in enumerate(_events(manifest)):
        scope = EVENT_SCOPES.get(event)
        if scope is not None and scope not in _scopes(manifest):
            yield at(
                f"{pointer}/settings/event_subscriptions/bot_events/{index}", f"requires the scope {scope}"
            )


_MANIFEST = shape(
    {
        "display_information": shape(
            {"name": string(35)},
            {"description": string(140), "background_color": string(7, 4), "long_description": string(4000)},
        )
    },
    {
        "features": shape({}, _FEATURES),
        "oauth_config": shape(
            {},
            {"scopes": shape({}, dict.fromkeys(_SCOPE_KINDS, _SCOPES))}
            | _unmodelled("pkce_enabled", "redirect_urls", "token_management_enabled"),
        ),
        "settings": shape({}, _SETTINGS),
        **_unmodelled("$schema", "_metadata", "app_directory", "datastores", "external_auth_providers"),
        "functions": functions_rule,
        **_unmodelled("mcp_servers", "outgoing_domains", "types", "workflows"),
    },
    _commands_are_granted,
    _steps_can_run,
    _events_are_granted,
)


class ManifestRefused(Exception):
    """Slack would not make an app of this manifest. `str()` names every reason, a line for each."""


def read(file: Path) -> Json:
    """Return the manifest in a YAML file.

    Raises:
        ManifestRefused: there is no such file, or it holds no object.
    """
    try:
        manifest = yaml.load(file.read_text(), yaml.CSafeLoader)
    except (OSError, UnicodeError, yaml.YAMLError) as problem:
        raise ManifestRefused(f"{file} can't be read: {problem}") from None
    if not isinstance(manifest, dict):
        raise ManifestRefused(f"{file} holds no manifest.")
    return manifest


def install(manifest: Json) -> InstalledApp:
    """Return the app as Slack makes it of its manifest, the optional scopes granted.

    Raises:
        ManifestRefused: it breaks one of Slack's rules.
    """
    if problems := list(_MANIFEST(manifest, "")):
        raise ManifestRefused("\n".join(problems))
    features, settings = manifest.get("features") or {}, manifest.get("settings") or {}
    home, bot = features.get("app_home") or {}, features.get("bot_user") or {}
    return InstalledApp(
        name=bot.get("display_name", manifest["display_information"]["name"]),
        scopes=_scopes(manifest),
        events=frozenset(_events(manifest)),
        commands={
            known["command"]: bool(known.get("should_escape"))
            for known in features.get("slash_commands") or []
        },
        shortcuts={known["callback_id"]: known["type"] for known in features.get("shortcuts") or []},
        functions=read_functions(manifest),
        home_tab_enabled=home.get("home_tab_enabled", False),
        messages_tab_enabled=home.get("messages_tab_enabled", False),
        messages_tab_read_only=home.get("messages_tab_read_only_enabled", True),
        interactivity_enabled=(settings.get("interactivity") or {}).get("is_enabled", False),
        socket_mode_enabled=settings.get("socket_mode_enabled", False),
    )


def _scopes(manifest: Json) -> tuple[str, ...]:
    scopes = (manifest.get("oauth_config") or {}).get("scopes") or {}
    return (*(scopes.get("bot") or ()), *(scopes.get("bot_optional") or ()))


def _events(manifest: Json) -> list[str]:
    subscriptions = (manifest.get("settings") or {}).get("event_subscriptions") or {}
    return list(subscriptions.get("bot_events") or ())
