"""The bot as the workspace knows it: an app with tokens, scopes and settings."""

from dataclasses import dataclass

SCOPES = (
    "commands",
    "chat:write",
    "chat:write.public",
    "app_mentions:read",
    "im:write",
    "im:history",
    "channels:read",
    "groups:read",
    "im:read",
    "mpim:read",
    "users:read",
    "usergroups:read",
)
EVENTS = frozenset({"app_home_opened", "app_mention", "function_executed", "message.im"})


@dataclass
class InstalledApp:
    """The app's settings page. Without `request_url` it is in Socket Mode, otherwise in HTTP mode."""

    id: str = "A0BACKUPBOT"
    bot_id: str = "B0BACKUPBOT"
    bot_user: str = "U0BACKUPBOT"
    name: str = "backup-bot"
    team_id: str = "T0SANDBOX"
    team_domain: str = "sandbox"
    bot_token: str = "xoxb-sandbox"  # noqa: S105
    app_token: str = "xapp-sandbox"  # noqa: S105
    signing_secret: str = "sandbox-signing-secret"  # noqa: S105
    verification_token: str = "sandbox-verification"  # noqa: S105
    request_url: str | None = None
    scopes: tuple[str, ...] = SCOPES
    events: frozenset[str] = EVENTS
    commands: frozenset[str] = frozenset({"/backup"})
    home_tab_enabled: bool = True
    messages_tab_enabled: bool = True
