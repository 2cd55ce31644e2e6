"""Whatever an app sends, the pretend Slack answers, with a refusal at worst."""

from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.slack.api_call import ApiError, Call
from bot.sandbox.slack.manifest import install
from bot.sandbox.slack.modals import ViewRefused
from bot.sandbox.slack.posting import MessageRefused
from bot.sandbox.slack.triggers import TriggerRefused
from bot.sandbox.slack.web_api import METHODS
from bot.sandbox.slack.workspace import Message, Workspace
from tests.sandbox.slack.conftest import people_and_channels
from tests.sandbox.slack.kit import TEXT, modal
from tests.sandbox.slack.manifests import manifest_of_everything

TS = "1700000000.000001"
SENSIBLE: dict[str, Any] = {
    "channel": "COPS",
    "channel_id": "COPS",
    "user": "UANA",
    "user_id": "UANA",
    "users": "UANA",
    "ts": TS,
    "message_ts": TS,
    "timestamp": TS,
    "text": "x",
    "name": "eyes",
    "usergroup": "S1",
    "filename": "a.csv",
    "length": 3,
    "files": [{"id": "F1"}],
    "view": modal(TEXT),
    "limit": 2,
}
OTHERS = [
    *("blocks", "cursor", "oldest", "latest", "types", "metadata", "trigger_id", "team", "bot", "hash"),
    *("thread_ts", "external_id", "view_id", "outputs", "function_execution_id", "error", "message"),
]
STRANGE = st.recursive(
    st.sampled_from(
        ["", "x", "-1", "1.5", "1e999", "nan", "9" * 5000, "\ud83d", "COLD", "CSECRET", "DANA", TS]
    )
    | st.none()
    | st.booleans()
    | st.integers(-2, 10**9)
    | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["id", "type", "blocks"]), inner)
    ),
    max_leaves=5,
)


@given(
    st.sampled_from(sorted(METHODS)),
    st.sets(st.sampled_from(sorted(SENSIBLE))),
    st.dictionaries(st.sampled_from([*SENSIBLE, *OTHERS]), STRANGE, max_size=3),
)
def test_a_call_is_answered_or_refused(method: str, left_out: set[str], strange: dict[str, Any]) -> None:
    manifest = manifest_of_everything()
    manifest["oauth_config"]["scopes"]["bot"].append("channels:history")
    workspace = Workspace(app=install(manifest))
    people_and_channels(workspace)
    workspace.usergroups["S1"] = ["UANA"]
    workspace.add(Message("COPS", TS, workspace.app.bot_user, "Done", by_bot=True))
    sensible = {name: value for name, value in SENSIBLE.items() if name not in left_out}
    call = Call(workspace, method, sensible | strange, workspace.app.bot_token)
    with suppress(ApiError, MessageRefused, ViewRefused, TriggerRefused):
        assert isinstance(METHODS[method].answer(call), dict)
