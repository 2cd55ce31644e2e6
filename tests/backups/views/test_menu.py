"""The menu and the help."""

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.backups.views.menu import explained, menu, overview
from bot.verbs import VERBS
from tests.views_kit import Drawable, OneFile, drawn, problems

PAGES: dict[str, Drawable] = {
    "menu": menu(),
    "overview": overview(),
    **{f"help {verb}": explained(verb) for verb in VERBS},
}


def test_how_menu_and_help_look(snapshot: SnapshotAssertion) -> None:
    assert {name: drawn(each) for name, each in PAGES.items()} == snapshot(extension_class=OneFile)
    assert [problems(each) for each in PAGES.values()] == [[]] * len(PAGES)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_in_the_overview(verb: str) -> None:
    assert f"`/backup {VERBS[verb].pattern}`" in overview().text
