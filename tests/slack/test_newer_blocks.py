"""What Slack rolls out in phases is drawn if Slack takes it, and said by older blocks if it does not."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from slack_bolt.async_app import AsyncAck
from slack_sdk.models.blocks import AlertBlock, Block, SectionBlock
from slack_sdk.models.views import View

from bot.sandbox.server import Sandbox
from bot.sandbox.slack.modals import find_view
from bot.slack.auth import SlackClient
from bot.slack.interaction import Interaction
from bot.slack.message import Message, mrkdwn, plain
from bot.slack.newer_blocks import BarChartBlock, DataTableBlock, newer_types, older

ALERT = AlertBlock(text=mrkdwn("*All* is lost"), level="error")
TABLE = DataTableBlock(caption="Servers", rows=[["Server", "Status"], ["web-1", "active"], ["a&b", ""]])
CHART = BarChartBlock(
    title="Backups",
    categories=["1 Mar", "2 Mar"],
    series={"Complete": [1, 2], "Failed": [0, 1], "Lost": [0, 0]},
)
CELLS = st.text(min_size=0, max_size=40)


class Ack(AsyncAck):
    """Keeps what an ack says."""

    def __init__(self) -> None:
        self.said: list[dict[str, Any]] = []

    async def __call__(self, *_: Any, **answer: Any) -> Any:
        self.said.append(answer)


def view(*blocks: Block) -> View:
    return View(type="modal", callback_id="c", title=plain("Title"), blocks=list(blocks))


def interaction(client: SlackClient, sandbox: Sandbox, taken: set[str]) -> Interaction:
    body = {"user_id": "UANA", "channel_id": "COPS", "trigger_id": sandbox.workspace.triggers.mint("UANA")}
    return Interaction(body, client, Ack(), taken)


def types(content: dict[str, Any]) -> list[str]:
    return [block["type"] for block in content["blocks"]]


def test_an_alert_becomes_a_section_that_says_the_same() -> None:
    [section] = older(view(ALERT).to_dict())["blocks"]
    assert section["text"]["text"] == ":rotating_light: *All* is lost"


def test_a_table_becomes_lines_of_plain_text_without_its_header() -> None:
    [section] = older(Message([TABLE]).arguments())["blocks"]
    assert section["text"] == {"type": "plain_text", "text": "web-1 · active\na&b", "emoji": False}


def test_a_chart_becomes_its_numbers() -> None:
    [section] = older(Message([CHART]).arguments())["blocks"]
    said = "Complete: 1 Mar (1), 2 Mar (2)\nFailed: 2 Mar (1)\nLost: –"
    assert section["text"] == {"type": "plain_text", "text": said, "emoji": False}
    assert Message([CHART]).text == "Backups"


def test_what_holds_no_newer_block_is_left_as_it_is() -> None:
    content = Message([SectionBlock(text=mrkdwn("x"))]).arguments()
    assert older(content) is content


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=200))
def test_no_row_of_a_table_is_lost_and_no_section_is_too_long(rows: list[tuple[str, str]]) -> None:
    table = DataTableBlock(caption="c", rows=[["a", "b"], *rows])
    sections = older({"blocks": [table.to_dict()]})["blocks"]
    texts = [section["text"]["text"] for section in sections]
    assert "\n".join(texts) == "\n".join(" · ".join(cell for cell in row if cell) for row in rows)
    assert all(len(text) <= 3000 for text in texts)


def test_who_hears_the_text_hears_the_table_and_nothing_in_it_is_a_mention() -> None:
    table = DataTableBlock(caption="c", rows=[["Server"], ["<!channel>"]])
    assert Message([table]).text == "Server\n&lt;!channel&gt;"


async def test_a_form_is_opened_with_older_blocks_if_slack_refuses_newer_ones(
    sandbox: Sandbox, client: SlackClient
) -> None:
    sandbox.faults.next_slack["views.open"].append("invalid_arguments")
    taken = {"alert"}
    view_id = await interaction(client, sandbox, taken).open_view(view(ALERT))
    assert types(find_view(sandbox.workspace, view_id).payload) == ["section"]
    assert taken == set()


async def test_an_ack_shows_newer_blocks_only_once_slack_has_taken_such(
    sandbox: Sandbox, client: SlackClient
) -> None:
    taken: set[str] = set()
    first = interaction(client, sandbox, taken)
    first._ack = ack = Ack()
    await first.ack_view(view(ALERT))
    await interaction(client, sandbox, taken).open_view(view(ALERT))
    second = interaction(client, sandbox, taken)
    second._ack = ack
    await second.ack_view(view(ALERT))
    assert [types(answer["view"]) for answer in ack.said] == [["section"], ["alert"]]


async def test_a_message_is_posted_with_older_blocks_if_slack_refuses_newer_ones(
    sandbox: Sandbox, client: SlackClient
) -> None:
    sandbox.faults.next_slack["chat.postMessage"].append("invalid_blocks")
    it = interaction(client, sandbox, set())
    await it.publish(Message([TABLE]))
    [message] = sandbox.workspace.messages["COPS"]
    assert types({"blocks": message.blocks}) == ["section"]
    assert newer_types({"blocks": message.blocks}) == set()
