"""Whatever is changed in a trail shows, and where."""

import json
from hashlib import sha256

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.audit.integrity_messages import broken
from bot.audit.model import GENESIS, Broken, Entry, Intact, Row, Tampering, next_row, verify
from tests.audit.facts import chain, entries, entry

trails = st.lists(entries, min_size=2, max_size=6).map(chain)
TEXTS = ["key", "at", "server", "person", "decided_by", "written", "previous", "hash"]


def rechained(rows: list[Row]) -> list[Row]:
    """Number rows anew, as somebody would who covers up."""
    return [row.model_copy(update={"seq": number}) for number, row in enumerate(rows, 1)]


@given(st.lists(entries, max_size=6).map(chain))
def test_a_trail_nobody_touched_is_whole(rows: list[Row]) -> None:
    last = rows[-1].hash if rows else GENESIS
    assert verify(rows) == Intact(entries=len(rows), last_hash=last)
    assert [verify(rows, row.hash) for row in rows] == [verify(rows)] * len(rows)


@given(trails, st.data())
def test_any_edit_is_found_where_it_is(rows: list[Row], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.sampled_from(TEXTS))
    value = data.draw(st.text(max_size=5))
    assume(value != getattr(rows[place], column))
    rows[place] = rows[place].model_copy(update={column: value})
    found = verify(rows)
    assert isinstance(found, Broken)
    assert found.seq == place + 1


@given(trails, entries, st.data())
def test_an_entry_written_anew_with_a_fitting_hash_is_found_at_the_next(
    rows: list[Row], other: Entry, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(rows) - 1))
    assume(other != rows[place].chained_entry().entry)
    last = rows[-1].hash
    rows[place] = next_row(other, place + 1, rows[place].previous)
    found = verify(rows, last)
    assert isinstance(found, Broken)
    assert found.seq == place + 2


@given(trails, st.data())
def test_any_removal_but_at_the_end_is_found_where_it_is(rows: list[Row], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(rows) - 2))
    after = data.draw(st.integers(first + 1, len(rows) - 1))
    left = rows[:first] + rows[after:]
    found = verify(left)
    assert isinstance(found, Broken)
    assert found.seq == first + 1
    assert (found.how, found.until) == (Tampering.REMOVED, after)
    covered = verify(rechained(left))
    assert isinstance(covered, Broken)
    assert covered.seq == first + 1


@given(trails, st.data())
def test_an_end_that_was_cut_off_is_found_by_a_hash_from_there(rows: list[Row], data: st.DataObject) -> None:
    kept = data.draw(st.integers(0, len(rows) - 1))
    gone = data.draw(st.sampled_from(rows[kept:]))
    assert isinstance(verify(rows[:kept]), Intact)
    found = verify(rows[:kept], gone.hash)
    assert isinstance(found, Broken)
    assert found.seq == kept + 1
    assert gone.hash in broken(found)


@given(trails, entries, st.data())
def test_any_insertion_but_at_the_end_is_found_where_it_is(
    rows: list[Row], other: Entry, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(rows) - 1))
    previous = rows[place].previous
    strange = next_row(other, place + 1, previous)
    assume(strange.hash != rows[place].hash)
    found = verify(rechained([*rows[:place], strange, *rows[place:]]))
    assert isinstance(found, Broken)
    # It fits where it stands, so that it shows in the entry that no longer follows.
    assert found.seq == place + 2
    unnumbered = verify([*rows[:place], strange, *rows[place:]])
    assert isinstance(unnumbered, Broken)


@given(trails, st.data())
def test_any_swap_is_found_at_the_first_of_the_two(rows: list[Row], data: st.DataObject) -> None:
    one, other = sorted(data.draw(st.sets(st.integers(0, len(rows) - 1), min_size=2, max_size=2)))
    rows[one], rows[other] = rows[other], rows[one]
    for swapped in (rows, rechained(rows)):
        found = verify(swapped)
        assert isinstance(found, Broken)
        assert found.seq == one + 1


def test_what_is_written_must_be_an_entry() -> None:
    [row] = chain([entry()])
    strange = row.model_copy(
        update={"written": "{}", "hash": sha256(f"{GENESIS}\n{{}}".encode()).hexdigest()}
    )
    assert verify([strange]) == Broken(seq=1, how=Tampering.COLUMNS)


@given(entries)
def test_what_is_written_reads_back(each: Entry) -> None:
    assert Entry.model_validate_json(each.canonical()) == each


def test_how_an_entry_is_hashed_can_never_change() -> None:
    [row] = chain([entry(reason="naïve <b>", decided_by="UBEN")])
    assert row.written == (
        '{"at":"2026-03-01T12:01:00Z","backup_id":501,"channel":"COPS","decided_by":"UBEN",'
        '"event":"started","key":"restore:1:started","operation":"restore:1","person":"UANA",'
        '"reason":"naïve <b>","server_id":1,"server_name":"web-1","tag":"#0a1b2c3d","verb":"restore"}'
    )
    assert GENESIS == "5b7a63f4a97a49c184e7179c1dfac9b59ee0b0012c4e59745be85babb5c9cf97"
    assert row.hash == sha256(f"{GENESIS}\n{row.written}".encode()).hexdigest()


def test_an_entry_of_a_later_version_is_still_whole() -> None:
    [row] = chain([entry()])
    written = json.dumps(json.loads(row.written) | {"weather": "fine"}, sort_keys=True)
    chained = sha256(f"{GENESIS}\n{written}".encode()).hexdigest()
    assert isinstance(verify([row.model_copy(update={"written": written, "hash": chained})]), Intact)


@pytest.mark.parametrize("seq", [0, -3])
def test_an_entry_put_before_the_first_is_found(seq: int) -> None:
    rows = chain([entry(1), entry(2)])
    strange = next_row(entry(3), seq, GENESIS)
    found = verify([strange, *rows])
    assert isinstance(found, Broken)
    assert found.seq == seq
