"""What a window shows, and the patches that keep it up to date."""

from bot.sandbox.page.picture import Picture, difference, html, take_picture
from bot.sandbox.page.reader import Reader
from bot.sandbox.slack.form_state import with_ids
from bot.sandbox.slack.workspace import Message
from tests.sandbox.page.stand import Stand


def show(stand: Stand, **query: str) -> Picture:
    return take_picture(stand, stand.reader(**query))


def changes(before: Picture, after: Picture) -> list[tuple[str, str]]:
    return [(patch["how"], patch["target"]) for patch in difference(before, after)]


def element(message: Message) -> str:
    return f"m-{message.ts.replace('.', '-')}"


def test_nothing_new_is_no_patch(stand: Stand) -> None:
    stand.says("hello")
    assert difference(show(stand), show(stand)) == []


def test_a_new_message_is_appended(stand: Stand) -> None:
    stand.says("first")
    before = show(stand)
    stand.says("second")
    after = show(stand)
    assert changes(before, after) == [("replace", "sidebar"), ("append", "messages")]
    assert "second" in difference(before, after)[1]["html"]


def test_an_edited_message_is_replaced_in_its_place(stand: Stand) -> None:
    message, _ = stand.says("first"), stand.says("second")
    before = show(stand)
    message.text = "changed"
    stand.workspace.edited(message)
    [patch] = difference(before, show(stand))
    assert (patch["how"], patch["target"]) == ("replace", element(message))
    assert "(edited)" in patch["html"]


def test_a_deleted_message_is_removed(stand: Stand) -> None:
    _, message = stand.says("first"), stand.says("second")
    before = show(stand)
    stand.workspace.remove(message)
    assert changes(before, show(stand)) == [("replace", "sidebar"), ("remove", element(message))]


def test_a_message_in_between_redraws_the_list() -> None:
    before = Picture(lists={"messages": {"a": "<p>", "c": "<p>"}})
    after = Picture(lists={"messages": {"a": "<p>", "b": "<p>", "c": "<p>"}})
    assert changes(before, after) == [("replace", "messages")]


def test_a_window_that_shows_nothing_gets_everything(stand: Stand) -> None:
    stand.says("hello")
    picture = show(stand, thread="1.0")
    patched = {target for _, target in changes(Picture(), picture)}
    assert patched == {*picture.parts, "messages", "thread-messages"}


def test_whispers_are_for_one_person(stand: Stand) -> None:
    stand.says("psst", only="UANA")
    assert "Only visible to you" in "".join(show(stand).lists["messages"].values())
    assert show(stand, **{"as": "UBEN"}).lists["messages"] == {}


def test_replies_stand_in_the_thread_and_are_counted_in_the_channel(stand: Stand) -> None:
    root = stand.says("root")
    stand.says("answer", thread=root.ts)
    shown = show(stand, thread=root.ts)
    assert "answer" not in "".join(shown.lists["messages"].values())
    assert "1 reply" in shown.lists["messages"][element(root)]
    assert "answer" in "".join(shown.lists["thread-messages"].values())


def test_a_guest_does_not_see_private_channels(stand: Stand) -> None:
    assert "secret" in show(stand).parts["sidebar"]
    assert "secret" not in show(stand, **{"as": "UGUS"}).parts["sidebar"]
    assert find_channel(stand.reader(**{"as": "UGUS", "in": "CSECRET"})) != "CSECRET"


def find_channel(reader: Reader) -> str:
    return reader.place.channel.id


def test_messages_that_follow_closely_are_drawn_without_a_head(stand: Stand) -> None:
    stand.says("one")
    second = stand.says("two")
    assert "follows" in show(stand).lists["messages"][element(second)]


def test_what_was_chosen_in_a_message_stays_chosen(stand: Stand) -> None:
    options = [{"text": {"type": "plain_text", "text": name}, "value": name} for name in ("one", "two")]
    select = {"type": "static_select", "action_id": "a", "options": options}
    message = stand.says("x", blocks=with_ids([{"type": "actions", "block_id": "b", "elements": [select]}]))
    state = {"b": {"a": {"type": "static_select", "selected_option": options[1]}}}
    stand.workspace.chosen["UANA", message.ts] = state
    assert '<option value="two" selected>' in show(stand).lists["messages"][element(message)]
    assert "selected" not in show(stand, **{"as": "UBEN"}).lists["messages"][element(message)]


def test_the_provider_is_shown_as_it_is(stand: Stand) -> None:
    stand.fills_up()
    table = show(stand).parts["drawer-provider"]
    assert "10/10" in table
    assert "db-main-eu-central-production-01" in table


def test_names_are_escaped(stand: Stand) -> None:
    stand.provider.add_server("<b>web</b>")
    stand.workspace.people["UBEN"].name = "<i>Ben</i>"
    drawn = html([*show(stand).parts.values()])
    assert "<b>" not in drawn
    assert "<i>" not in drawn
