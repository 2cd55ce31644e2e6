"""The first minute: six things to try, each begun with one click, and ticked when it has really happened."""

from collections.abc import Callable
from dataclasses import dataclass

from htpy import Node, a, button, code, div, fragment, h2, h3, li, ol, p, span

from bot.sandbox.page.place import Place
from bot.sandbox.page.posting import posts
from bot.sandbox.page.reader import Reader
from bot.sandbox.page.stage import Stage
from bot.sandbox.slack.workspace import Json
from bot.sandbox.vps.model import MANUAL_SLOTS

APPROVED, FULL, RESTORED, SAVED, KILLED = "mail", "db-main", "web-1", "web-2", "staging"
"""The seeded servers that the steps are about: what is rule, or true, of each is in `seed`."""


@dataclass(frozen=True)
class Step:
    """Something to try. `is_done` looks at what really happened; `begin` draws what one clicks."""

    title: str
    what: Node
    is_done: Callable[[Stage], bool]
    begin: Callable[[Stage, Reader], Node]


def guide(stage: Stage, reader: Reader) -> Node:
    """Draw the steps with a tick at each that was done."""
    done = [step.is_done(stage) for step in STEPS]
    return div("#guide-steps")[
        ol(".steps")[
            (
                li(class_=["step", {"done": ticked}])[
                    h3[span(".tick", role="img", aria_label="Done" if ticked else "To do"), step.title],
                    p[step.what],
                    div(".panel-buttons")[step.begin(stage, reader)],
                ]
                for step, ticked in zip(STEPS, done, strict=True)
            )
        ],
        p(".hint")["That was all. ", "Now let things go wrong, in ", span(".nowrap")["Controls"], "."]
        if all(done)
        else None,
    ]


def guide_count(stage: Stage) -> Node:
    """Draw how many of the steps were done."""
    done = sum(step.is_done(stage) for step in STEPS)
    return span("#guide-count", title=f"{done} of {len(STEPS)} done")[f"{done}/{len(STEPS)}"]


def guide_head() -> Node:
    """Draw the guide's title, which stays as it is."""
    return fragment[
        h2["Six things to try"],
        button(".tool.icon-close", type="button", data_toggle="guide", aria_label="Hide the guide"),
    ]


def _as_ana(reader: Reader, words: str, text: str) -> Node:
    """A button that types a command as Ana in #ops, and goes there."""
    body = {"as": "UANA", "channel": "COPS", "text": text}
    return _button(reader, words, "/act/types", body)


def _button(reader: Reader, words: str, address: str, body: Json) -> Node:
    return button(posts(address, body), type="button", class_="btn", data_go=_ops(reader, "UANA"))[words]


def _ops(reader: Reader, person: str) -> str:
    workspace = reader.workspace
    return Place(workspace.people[person], workspace.channels["COPS"]).address()


def _restore(stage: Stage, server: str) -> str:
    whole = [one for one in stage.provider.backups_of(server) if one.status == "completed"]
    return f"/backup restore {whole[-1].id if whole else server}"


def _ask_for_approval(stage: Stage, reader: Reader) -> Node:
    return fragment[
        _as_ana(reader, "Ask as Ana", _restore(stage, APPROVED)),
        a(".btn", href=_ops(reader, "UBEN"), data_go=True)["Answer as Ben"],
    ]


def _kill(stage: Stage, reader: Reader) -> Node:
    if stage.bot is not None and stage.bot.state not in ("running", "starting"):
        return _button(reader, "Start the bot again", "/sandbox/bot", {"do": "start"})
    return _button(reader, "Back up, then kill", "/sandbox/interrupt", {"server": KILLED})


def _typed(stage: Stage, *words: str) -> bool:
    return any(tuple(command.split()[: len(words)]) == words for command in stage.workspace.typed)


def _restored_after_a_backup(stage: Stage) -> bool:
    provider = stage.provider
    saved = {backup.server.name for backup in provider.creates}
    return any(
        name in saved and name != APPROVED and provider.server(name).status == "active"
        for name, _ in provider.restores
    )


def _survived(stage: Stage) -> bool:
    """Whether each backup that was in progress at the kill was told to be over since."""
    replies = [
        found
        for messages in stage.workspace.messages.values()
        for found in messages
        if found.by_bot and found.is_reply
    ]
    return bool(stage.interrupted) and all(
        any(float(reply.ts) > float(killed_at) and backup.server.name in reply.text for reply in replies)
        for backup, killed_at in stage.interrupted.items()
    )


STEPS = (
    Step(
        "See the backups",
        [code[f"/backup list {RESTORED}"], " shows what there is to go back to, with a menu at each."],
        lambda stage: _typed(stage, "list"),
        lambda _, reader: _as_ana(reader, f"List {RESTORED}'s", f"/backup list {RESTORED}"),
    ),
    Step(
        "Back up a server",
        "Watch the card change. The result is told in its thread.",
        lambda stage: any(backup.status == "completed" for backup in stage.provider.creates),
        lambda _, reader: _as_ana(
            reader, f"Back up {SAVED}", f"/backup create {SAVED} before the new certificates"
        ),
    ),
    Step(
        "Restore a server",
        "See what will be lost, and type the server's name. The current state is backed up first.",
        _restored_after_a_backup,
        lambda stage, reader: _as_ana(reader, f"Restore {RESTORED}", _restore(stage, RESTORED)),
    ),
    Step(
        "Approve it as a second person",
        f"Nobody restores {APPROVED} alone. Ask as Ana, saying why, then approve or decline as Ben. "
        "Without an answer the request expires within minutes.",
        lambda stage: any(name == APPROVED for name, _ in stage.provider.restores),
        _ask_for_approval,
    ),
    Step(
        "Meet a full server",
        f"At first, {FULL} has {MANUAL_SLOTS} manual backups, and no room for more. See what the bot offers.",
        lambda stage: _typed(stage, "create", FULL),
        lambda _, reader: _as_ana(reader, f"Back up {FULL}", f"/backup create {FULL} before the migration"),
    ),
    Step(
        "Kill the bot in the middle",
        f"It dies while VPS.org backs up {KILLED}. Start it again: it carries on, and tells the end once.",
        _survived,
        _kill,
    ),
)
