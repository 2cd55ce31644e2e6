"""What the pretend VPS.org really holds, so that one can see what really happened."""

from htpy import Node, caption, div, h2, meter, p, span, table, tbody, td, th, thead, tr

from bot.sandbox.page.dates import moment
from bot.sandbox.vps.model import MANUAL_SLOTS, Backup, Server
from bot.sandbox.vps.provider import Provider

MOST_ROWS = 25
"""Of a large account only some servers are drawn: this is drawn anew at every change."""


def provider_table(provider: Provider) -> Node:
    """Draw each server with its state, its manual slots, its newest backup and what runs.

    Of many, those first with which something was done.
    """
    shown = _shown(provider)
    hidden = len(provider.servers) - len(shown)
    return div("#drawer-provider.panel")[
        h2["VPS.org as it really is"],
        div(".table-scroll", tabindex="0", role="region", aria_label="Servers")[
            table(".servers")[
                caption(".visually-hidden")["Servers and their backups"],
                thead[tr[(th(scope="col")[name] for name in ("Server", "Slots", "Newest backup"))]],
                tbody[(_row(server, backups) for server, backups in shown.items())],
            ]
        ],
        hidden > 0
        and p(".hint")[f"And {hidden:,} more servers, with {len(provider.backups):,} backups in all."],
        p(".hint")[
            f"Carried out: {len(provider.creates)} created, {len(provider.deletes)} deleted, "
            f"{len(provider.restores)} restored · {len(provider.calls)} calls"
        ],
    ]


def _shown(provider: Provider) -> dict[Server, list[Backup]]:
    """Return the servers to draw, in their order, each with its backups, oldest first."""
    servers = provider.servers.values()
    restored = {name for name, _ in provider.restores}
    used = {backup.server for backup in provider.creates} | {one for one in servers if one.name in restored}
    chosen = set(sorted(servers, key=lambda server: server not in used)[:MOST_ROWS])
    backups: dict[Server, list[Backup]] = {server: [] for server in servers if server in chosen}
    for backup in provider.backups.values():
        if backup.server in chosen:
            backups[backup.server].append(backup)
    for own in backups.values():
        own.sort(key=lambda backup: (backup.created_at, backup.id))
    return backups


def _row(server: Server, backups: list[Backup]) -> Node:
    manual = sum(backup.backup_type == "manual" for backup in backups)
    state = span(class_=["state", "good" if server.status == "active" else "bad"])[server.status]
    restored = server.restored_from and span(".hint")[f" from {server.restored_from}"]
    return tr[
        th(scope="row")[server.name, div[state, restored]],
        td(".slots")[
            meter(value=str(manual), max=str(MANUAL_SLOTS), high=str(MANUAL_SLOTS - 1), aria_hidden="true"),
            f" {manual}/{MANUAL_SLOTS}",
        ],
        td[_newest(backups[-1]) if backups else "none"],
    ]


def _newest(backup: Backup) -> Node:
    colour = {"completed": "good", "failed": "bad"}.get(backup.status, "busy")
    state = span(class_=["state", colour])[backup.status.replace("_", " ")]
    unix = backup.created_at.timestamp()
    return [
        f"{backup.id} ",
        state,
        " ",
        span(".hint")[moment(unix, "{ago}", backup.created_at.strftime("%H:%M"))],
    ]
