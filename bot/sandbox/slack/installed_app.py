"""The bot as the workspace knows it: an app with tokens, scopes and settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Literal

from bot.sandbox.slack.functions import Function

ShortcutKind = Literal["global", "message"]


@dataclass
class InstalledApp:
    """The app's settings page; `manifest.install` fills it in. Tokens and secrets are new each time.

    `request_url` is where Slack calls it in HTTP mode, None in Socket Mode. `commands` are its slash
    commands, each with whether Slack escapes what is typed after it; `shortcuts` are callback ids with
    their kind, `functions` its steps in Workflow Builder by callback id.
    """

    id: str = "A0BACKUPBOT"
    bot_id: str = "B0BACKUPBOT"
    bot_user: str = "U0BACKUPBOT"
    name: str = "backup-bot"
    team_id: str = "T0SANDBOX"
    team_domain: str = "sandbox"
    bot_token: str = field(default_factory=lambda: f"xoxb-{token_hex(12)}")
    app_token: str = field(default_factory=lambda: f"xapp-{token_hex(12)}")
    signing_secret: str = field(default_factory=lambda: token_hex(16))
    verification_token: str = field(default_factory=lambda: token_hex(12))
    request_url: str | None = None
    scopes: tuple[str, ...] = ()
    events: frozenset[str] = frozenset()
    commands: Mapping[str, bool] = field(default_factory=dict)
    shortcuts: Mapping[str, ShortcutKind] = field(default_factory=dict)
    functions: Mapping[str, Function] = field(default_factory=dict)
    home_tab_enabled: bool = False
    messages_tab_enabled: bool = False
    messages_tab_read_only: bool = True
    interactivity_enabled: bool = False
    socket_mode_enabled: bool = False
