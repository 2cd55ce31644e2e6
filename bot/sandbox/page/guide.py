"""Things to try, each begun with one click, and ticked when it has really happened."""

from htpy import Node, a, button, div, fragment, h2, h3, h4, li, nav, ol, p, span

from bot.sandbox.page.guide_daily import EVERY_DAY
from bot.sandbox.page.guide_first import FIRST
from bot.sandbox.page.guide_step import Step
from bot.sandbox.page.reader import Reader
from bot.sandbox.page.stage import Stage

GROUPS = {"First": FIRST, "Every day": EVERY_DAY}
STEPS = (*FIRST, *EVERY_DAY)


def guide(stage: Stage, reader: Reader) -> Node:
    """Draw the steps with a tick at each that was done."""
    done = {step for step in STEPS if step.is_done(stage)}
    return div("#guide-steps")[
        (
            fragment[
                h3(".steps-name", id=_group_id(name))[name],
                ol(".steps")[(_step(stage, reader, step, done=step in done) for step in steps)],
            ]
            for name, steps in GROUPS.items()
        ),
        p(".hint")["That was all. ", "Now let things go wrong, in ", span(".nowrap")["Controls"], "."]
        if len(done) == len(STEPS)
        else None,
    ]


def _step(stage: Stage, reader: Reader, step: Step, *, done: bool) -> Node:
    is_line = done or step.what is None
    return li(class_=["step", {"done": done, "step-line": is_line}])[
        h4[span(".tick", role="img", aria_label="Done" if done else "To do"), span[step.title]],
        not is_line and p[step.what],
        div(".panel-buttons")[step.begin(stage, reader)],
    ]


def guide_count(stage: Stage) -> Node:
    """Draw how many of the steps were done."""
    done = sum(step.is_done(stage) for step in STEPS)
    return span("#guide-count", title=f"{done} of {len(STEPS)} done")[f"{done}/{len(STEPS)}"]


def _group_id(name: str) -> str:
    return f"try-{name.replace(' ', '-').lower()}"


def guide_head() -> Node:
    """Draw the guide's title, which stays as it is."""
    return fragment[
        h2["Things to try"],
        nav(".guide-groups", aria_label="Groups of things to try")[
            (a(href=f"#{_group_id(name)}")[name] for name in GROUPS)
        ],
        button(".tool.icon-close", type="button", data_toggle="guide", aria_label="Hide the guide"),
    ]
