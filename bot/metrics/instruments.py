"""All metrics, by name; docs/metrics.md explains each.

The code that sees something happen counts it. No label holds what people typed or an outside service wrote,
but only ids, and values that the code knows.
https://prometheus.io/docs/practices/naming/
"""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
)

PREFIX = "backup_bot"

# The time at which each series began would double the size of a scrape, and nobody uses it.
disable_created_metrics()  # type: ignore[no-untyped-call]

REGISTRY = CollectorRegistry()
"""All of one process; bots that share a process, as in tests, share it."""

_ACKS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0)
"""Seconds; 3 is where Slack gives up."""
_CALLS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_OPERATIONS = (1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 1800.0, 3600.0, 4 * 3600.0, 12 * 3600.0, 24 * 3600.0)
_NOTICES = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 3600.0)


def _counter(name: str, what: str, *labels: str) -> Counter:
    return Counter(name, what, labels, namespace=PREFIX, registry=REGISTRY)


def _gauge(name: str, what: str, *labels: str) -> Gauge:
    return Gauge(name, what, labels, namespace=PREFIX, registry=REGISTRY)


def _histogram(name: str, what: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
    return Histogram(name, what, labels, namespace=PREFIX, registry=REGISTRY, buckets=buckets)


# The process.
BUILD = Info("build", "What runs.", namespace=PREFIX, registry=REGISTRY)
ASYNCIO_TASKS = _gauge("asyncio_tasks", "Tasks of the event loop.")
THREADS = _gauge("threads", "Threads of the process.")
DATABASE_CONNECTIONS = _gauge("database_connections", "Connections to the database that are in use.")
LOG_ERRORS = _counter("log_errors", "Lines of the log that tell of an error, or of worse.", "event")
OTHER = "other"
"""The value of a label that stands for all that have none of their own."""
ProcessCollector(registry=REGISTRY)

# Slack.
ACK_SECONDS = _histogram(
    "ack_seconds", "From Slack's request until it was answered.", _ACKS, "kind", "outcome"
)
REFUSALS = _counter("refusals", "What people asked for and were told can't be done.", "reason")
UNEXPECTED = "unexpected"
"""The reason of what failed by a bug of the bot's own."""
SLACK_REQUEST_SECONDS = _histogram(
    "slack_request_seconds", "Each try of a call of Slack.", _CALLS, "method", "status"
)
SLACK_RETRIES = _counter("slack_retries", "Calls of Slack that were made once more.")
SLACK_CONNECTED = _gauge("slack_connected", "Whether Slack can reach the bot: 1 or 0.")
SLACK_DISCONNECTS = _counter("slack_disconnects", "Sockets that were lost or replaced.", "reason")

# VPS.org.
VPS_REQUEST_SECONDS = _histogram(
    "vps_request_seconds", "Each try of a call of VPS.org.", _CALLS, "method", "endpoint", "status"
)
VPS_RETRIES = _counter("vps_retries", "Calls of VPS.org that were made once more.")

# The database.
DATABASE_ERRORS = _counter("database_errors", "Errors of the database.", "error")
UNCONFIRMED = "unconfirmed"
"""The error of what the database did not confirm in time, so that nothing was promised."""

# Operations.
OPERATION_SECONDS = _histogram(
    "operation_seconds", "From the request of an operation until its end.", _OPERATIONS, "verb", "outcome"
)
OPERATIONS_OPEN = _gauge("operations_open", "Operations that have not ended.", "state")
OPERATION_OLDEST_AGE = _gauge("operation_oldest_age_seconds", "Age of the oldest of them.", "state")
POLLS = _counter("polls", "Looks at single backups that are under way.", "outcome")
LISTINGS = _counter("listings", "Listings asked of VPS.org.", "scope", "outcome")
NOTICE_SECONDS = _histogram(
    "notice_seconds", "From the end seen at VPS.org until Slack has taken the message.", _NOTICES, "verb"
)

APPROVAL_SECONDS = _histogram(
    "approval_seconds",
    "From a request until a second person's answer, or none in time.",
    _OPERATIONS,
    "outcome",
)
SCHEDULED_BACKUPS = _counter("scheduled_backups", "Backups that schedules were to make.", "outcome")

# Servers.
ALERTS_OPEN = _gauge("alerts_open", "Troubles that are told and not over.", "kind")
SERVER_SLOTS_USED = _gauge("server_slots_used", "Manual backups of a server.", "server_id")
SERVER_LAST_GOOD_BACKUP = _gauge(
    "server_last_good_backup_timestamp_seconds", "When it was made; 0 if there is none.", "server_id"
)
SERVERS = _gauge("servers", "Servers that VPS.org lists.")
SERVERS_LISTED = _gauge("servers_listed_timestamp_seconds", "When VPS.org listed them.")
SERVERS_NOT_SHOWN = _gauge("servers_not_shown", "Servers without gauges of their own.")
