"""Every metric that a scrape can have, whether or not anything was counted yet; and Prometheus' own tool."""

import shutil
from collections.abc import Iterator

from prometheus_client import Metric

from bot.metrics.instruments import REGISTRY

PROMTOOL = shutil.which("promtool")
BUILD = {"version", "python", "database", "mode"}
"""The labels of what tells the build: an Info has those that it was last given, by bot/app.py."""
_ENDINGS = {
    "histogram": ("_bucket", "_count", "_sum"),
    "counter": ("_total",),
    "info": ("_info",),
    "gauge": ("",),
}


def exposed() -> Iterator[tuple[Metric, set[str]]]:
    """Yield each metric and its labels."""
    for instrument in REGISTRY._collector_to_names:
        for family in instrument.collect():
            yield family, BUILD if family.type == "info" else set(getattr(instrument, "_labelnames", ()))


def name_of(family: Metric) -> str:
    """Return a metric's name in docs/metrics.md: a histogram's without an ending."""
    return family.name if family.type == "histogram" else family.name + _ENDINGS[family.type][0]


def sample_names(family: Metric) -> set[str]:
    """Return the names that a metric has in a scrape."""
    return {family.name + ending for ending in _ENDINGS[family.type]}
