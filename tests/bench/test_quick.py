"""The short form of `make bench`: everything can be measured; how fast it was does not matter here."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
MAY_BE_NONE = {
    "not_confirmed",
    "server_lists_per_minute",
    "cpu_percent_of_core",
    "driver_late_seconds",
    "ack_extra_most_seconds",
    "all_told_after_seconds",
    "bots_cpu_milliseconds_each",
    "database_cpu_milliseconds_each",
    "cost_to_one",
    "bot_percent_of_core_2",
    "database_percent_of_core_2",
}
"""Figures that may be zero, or a little less where they are differences."""
NEVER = {"confirmed_never_made", "confirmed_not_made_in_time", "lost"}
NAMES = [
    "start to ready",
    "idle",
    "help, 8 at a time",
    "status, 8 at a time",
    "list, 8 at a time",
    "create, 8 at a time",
    "ack to the call at VPS.org, idle",
    "a batch of 5",
    "12 creates, without Slack's limits",
    "while 12 wait: CPU, memory",
    "while 12 wait: p99",
    "while 12 wait: listings",
    "SIGKILL while 12 wait",
    "12 end at once, without Slack's limits",
    "12 creates, with Slack's limits",
    "12 end at once, with Slack's limits",
    "list, 200 backups",
    "list, 200 backups: others' acks",
    "list, 1,000 backups",
    "list, 1,000 backups: others' acks",
    "Home, 200 backups",
    "create, 2 replicas",
    "status, 2 replicas",
    "replicas that idle, % of a core",
]


def test_every_row_is_there_and_every_figure_makes_sense(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    command = [sys.executable, "-m", "tests.bench", "--quick", "--json", str(file)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=55, check=False)
    assert ended.returncode == 0, ended.stderr
    report: dict[str, Any] = json.loads(file.read_text())
    assert report["failed"] == {}
    assert [row["name"] for row in report["rows"]] == NAMES
    assert all(name in ended.stdout for name in NAMES)
    for row in report["rows"]:
        for name, value in row["figures"].items():
            assert value is not None, (row, name)
            if name in NEVER:
                assert value == 0, (row, name)
            else:
                assert value > 0 or name in MAY_BE_NONE, (row, name)
