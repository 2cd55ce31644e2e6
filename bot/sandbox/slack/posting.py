"""What a message may hold, whichever way it is posted."""

from dataclasses import dataclass

from bot.sandbox.slack.block_kit import message_problems
from bot.sandbox.slack.form_state import with_ids
from bot.sandbox.slack.workspace import Json, Workspace

LONGEST_TEXT = 40_000
# Undocumented, reported in https://github.com/slackapi/bolt-js/issues/2509
MOST_BLOCK_TEXT = 13_200


class MessageRefused(Exception):
    """A message can't be posted. `str()` is Slack's error name, `messages` its explanations."""

    def __init__(self, error: str, messages: list[str] | None = None) -> None:
        super().__init__(error)
        self.messages = messages or []


@dataclass(frozen=True)
class Content:
    """Text and blocks that Slack accepts."""

    text: str
    blocks: list[Json]


def content(workspace: Workspace, payload: Json) -> Content:
    """The content of a message; text is cut at 40,000 characters, and built from the blocks if missing.

    Raises:
        MessageRefused: `no_text`, `invalid_blocks`, `invalid_attachments` or `msg_blocks_too_long`.
    """
    text, blocks = payload.get("text") or "", payload.get("blocks")
    blocks = [] if blocks in (None, "") else blocks
    if not isinstance(text, str):
        raise MessageRefused("invalid_arguments", ["[ERROR] must be a string [json-pointer:/text]"])
    if not isinstance(blocks, list):
        raise MessageRefused("invalid_blocks_format")
    if not text.strip() and not blocks:
        raise MessageRefused("no_text")
    newer = not workspace.faults.newer_blocks_refused
    problems = message_problems({"text": text, "blocks": blocks}, newer=newer)
    if problems:
        only_table = all(problem.startswith("only_one_table_allowed") for problem in problems)
        error = "invalid_attachments" if only_table else "invalid_blocks"
        raise MessageRefused(error, [f"[ERROR] {problem}" for problem in problems])
    words = _words(blocks)
    if sum(map(len, words)) > MOST_BLOCK_TEXT:
        raise MessageRefused("msg_blocks_too_long")
    return Content((text or " ".join(words))[:LONGEST_TEXT], with_ids(blocks))


def _words(part: object) -> list[str]:
    if isinstance(part, list):
        return [word for child in part for word in _words(child)]
    if isinstance(part, dict):
        own = [part["text"]] if isinstance(part.get("text"), str) else []
        return own + [word for child in part.values() for word in _words(child)]
    return []
