"""What a window shows, and the patches that keep it up to date."""

from bot.sandbox.page.layout import draw_page
from bot.sandbox.page.picture import Picture, difference, html, take_picture
from bot.sandbox.page.reader import Reader
from bot.sandbox.slack.form_state import with_ids
from bot.sandbox.slack.workspace import Message
from tests.sandbox.page.harness import PageHarness
from tests.sandbox.page.markup import Markup


def show(harness: PageHarness, **query: str) -> Picture:
    return take_picture(harness, harness.reader(**query))


def changes(before: Picture, after: Picture) -> list[tuple[str, str]]:
    return [(patch["how"], patch["target"]) for patch in difference(before, after)]


def element(message: Message) -> str:
    return f"m-{message.ts.replace('.', '-')}"


def test_nothing_new_is_no_patch(harness: PageHarness) -> None:
    harness.says("hello")
    assert difference(show(harness), show(harness)) == []


def test_a_new_message_is_appended(harness: PageHarness) -> None:
    harness.says("first")
    before = show(harness)
    harness.says("second")
    after = show(harness)
    assert changes(before, after) == [("replace", "sidebar"), ("append", "messages")]
    assert "second" in difference(before, after)[1]["html"]


def test_an_edited_message_is_replaced_in_its_place(harness: PageHarness) -> None:
    message, _ = harness.says("first"), harness.says("second")
    before = show(harness)
    message.text = "changed"
    harness.workspace.edited(message)
    [patch] = difference(before, show(harness))
    assert (patch["how"], patch["target"]) == ("replace", element(message))
    assert "(edited)" in patch["html"]


def test_an_edit_is_not_marked_where_blocks_were_sent(harness: PageHarness) -> None:
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "changed"}}]
    message = harness.says("first")
    before = show(harness)
    message.blocks = blocks
    harness.workspace.edited(message)
    [patch] = difference(before, show(harness))
    assert "changed" in patch["html"]
    assert "(edited)" not in patch["html"]


def test_a_deleted_message_is_removed(harness: PageHarness) -> None:
    _, message = harness.says("first"), harness.says("second")
    before = show(harness)
    harness.workspace.remove(message)
    assert changes(before, show(harness)) == [("replace", "sidebar"), ("remove", element(message))]


def test_a_message_in_between_redraws_the_list() -> None:
    before = Picture(lists={"messages": {"a": "<p>", "c": "<p>"}})
    after = Picture(lists={"messages": {"a": "<p>", "b": "<p>", "c": "<p>"}})
    assert changes(before, after) == [("replace", "messages")]


def test_a_window_that_shows_nothing_gets_everything(harness: PageHarness) -> None:
    harness.says("hello")
    picture = show(harness, thread="1.0")
    patched = {target for _, target in changes(Picture(), picture)}
    assert patched == {*picture.parts, "messages", "thread-messages"}


def test_whispers_are_for_one_person(harness: PageHarness) -> None:
    harness.says("psst", only="UANA")
    assert "Only visible to you" in "".join(show(harness).lists["messages"].values())
    assert show(harness, **{"as": "UBEN"}).lists["messages"] == {}


def test_replies_stand_in_the_thread_and_are_counted_in_the_channel(harness: PageHarness) -> None:
    root = harness.says("root")
    harness.says("answer", thread=root.ts)
    shown = show(harness, thread=root.ts)
    assert "answer" not in "".join(shown.lists["messages"].values())
    assert "1 reply" in shown.lists["messages"][element(root)]
    assert "answer" in "".join(shown.lists["thread-messages"].values())


def test_a_reply_that_is_sent_to_the_channel_too_says_where_it_comes_from(harness: PageHarness) -> None:
    root = harness.says("*root* for <@UBEN>\nmore")
    reply = harness.says("answer", thread=root.ts)
    reply.broadcast = True
    shown = show(harness, thread=root.ts)
    in_channel = Markup(shown.lists["messages"][element(reply)])
    assert "replied to a thread: root for @ben" in in_channel.text
    assert "more" not in in_channel.text
    assert ("href", f"?as=UANA&in=COPS&thread={root.ts}") in in_channel.attributes
    assert "also sent to #ops" in shown.lists["thread-messages"][element(reply).replace("m-", "t-")]


def test_a_guest_does_not_see_private_channels(harness: PageHarness) -> None:
    assert "secret" in show(harness).parts["sidebar"]
    assert "secret" not in show(harness, **{"as": "UGUS"}).parts["sidebar"]
    assert find_channel(harness.reader(**{"as": "UGUS", "in": "CSECRET"})) != "CSECRET"


def find_channel(reader: Reader) -> str:
    return reader.place.channel.id


def test_messages_that_follow_closely_are_drawn_without_a_head(harness: PageHarness) -> None:
    harness.says("one")
    second = harness.says("two")
    assert "follows" in show(harness).lists["messages"][element(second)]


def test_what_was_chosen_in_a_message_stays_chosen(harness: PageHarness) -> None:
    options = [{"text": {"type": "plain_text", "text": name}, "value": name} for name in ("one", "two")]
    select = {"type": "static_select", "action_id": "a", "options": options}
    message = harness.says("x", blocks=with_ids([{"type": "actions", "block_id": "b", "elements": [select]}]))
    state = {"b": {"a": {"type": "static_select", "selected_option": options[1]}}}
    harness.workspace.chosen["UANA", message.ts] = state
    assert '<option value="two" selected>' in show(harness).lists["messages"][element(message)]
    assert "selected" not in show(harness, **{"as": "UBEN"}).lists["messages"][element(message)]


def test_the_provider_is_shown_as_it_is(harness: PageHarness) -> None:
    harness.fills_up()
    table = show(harness).parts["drawer-provider"]
    assert "10/10" in table
    assert "db-main-eu-central-production-01" in table


def test_names_are_escaped(harness: PageHarness) -> None:
    harness.provider.add_server("<b>web</b>")
    harness.workspace.people["UBEN"].name = "<i>Ben</i>"
    drawn = html([*show(harness).parts.values()])
    assert "<b>" not in drawn
    assert "<i>" not in drawn


def test_tabs_are_those_the_app_has(harness: PageHarness) -> None:
    def tabs() -> list[str]:
        reader = harness.reader(**{"in": "DANA"})
        drawn = str(draw_page(reader, take_picture(harness, reader)))
        return [tab for tab in ("Home", "Messages") if f">{tab}</a>" in drawn]

    assert tabs() == ["Home", "Messages"]
    harness.workspace.app.home_tab_enabled = False
    assert tabs() == ["Messages"]
    assert harness.reader(**{"in": "DANA", "tab": "home"}).place.tab == "messages"
    harness.workspace.app.messages_tab_enabled = False
    assert tabs() == []
