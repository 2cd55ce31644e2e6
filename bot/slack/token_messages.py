"""What is wrong with Slack's tokens, for whoever runs the bot."""

WHERE_TO_GET = {
    "SLACK_BOT_TOKEN": "Open your app on api.slack.com/apps, “OAuth & Permissions”, “Bot User OAuth Token” "
    "(xoxb-…).",
    "SLACK_APP_TOKEN": "Open your app on api.slack.com/apps, “Basic Information”, “App-Level Tokens”, and "
    "make one with the scope connections:write (xapp-…).",
}

REFUSALS = {
    "invalid_auth": "Slack doesn't know this token",
    "not_authed": "Slack was given no token",
    "token_revoked": "this token has been revoked",
    "token_expired": "this token has expired",
    "account_inactive": "this token belongs to an app or a workspace that is gone",
    "not_allowed_token_type": "this is another kind of token",
    "missing_scope": "this token lacks a scope",
}


def refused(variable: str, error: str) -> str:
    """Return why Slack refused the token in a variable, by its own name for it, and where to get another."""
    words = REFUSALS.get(error, "Slack doesn't accept this token")
    return f"{variable}: {words} ({error}). {WHERE_TO_GET[variable]}"


def no_web_api(status: int) -> str:
    """Return that something else than Slack answers."""
    return f"SLACK_API_URL: no Web API of Slack answers there (HTTP {status})."
