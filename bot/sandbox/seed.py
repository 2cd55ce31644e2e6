"""A small believable world to begin with."""

from dataclasses import dataclass
from datetime import timedelta

from bot.sandbox.slack.workspace import Channel, Message, Person, Workspace
from bot.sandbox.vps.model import Server
from bot.sandbox.vps.provider import Provider

PEOPLE = (
    Person("UANA", "ana", "Ana Moreno", "operator", tz="Europe/Madrid"),
    Person("UBEN", "ben", "Ben Okafor", "approver", tz="Europe/London"),
    Person("UCLEO", "cleo", "Cleo Lindqvist", "approver", tz="Europe/Stockholm"),
    Person("UGUS", "gus", "Gus Tanaka", "guest", tz="Asia/Tokyo", is_guest=True),
    Person("UHAL", "hal", "Hal Brandt", "other company", team_id="T0OTHER"),
)

ONCALL = "S0ONCALL"
RULES = f"""\
# What this sandbox's bot has as BOT_RULES_FILE. The first rule that fits a server decides alone;
# what a rule does not say is as the variables say.

[[rule]]
servers = ["db-main"]
second_person = ["delete", "restore"]

[[rule]]
servers = ["mail"]
approvers = ["{ONCALL}"]
second_person = ["restore"]
break_glass = true

[[group]]
name = "databases"
servers = ["db-*"]

[[group]]
name = "web"
servers = ["web-*"]
"""

HOSTILE = "<!channel> *bold* & <https://evil|click>"

MONITOR = Person("U0MONITOR", "monitor", "Monitor", "app")
ALERTED = "db-replica"
"""The server that the monitor's newest message is about."""

CONVERSATION = (
    (95, "UBEN", "Morning. I'm on call this week, Cleo has the nights."),
    (93, "UCLEO", "db-main was slow around 4, nothing since. The long query is gone."),
    (41, "UANA", "I'll put the new certificates on web-1 after lunch."),
    (39, "UBEN", "Fine. Make a backup first, please, it's one command now: `/backup create web-1`"),
    (12, "UGUS", "Is staging free for the import test?"),
    (11, "UANA", "All yours, Gus."),
)
"""Minutes ago, who, and what they wrote in #ops."""

MONITORED = (
    (187, ":white_check_mark: *Resolved:* mail queue on *mail* is down to 3"),
    (6, f":rotating_light: *Firing:* replication lag on *{ALERTED}* is 340 s (limit 60 s), and growing"),
)
"""Minutes ago, and what the monitor wrote in #alerts."""


@dataclass(frozen=True)
class _Plan:
    """A server and how the provider backs it up: every night at `hour` UTC, each kept for `days`."""

    name: str
    disk_mb: int
    days: int
    hour: int = 3


PLANS = (
    _Plan("web-1", 4500, days=7),
    _Plan("web-2", 4400, days=7),
    _Plan("db-main", 18200, days=14, hour=2),
    _Plan("db-replica", 17900, days=7, hour=4),
    _Plan("mail", 9600, days=30),
    _Plan("files", 46300, days=7, hour=1),
    _Plan("staging", 3100, days=7),
)
MADE_BY_PEOPLE = (
    ("web-1", 16, 4210, "completed", "Before the move to PHP 8.4"),
    ("web-1", 2, 4480, "completed", "New load balancer"),
    ("web-2", 9, 4300, "completed", HOSTILE),
    ("db-replica", 5, 17800, "completed", ""),
    ("mail", 41, 8800, "completed", "Before the spam filter change"),
    ("files", 0, None, "verifying", "Quarterly archive"),
)
"""Server, days ago, MB, status and description."""

NEVER_BACKED_UP = "lab-1"


def people_and_channels(workspace: Workspace) -> None:
    """Let people into the workspace, and open its channels and everybody's messages with the bot."""
    everybody = {person.id for person in PEOPLE}
    inside = {person.id for person in PEOPLE if person.team_id == workspace.app.team_id}
    bot = workspace.app.bot_user
    workspace.usergroups[ONCALL] = ["UBEN", "UCLEO"]
    workspace.usergroup_handles[ONCALL] = "oncall"
    workspace.other_apps[MONITOR.id] = MONITOR
    for person in PEOPLE:
        workspace.people[person.id] = Person(**vars(person))
    for channel in (
        Channel("COPS", "ops", "public", everybody | {bot}),
        Channel("CALERTS", "alerts", "public", inside | {bot, MONITOR.id}),
        Channel("CRANDOM", "random", "public", inside),
        Channel("CSECRET", "secret", "private", {"UANA"}),
    ):
        workspace.channels[channel.id] = channel
    for person in PEOPLE:
        workspace.im_of(person.id)


def conversation(workspace: Workspace) -> None:
    """Let people have talked in #ops, and the monitor in #alerts, during the last hours."""
    said = [("COPS", *spoken) for spoken in CONVERSATION]
    said += [("CALERTS", minutes, MONITOR.id, text) for minutes, text in MONITORED]
    for channel, minutes, person, text in said:
        stamp = f"{workspace.now() - minutes * 60:.6f}"
        workspace.add(Message(channel, stamp, person, text))


def servers_and_backups(provider: Provider) -> None:
    """Add the servers and what has been backed up so far, relative to the provider's present moment."""
    servers = {plan.name: provider.add_server(plan.name, disk_mb=plan.disk_mb) for plan in PLANS}
    provider.add_server(NEVER_BACKED_UP, disk_mb=1200, status="stopped")
    for plan in PLANS:
        _nightly(provider, servers[plan.name], plan)
    _made_by_people(provider)


def _nightly(provider: Provider, server: Server, plan: _Plan) -> None:
    now = provider.clock.now()
    last = now.replace(hour=plan.hour, minute=0, second=0, microsecond=0)
    if last > now:
        last -= timedelta(days=1)
    for night in reversed(range(plan.days)):
        failed = plan.name == "staging" and night == 0
        provider.add_backup(
            server,
            backup_type="automatic",
            status="failed" if failed else "completed",
            age=now - last + timedelta(days=night),
            kept=timedelta(days=plan.days),
            size_mb=plan.disk_mb - night * plan.disk_mb // 200,
            description="Automatic daily backup",
        )


def _made_by_people(provider: Provider) -> None:
    for week in reversed(range(10)):
        provider.add_backup(
            "db-main",
            age=timedelta(days=3 + week * 7, hours=5),
            size_mb=18000 - week * 150,
            description=f"Before the weekly schema migration {40 - week}",
        )
    for name, days, size_mb, status, description in MADE_BY_PEOPLE:
        age = timedelta(days=days, hours=2)
        provider.add_backup(name, age=age, size_mb=size_mb, status=status, description=description)
