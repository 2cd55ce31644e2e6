"""What binds a second person's decision to exactly what they were shown."""

from hashlib import sha256

from bot.operations.model import BackingUpOperation, ConfirmedOperation, Operation


def digest_of_request(operation: Operation) -> str:
    """Return a digest of what a second person is shown, so that their decision is bound to exactly that.

    Made of a list of facts, not of all fields: one that is added later does not change older requests.
    """
    backup = operation.backup if isinstance(operation, ConfirmedOperation) else None
    first = operation.delete_first if isinstance(operation, BackingUpOperation) else None
    facts = [
        operation.id,
        operation.verb.value,
        operation.server_id,
        operation.server_name,
        operation.requested_by,
        operation.reason,
        backup and backup.id,
        backup and backup.created_at.timestamp(),
        getattr(operation, "safety_backup", False),
        operation.approval and operation.approval.minutes,
        operation.approval and operation.approval.break_glass,
        *((first.id, first.created_at.timestamp()) if first else ()),
    ]
    return sha256("\n".join(map(repr, facts)).encode()).hexdigest()[:16]
