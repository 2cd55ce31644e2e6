"""Prometheus and Grafana as in docs/monitoring: rules, dashboard, containers fit the bot and each other."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from bot.metrics.instruments import PREFIX
from bot.settings import OURS, Settings
from tests.metrics.exposed import PROMTOOL, exposed, sample_names

DOCS = Path(__file__).parents[1] / "docs"
HERE = DOCS / "monitoring"


def _yaml(path: str) -> Any:
    return yaml.safe_load((HERE / path).read_text())


BASE, COMPOSE = yaml.safe_load((DOCS / "compose.yaml").read_text()), _yaml("compose.yaml")
_RULES = [rule for group in _yaml("alerts.yml")["groups"] for rule in group["rules"]]
_RECORDED = {rule["record"]: f"({rule['expr']})" for rule in _RULES if "record" in rule}
RULES = [
    {**rule, "expr": re.sub(r"\bbackup_bot:[\w:]+", lambda name: _RECORDED[name[0]], rule["expr"])}
    for rule in _RULES
    if "alert" in rule
]
"""The alerts, with what is recorded for several of them written out."""
DASHBOARD = json.loads((HERE / "grafana/backup-bot.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
SHOWN = [target["expr"] for panel in PANELS for target in panel["targets"]]
SHOWN += [annotation["expr"] for annotation in DASHBOARD["annotations"]["list"]]

OF_ALL_REPLICAS = re.compile(r"backup_bot_(operations_open|operation_oldest|alerts_open|server)\w*")
"""What each replica tells of all; to add it up would count it more than once."""

METRIC = r"\b((?:backup_bot|process)_\w+|up)\b(?!\s*\()"
GIVEN_BY_PROMETHEUS = {"job", "instance"}


def _known() -> dict[str, set[str]]:
    """Return what a scrape can have: the labels of each name."""
    known: dict[str, set[str]] = {"up": set()}
    for family, labels in exposed():
        for name in sample_names(family):
            known[name] = labels | ({"le"} if name.endswith("_bucket") else set())
    return known


def _wrong(expression: str, known: dict[str, set[str]]) -> Iterator[str]:
    names = re.findall(METRIC, expression)
    yield from (name for name in names if name not in known)
    for name, matchers in re.findall(METRIC + r"\{([^}]*)\}", expression):
        labels = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", re.sub(r'"[^"]*"', '""', matchers)))
        yield from (f"{name}{{{label}}}" for label in labels - known.get(name, set()) - GIVEN_BY_PROMETHEUS)
    grouped = {
        label for listed in re.findall(r"\b(?:by|on) \(([^)]*)\)", expression) for label in listed.split(", ")
    }
    having = set().union(*(known.get(name, set()) for name in names), GIVEN_BY_PROMETHEUS)
    yield from (f"by ({label})" for label in grouped - having if label)


@pytest.mark.parametrize(
    ("expression", "wrong"),
    [
        (
            'sum by (kind, le) (rate(backup_bot_ack_seconds_bucket{outcome="late", job=~"x"}[5m]))',
            [],
        ),
        ("backup_bot_ack_seconds", ["backup_bot_ack_seconds"]),
        ("increase(process_cpu_seconds_total[5m]) / up", []),
        ("sum by (verb) (backup_bot_ack_seconds_sum)", ["by (verb)"]),
        ('backup_bot_refusals_total{kind="a=b"}', ["backup_bot_refusals_total{kind}"]),
        ("backup_bot_threads + backup_bot_treads", ["backup_bot_treads"]),
    ],
)
def test_a_name_or_label_that_no_scrape_has_is_found(expression: str, wrong: list[str]) -> None:
    assert list(_wrong(expression, _known())) == wrong


@pytest.mark.parametrize(
    "expressions", [SHOWN, [rule["expr"] for rule in RULES]], ids=["dashboard", "alerts"]
)
def test_only_names_and_labels_that_a_scrape_has_are_used(expressions: list[str]) -> None:
    known = _known()
    assert {
        expression: wrong for expression in expressions if (wrong := list(_wrong(expression, known)))
    } == {}


def test_what_every_replica_tells_alike_is_never_added_up() -> None:
    for expression in SHOWN + [rule["expr"] for rule in RULES]:
        for found in OF_ALL_REPLICAS.finditer(expression):
            assert re.search(r"\bmax (?:by \([^)]*\) )?\($|\bmax\($", expression[: found.start()]), expression


def test_a_new_counter_counts_whole_but_only_if_prometheus_looked_before_or_the_bot_is_new() -> None:
    guarded = re.compile(
        r"\(\((?P<counter>\w+\{[^}]*\})\s+unless (?P=counter) offset (?P<window>[\w$]+)\)\s+"
        r"and on \(job, instance\) \(up\{[^}]*\} offset (?P=window) == 1\s+"
        r"or process_start_time_seconds\{[^}]*\} > time\(\) - (?P<seconds>[\w$ /]+)\)\)\s+"
        r"or increase\((?P=counter)\[(?P=window)\]\)"
    )
    seconds = {"15m": "900", "1h": "3600", "$__interval": "$__interval_ms / 1000"}
    for expression in [rule["expr"] for rule in RULES] + SHOWN:
        found = list(guarded.finditer(expression))
        assert len(found) == len(re.findall(r"\bunless\b", expression)), expression
        assert [each["seconds"] for each in found] == [seconds[each["window"]] for each in found], expression


def test_each_metric_of_the_bot_is_shown() -> None:
    shown = {name for expression in SHOWN for name in re.findall(METRIC, expression)}
    ours = [family for family, _ in exposed() if family.name.startswith(PREFIX)]
    assert [family.name for family in ours if not sample_names(family) & shown] == []


def test_the_dashboard_is_what_grafana_knows() -> None:
    """Their own types leave out what they don't know, such as an option that is spelled wrong."""
    register_default_plugins()
    read = json.loads(JSONEncoder().encode(Dashboard.from_json(DASHBOARD)))
    assert list(_left_out(DASHBOARD, read)) == []


