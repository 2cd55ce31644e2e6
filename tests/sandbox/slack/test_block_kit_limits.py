"""Every limit of Block Kit: what is just allowed passes, what is just too much is refused."""

from collections.abc import Callable

import pytest

from bot.sandbox.slack.block_kit import problems, view_problems
from tests.sandbox.slack.blocks import (
    CARD,
    CELL,
    IMAGE,
    PIE,
    SECTION,
    TASK,
    Json,
    accessory,
    address,
    bars,
    button,
    chart,
    confirm,
    data_table,
    numbered,
    option,
    select,
    table,
    x,
)
from tests.sandbox.slack.kit import BUTTON, OPTION, TEXT, field, modal, plain

Make = Callable[[int], Json]
BLOCK_LIMITS: list[tuple[str, int, Make]] = [
    ("section text", 3000, lambda n: {"type": "section", "text": plain(x(n))}),
    ("field", 2000, lambda n: {"type": "section", "fields": [plain(x(n))]}),
    ("fields", 10, lambda n: {"type": "section", "fields": [plain("x")] * n}),
    ("header", 150, lambda n: {"type": "header", "text": plain(x(n))}),
    ("block_id", 255, lambda n: SECTION | {"block_id": x(n)}),
    ("action_id", 255, lambda n: button(action_id=x(n))),
    ("button text", 75, lambda n: button(text=plain(x(n)))),
    ("button value", 2000, lambda n: button(value=x(n))),
    ("button url", 3000, lambda n: button(url=address(n))),
    ("button label", 75, lambda n: button(accessibility_label=x(n))),
    ("confirm title", 100, lambda n: confirm(title=plain(x(n)))),
    ("confirm text", 300, lambda n: confirm(text=plain(x(n)))),
    ("confirm yes", 30, lambda n: confirm(confirm=plain(x(n)))),
    ("confirm no", 30, lambda n: confirm(deny=plain(x(n)))),
    ("option text", 75, lambda n: select(options=[option(text=plain(x(n)))])),
    ("option description", 75, lambda n: select(options=[option(description=plain(x(n)))])),
    ("option value", 150, lambda n: select(options=[option(value=x(n))])),
    ("options", 100, lambda n: select(options=[OPTION] * n)),
    (
        "groups",
        100,
        lambda n: select(options=None, option_groups=[{"label": plain("x"), "options": [OPTION]}] * n),
    ),
    (
        "group label",
        75,
        lambda n: select(options=None, option_groups=[{"label": plain(x(n)), "options": [OPTION]}]),
    ),
    ("placeholder", 150, lambda n: select(placeholder=plain(x(n)))),
    ("overflow", 5, lambda n: accessory({"type": "overflow", "options": [OPTION] * n})),
    ("checkboxes", 10, lambda n: accessory({"type": "checkboxes", "options": [OPTION] * n})),
    ("radio buttons", 10, lambda n: accessory({"type": "radio_buttons", "options": [OPTION] * n})),
    ("actions", 25, lambda n: {"type": "actions", "elements": numbered(n, BUTTON)}),
    ("context", 10, lambda n: {"type": "context", "elements": [plain("x")] * n}),
    ("image alt text", 2000, lambda n: IMAGE | {"alt_text": x(n)}),
    ("image url", 3000, lambda n: IMAGE | {"image_url": address(n)}),
    ("image title", 2000, lambda n: IMAGE | {"title": plain(x(n))}),
    ("label", 2000, lambda n: TEXT | {"label": plain(x(n))}),
    ("hint", 2000, lambda n: TEXT | {"hint": plain(x(n))}),
    ("markdown", 12_000, lambda n: {"type": "markdown", "text": x(n)}),
    ("card title", 150, lambda n: CARD | {"title": plain(x(n))}),
    ("card subtitle", 150, lambda n: CARD | {"subtitle": plain(x(n))}),
    ("card body", 200, lambda n: CARD | {"body": plain(x(n))}),
    ("card actions", 3, lambda n: CARD | {"actions": numbered(n, BUTTON)}),
    ("carousel", 10, lambda n: {"type": "carousel", "elements": [CARD] * n}),
    ("container", 10, lambda n: {"type": "container", "title": plain("x"), "child_blocks": [SECTION] * n}),
    ("plan", 50, lambda n: {"type": "plan", "title": "x", "tasks": [TASK] * n}),
    ("table rows", 100, lambda n: table(n, 1)),
    ("table cells", 20, lambda n: table(1, n)),
    ("data table rows", 201, lambda n: data_table(n) if n else data_table(1)),
    ("data table cells", 20, lambda n: data_table(2, n)),
    ("data table page", 100, lambda n: data_table(page_size=n)),
    ("data table text", 3000, lambda n: data_table(rows=[[CELL], [CELL | {"text": x(n)}]])),
    ("chart title", 50, lambda n: chart(title=x(n))),
    ("segments", 12, lambda n: chart(chart={"type": "pie", "segments": PIE["segments"] * n})),
    ("segment label", 20, lambda n: chart(chart={"type": "pie", "segments": [{"label": x(n), "value": 1}]})),
    ("series", 12, lambda n: bars([str(i) for i in range(n)], ["x"])),
    ("series name", 20, lambda n: bars([x(n)], ["x"])),
    ("categories", 20, lambda n: bars(["x"], [str(i) for i in range(n)])),
    ("category", 20, lambda n: bars(["x"], [x(n)])),
    ("x label", 50, lambda n: bars(["x"], ["x"], x_label=x(n))),
    ("input max_length", 3000, lambda n: field("a", {"type": "plain_text_input", "max_length": n})),
]


def test_limits_of_blocks() -> None:
    for name, limit, make in BLOCK_LIMITS:
        assert problems([make(limit)], "message") == [], name
        [problem, *_] = problems([make(limit + 1)], "message")
        assert "[json-pointer:/blocks/0" in problem, name
        assert problems([make(0)], "message"), name


VIEW_LIMITS: list[tuple[str, int, Make]] = [
    ("title", 24, lambda n: modal(TEXT, title=plain(x(n)))),
    ("submit", 24, lambda n: modal(TEXT, submit=plain(x(n)))),
    ("close", 24, lambda n: modal(TEXT, close=plain(x(n)))),
    ("blocks", 100, lambda n: modal(*[SECTION] * n)),
    ("private_metadata", 3000, lambda n: modal(TEXT, private_metadata=x(n))),
    ("callback_id", 255, lambda n: modal(TEXT, callback_id=x(n))),
    ("external_id", 255, lambda n: modal(TEXT, external_id=x(n))),
    ("alert", 200, lambda n: modal({"type": "alert", "text": plain(x(n))})),
    ("home blocks", 100, lambda n: {"type": "home", "blocks": [SECTION] * n}),
]


@pytest.mark.parametrize(
    ("limit", "make"), [row[1:] for row in VIEW_LIMITS], ids=[row[0] for row in VIEW_LIMITS]
)
def test_limits_of_views(limit: int, make: Make) -> None:
    assert view_problems(make(limit)) == []
    assert view_problems(make(limit + 1))
