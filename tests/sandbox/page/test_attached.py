"""Files and reactions below a message's words."""

from bot.sandbox.page.attached import attached
from bot.sandbox.slack.workspace import File
from tests.sandbox.page.harness import PageHarness


def test_a_file_can_be_downloaded_whatever_its_name(harness: PageHarness) -> None:
    message = harness.says("As asked")
    message.files = [File("F1", 'a"b/<audit>.csv', 1234, content=b"x")]
    drawn = str(attached(message, harness.reader()))
    assert 'href="/slack/files/F1/a%22b%2F%3Caudit%3E.csv"' in drawn
    assert "1,234 bytes" in drawn
    assert "<audit>" not in drawn


def test_reactions_are_counted_and_say_who_reacted(harness: PageHarness) -> None:
    message = harness.says("Done")
    message.reactions = {"eyes": ["UANA", "UBEN"], "unknown_emoji": ["UBEN"]}
    drawn = str(attached(message, harness.reader()))
    assert "👀 2" in drawn
    assert "Ana Moreno, Ben Okafor reacted with :eyes:" in drawn
    assert ":unknown_emoji: 1" in drawn


def test_most_messages_have_neither(harness: PageHarness) -> None:
    assert str(attached(harness.says("Done"), harness.reader())) == ""