def _left_out(written: Any, read: Any, at: str = "") -> Iterator[str]:
    match written, read:
        case dict(), dict():
            for name, value in written.items():
                yield from _left_out(value, read.get(name), f"{at}/{name}")
        case list(), list() if len(written) == len(read):
            for number, (one, other) in enumerate(zip(written, read, strict=True)):
                yield from _left_out(one, other, f"{at}/{number}")
        case _ if written != read:
            yield at


def test_the_panels_fit_beside_each_other_and_all_show_the_bots_that_were_chosen() -> None:
    taken: dict[tuple[int, int], str] = {}
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24, panel["title"]
        for cell in ((at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])):
            assert taken.setdefault(cell, panel["title"]) == panel["title"]
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    assert all(panel["title"] and panel["description"] for panel in PANELS)
    for expression in SHOWN:
        assert len(re.findall(METRIC, expression)) == expression.count('instance=~"$instance"'), expression
    assert {panel["datasource"]["uid"] for panel in PANELS} == {"${datasource}"}


def test_each_alert_says_how_grave_it_is_what_it_means_and_what_to_do() -> None:
    names = [rule["alert"] for rule in RULES]
    assert len(names) == len(set(names))
    for rule in RULES:
        assert rule["labels"]["severity"] in {"critical", "warning"}, rule
        said = rule["annotations"]
        assert said.keys() == {"summary", "description", "runbook"}, rule
        assert said["runbook"].startswith("1. "), rule
        words = " ".join(said.values())
        assert set(re.findall(r"\bBackupBot\w+", words)) <= set(names)
        named = {name for name in re.findall(r"\b[A-Z]+_[A-Z_]+\b", words) if name.startswith(OURS)}
        assert named <= {name.upper() for name in Settings.model_fields}


def test_each_alert_is_seen_to_fire() -> None:
    tested = (HERE / "alerts_test.yml").read_text()
    fired = set(re.findall(r"labels: '\{alertname=\"(\w+)\"", tested))
    assert fired == {rule["alert"] for rule in RULES}


@pytest.mark.skipif(
    PROMTOOL is None and not os.environ.get("CI"),
    reason="no promtool is installed; on Debian: apt-get install prometheus",
)
@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "config", "prometheus.yml"),
        ("check", "rules", "alerts.yml"),
        ("test", "rules", "alerts_test.yml"),
    ],
    ids=" ".join,
)
def test_prometheus_takes_it(arguments: tuple[str, ...]) -> None:
    assert PROMTOOL, "CI must have promtool, and there is none."
    done = subprocess.run([PROMTOOL, *arguments], cwd=HERE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_containers_mount_files_that_are_there_where_they_are_looked_for() -> None:
    services = COMPOSE["services"]
    mounted: dict[str, Path] = {}
    for service in services.values():
        for source, target, *_ in (volume.split(":") for volume in service.get("volumes", ())):
            if source.startswith("."):
                mounted[target] = DOCS / source  # compose takes it as from the first file's folder
            else:
                assert source in COMPOSE["volumes"]
    assert [path for path in mounted.values() if not path.is_file()] == []
    assert {path.resolve() for path in mounted.values()} == {
        *(HERE / "grafana").iterdir(),
        HERE / "prometheus.yml",
        HERE / "alerts.yml",
    }
    folder = Path(_yaml("grafana/dashboards.yml")["providers"][0]["options"]["path"])
    dashboard = Path(services["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert dashboard.parent == folder
    assert mounted[str(dashboard)].name == "backup-bot.json"
    [rules] = _yaml("prometheus.yml")["rule_files"]
    assert str(Path("/etc/prometheus") / rules) in mounted


def test_the_bot_is_scraped_where_it_listens_and_by_prometheus_alone() -> None:
    services, bot = COMPOSE["services"], COMPOSE["services"]["bot"]
    assert services.keys() - BASE["services"].keys() == {"prometheus", "grafana"}
    given = {name for name in bot["environment"] if name.startswith(OURS)}
    assert given <= {name.upper() for name in Settings.model_fields}
    settings = {name.lower(): value for name, value in bot["environment"].items() if name in given}
    assert settings["bot_metrics"] == "true"
    [scraped] = _yaml("prometheus.yml")["scrape_configs"]
    assert {
        rule["labels"]["severity"] for rule in RULES if f'job="{scraped["job_name"]}"' not in rule["expr"]
    } == set()
    [found] = scraped["dns_sd_configs"]
    assert (found["names"], found["port"]) == (["bot"], Settings.model_fields["bot_port"].default)
    shared = {name: set(service["networks"]) for name, service in services.items()}
    assert shared["bot"] & shared["prometheus"] == {"scrape"}
    assert COMPOSE["networks"]["scrape"]["internal"]
    assert not shared["bot"] & shared["grafana"]
    ports = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert ports == {"grafana": ["127.0.0.1:3000:3000"]}


def test_images_are_of_one_version_and_secrets_come_from_outside() -> None:
    for name in ("prometheus", "grafana"):
        assert re.search(r":v?\d+\.\d+\.\d+$", COMPOSE["services"][name]["image"])
    environment = COMPOSE["services"]["grafana"]["environment"]
    assert environment["GF_SECURITY_ADMIN_PASSWORD"] == "${GRAFANA_PASSWORD:?}"
    assert COMPOSE["services"]["bot"]["environment"]["GRAFANA_PASSWORD"] == ""
