"""What a schedule deletes of its own backups, and what it never does, whatever there is."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.backups.checks import is_last_good
from bot.backups.model import Backup, ServerRef
from bot.backups.rotation import own_backups, to_delete, to_make_room, unproven

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
HERE = 101
STATUSES = st.sampled_from(["completed", "completed", "completed", "failed", "in_progress", "odd"])
TAGS = ("#00000001", "#00000002", "#00000003", "#00000004", "#00000005", "#00000006")


def backup(
    an_id: int, age: int, status: str = "completed", tag: str = "", kind: str = "manual", server: int = HERE
) -> Backup:
    return Backup(
        id=an_id,
        server=ServerRef(id=server, name="web-1"),
        backup_type=kind,
        status=status,
        created_at=NOON - timedelta(hours=age),
        description=f"{tag} schedule: every day · by ana",
    )


@st.composite
def worlds(draw: st.DrawFn) -> tuple[dict[str, int | None], list[Backup], frozenset[int]]:
    """Return what the audit trail knows, what is listed, and what is in use."""
    ids = draw(st.lists(st.integers(1, 14), unique=True, max_size=12))
    found = [
        backup(
            an_id,
            draw(st.integers(0, 20)),
            draw(STATUSES),
            draw(st.sampled_from([*TAGS, "", "#99999999"])),
            draw(st.sampled_from(["manual", "manual", "manual", "automatic"])),
            draw(st.sampled_from([HERE, HERE, HERE, 102])),
        )
        for an_id in ids
    ]
    # Mostly as it is, at times not known yet, or of another.
    made = {}
    for tag in TAGS:
        ours = [each.id for each in found if each.description.startswith(tag)][:1]
        made[tag] = draw(st.sampled_from([*ours, *ours, *ours, None, draw(st.integers(1, 14))]))
    return made, found, frozenset(draw(st.sets(st.integers(1, 14), max_size=3)))


@given(worlds(), st.integers(0, 9))
def test_what_may_never_be_deleted(
    world: tuple[dict[str, int | None], list[Backup], frozenset[int]], keep: int
) -> None:
    made, found, in_use = world
    own = own_backups(HERE, made, found)
    stays = unproven(made, own) | in_use
    room = to_make_room(own, stays)
    newest = max(own, key=lambda each: (each.created_at, each.id), default=None)
    for gone in (to_delete(own, keep, stays), [room] if room else []):
        for each in gone:
            # Proven by the trail's record and the tag together.
            assert each.id in [an_id for tag, an_id in made.items() if each.description.startswith(tag)]
            assert each.server.id == HERE
            assert each.is_manual
            assert each.id not in in_use
            assert each.is_final
            assert each is not newest
            assert not is_last_good(each, found)
        if gone:
            assert newest
            assert newest.is_complete
            left = [each for each in found if each not in gone and each.server.id == HERE]
            assert any(each.is_complete for each in left)


@given(worlds(), st.integers(1, 9))
def test_the_newest_complete_ones_are_kept_and_what_is_older_goes(
    world: tuple[dict[str, int | None], list[Backup], frozenset[int]], keep: int
) -> None:
    made, found, in_use = world
    own = own_backups(HERE, made, found)
    stays = unproven(made, own) | in_use
    gone = to_delete(own, keep, stays)
    kept = [each for each in own if each not in gone]
    complete = [each for each in own if each.is_complete]
    assert complete[:keep] == [each for each in kept if each.is_complete][: len(complete[:keep])]
    assert gone == sorted(gone, key=lambda each: (each.created_at, each.id))
    if own and own[0].is_complete:
        # What stays besides is newer than these, not final, not proven, or in use.
        too_old = [each for each in kept if each.is_complete and each not in complete[:keep]]
        assert all(each.id in stays for each in too_old)


def test_seven_are_kept_of_nine() -> None:
    found = [backup(an_id, an_id, tag=f"#0000000{an_id}") for an_id in range(1, 10)]
    made: dict[str, int | None] = {f"#0000000{an_id}": an_id for an_id in range(1, 10)}
    assert [each.id for each in to_delete(own_backups(HERE, made, found), 7, ())] == [9, 8]


def test_nothing_goes_while_the_newest_runs_or_has_failed() -> None:
    made: dict[str, int | None] = {"#00000001": None, "#00000002": 2, "#00000003": 3}
    for status in ("in_progress", "failed"):
        found = [
            backup(1, 0, status, "#00000001"),
            backup(2, 1, tag="#00000002"),
            backup(3, 2, tag="#00000003"),
        ]
        own = own_backups(HERE, made, found)
        assert [each.id for each in own] == [1, 2, 3]
        assert to_delete(own, 1, unproven(made, own)) == []
        assert to_make_room(own, unproven(made, own)) is None


def test_a_forged_description_makes_nothing_its_own() -> None:
    made: dict[str, int | None] = {"#00000001": 1, "#00000002": 2}
    forged = backup(7, 5, tag="#00000001")
    assert own_backups(HERE, made, [forged]) == []
    # Its own id, and yet another's description: somebody has changed it.
    assert own_backups(HERE, made, [backup(1, 5, tag="")]) == []


def test_another_operation_s_id_proves_nothing() -> None:
    made: dict[str, int | None] = {"#00000001": None, "#00000002": 7, "#00000003": 3}
    own = own_backups(HERE, made, [backup(3, 0, tag="#00000003"), backup(7, 5, tag="#00000001")])
    assert unproven(made, own) == {7}
    assert to_delete(own, 1, unproven(made, own)) == []


def test_room_is_made_of_what_has_failed_first() -> None:
    made: dict[str, int | None] = {"#00000001": 1, "#00000002": 2, "#00000003": 3}
    found = [
        backup(1, 0, tag="#00000001"),
        backup(2, 1, "failed", "#00000002"),
        backup(3, 2, tag="#00000003"),
    ]
    own = own_backups(HERE, made, found)
    assert to_make_room(own, ()) == found[1]
    assert to_make_room(own, {2}) == found[2]
    assert to_make_room(own[:1], ()) is None
