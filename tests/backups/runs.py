"""Steps called as a first run of a workflow calls them, or as one does that carries on after a crash."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from bot.operations import engine
from bot.operations.engine import Execution, new_execution
from bot.operations.model import BackupRef
from bot.sandbox.vps.model import Backup, Server
from bot.services import services
from bot.verbs import Verb
from tests.backups import facts


@contextmanager
def a_run(*, is_recovery: bool = False, ago: timedelta = timedelta()) -> Iterator[None]:
    """Be one run of a workflow; in a recovery, one that was so long ago has begun the work."""
    with engine._new_run():
        began = Execution(id="an earlier run", started_at=services().now() - ago)
        engine.adopt(began if is_recovery else new_execution())
        yield


def operation_on(verb: Verb, target: Server | Backup, **more: Any) -> Any:
    """Return what ana has just requested on a server, or about one of its backups as it is now."""
    server = target.server if isinstance(target, Backup) else target
    now = services().now()
    about: dict[str, Any] = {}
    if isinstance(target, Backup):
        # VPS.org tells whole seconds.
        listed = BackupRef(id=target.id, created_at=target.created_at.replace(microsecond=0))
        about = {"backup": listed, "shown_at": now}
    where = {"server_id": server.id, "server_name": server.name, "requested_at": now}
    return facts.operation(verb, **where | about | more)
