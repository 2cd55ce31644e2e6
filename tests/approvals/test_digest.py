"""A decision is bound to what was shown: the digest of a request changes with that and with nothing else."""

from datetime import timedelta
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, create_model

from bot.operations.digest import digest_of_request
from bot.operations.model import (
    AnyOperation,
    ApprovalTerms,
    BackingUpOperation,
    BackupRef,
    ConfirmedOperation,
    Operation,
    RestoreOperation,
)
from bot.verbs import Verb
from tests.any_facts import operations
from tests.backups.facts import NOON, hours, operation
from tests.views_kit import words

STORED = TypeAdapter[Operation](AnyOperation)
SHOWN = {
    "id",
    "verb",
    "server_id",
    "server_name",
    "requested_by",
    "reason",
    "backup",
    "backup_id",
    "safety_backup",
    "delete_first",
    "approval",
}
"""What a second person is shown, or what it depends on; the request's tag is made of its id."""


def json_of(requested: Operation) -> dict[str, Any]:
    written: dict[str, Any] = STORED.dump_python(requested, mode="json")
    return written


@given(operations)
def test_storing_a_request_does_not_change_its_digest(requested: Operation) -> None:
    assert digest_of_request(STORED.validate_python(json_of(requested))) == digest_of_request(requested)


@given(operations, st.text(min_size=1, max_size=20), st.none() | st.booleans() | st.integers() | words)
def test_a_field_that_a_later_version_adds_does_not_change_the_digest(
    requested: Operation, name: str, value: object
) -> None:
    written = json_of(requested)
    later = {name: value} | written
    if "backup" in written:
        later["backup"] = {"checksum": value} | written["backup"]
    assert digest_of_request(STORED.validate_python(later)) == digest_of_request(requested)


@given(operations, st.text(alphabet="abc", min_size=1, max_size=9), words)
def test_a_later_version_s_default_does_not_change_the_digest(
    requested: Operation, name: str, default: str
) -> None:
    field: Any = {f"later_{name}": (str, default)}
    later = create_model("Later", __base__=type(requested), **field)
    read: Any = later.model_validate(json_of(requested))
    assert digest_of_request(read) == digest_of_request(requested)


@given(operations)
def test_a_field_left_at_its_default_need_not_be_stored(requested: Operation) -> None:
    written = STORED.dump_python(requested, mode="json", exclude_defaults=True) | {"verb": requested.verb}
    assert digest_of_request(STORED.validate_python(written)) == digest_of_request(requested)


@given(operations, operations)
def test_what_is_not_shown_does_not_change_the_digest(one: Operation, other: Operation) -> None:
    """Such as when it was approved, which only the decision tells."""
    hidden = {name: getattr(other, name) for name in type(other).model_fields.keys() - SHOWN}
    hidden = {name: value for name, value in hidden.items() if name in type(one).model_fields}
    assert digest_of_request(one.model_copy(update=hidden)) == digest_of_request(one)


def changes(requested: Operation) -> dict[str, Operation]:
    """Return the request with one fact changed, for each fact that a second person is shown."""
    changed: dict[str, dict[str, Any]] = {
        "the request": {"id": f"{requested.id}x"},
        "the server": {"server_id": requested.server_id + 1},
        "the server's name": {"server_name": f"{requested.server_name}x"},
        "the requester": {"requested_by": f"{requested.requested_by}X"},
        "the reason": {"reason": f"{requested.reason}x"},
    }
    terms = requested.approval or ApprovalTerms(minutes=30)
    changed["the time"] = {"approval": terms.model_copy(update={"minutes": terms.minutes + 1})}
    changed["break-glass"] = {"approval": terms.model_copy(update={"break_glass": not terms.break_glass})}
    if isinstance(requested, ConfirmedOperation):
        backup = requested.backup
        later = backup.created_at + timedelta(seconds=1)
        changed["the backup"] = {"backup": backup.model_copy(update={"id": backup.id + 1})}
        changed["the backup's date"] = {"backup": backup.model_copy(update={"created_at": later})}
    if isinstance(requested, BackingUpOperation):
        first = requested.delete_first or BackupRef(id=7, created_at=NOON)
        later = first.created_at + timedelta(seconds=1)
        changed["what is deleted first"] = {"delete_first": first.model_copy(update={"id": first.id + 1})}
        changed["the date of that"] = {"delete_first": first.model_copy(update={"created_at": later})}
    if isinstance(requested, RestoreOperation):
        changed["the safety backup"] = {"safety_backup": not requested.safety_backup}
    return {fact: requested.model_copy(update=update) for fact, update in changed.items()}


@given(operations.filter(lambda requested: requested.verb is not Verb.WATCH))
def test_changing_any_fact_that_is_shown_changes_the_digest(requested: Operation) -> None:
    digests = {fact: digest_of_request(each) for fact, each in changes(requested).items()}
    assert digest_of_request(requested) not in digests.values()
    assert len(set(digests.values())) == len(digests)


@pytest.mark.parametrize("verb", [Verb.DELETE, Verb.RESTORE])
def test_another_verb_is_another_request(verb: Literal[Verb.DELETE, Verb.RESTORE]) -> None:
    one, other = operation(verb, id="1", safety_backup=False), operation(Verb.CREATE, id="1")
    assert digest_of_request(one) != digest_of_request(other)
    delete, restore = (operation(each, id="1", safety_backup=False) for each in ("delete", "restore"))
    assert digest_of_request(delete) != digest_of_request(restore)


def test_words_are_not_taken_for_other_facts() -> None:
    one = operation("delete", server_name="a\nb", reason="c")
    other = operation("delete", server_name="a", reason="b\nc")
    quoted = operation("delete", server_name="a'\n'b", reason="c")
    assert len({digest_of_request(each) for each in (one, other, quoted)}) == 3


def test_the_digest_of_a_stored_request_can_never_change() -> None:
    backup = BackupRef(id=501, created_at=NOON - hours(9))
    terms = ApprovalTerms(minutes=30, break_glass=True)
    delete = operation("delete", backup=backup, reason="naïve <b>", approval=terms)
    restore = operation("restore", backup=backup, approval=terms)
    assert digest_of_request(delete) == "590b26f5f5a62a46"
    assert digest_of_request(restore) == "a8eff8ee90dae30c"
