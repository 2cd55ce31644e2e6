"""The image, the unit and the composition: what they give the bot, and what they keep from it."""

import asyncio
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from bot.health import HttpServer, routes
from bot.healthcheck import address, is_alive
from bot.sandbox.server import MANIFEST
from bot.settings import OURS, Settings

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
UNIT = ROOT / "docs" / "backup-bot.service"
COMPOSE = yaml.safe_load((ROOT / "docs" / "compose.yaml").read_text())
MOST_EXPOSED = 2.0


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_the_unit_is_hardened() -> None:
    command = ["systemd-analyze", "security", "--offline=true", f"--threshold={MOST_EXPOSED * 10:.0f}"]
    judged = subprocess.run([*command, UNIT], capture_output=True, text=True, check=False)
    assert judged.returncode == 0, judged.stdout[-500:]


def test_the_unit_stops_trying_where_settings_are_wrong_and_reads_nothing_the_bot_can_write() -> None:
    unit = re.findall(r"^(\w+)=(.*)$", UNIT.read_text(), re.MULTILINE)
    assert ("RestartPreventExitStatus", str(os.EX_CONFIG)) in unit
    assert ("WorkingDirectory", "/") in unit
    assert any("PYTHONSAFEPATH=1" in value for name, value in unit if name == "Environment")
    assert ("UMask", "0077") in unit


def test_the_image_has_the_runtime_lock_alone_and_runs_no_code_the_bot_can_write() -> None:
    assert re.findall(r"^ARG LOCK=(.*)", DOCKERFILE, re.MULTILINE) == ["requirements.lock"]
    assert re.findall(r"--requirement (\S+)", DOCKERFILE) == ["${LOCK}"]
    named = set(re.findall(r"requirements\S*\.lock", DOCKERFILE))
    assert {f"!{name}" for name in named} <= set((ROOT / ".dockerignore").read_text().splitlines())
    assert "PYTHONSAFEPATH=1" in DOCKERFILE
    assert re.findall(r"^WORKDIR (.*)", DOCKERFILE, re.MULTILINE)[-1] == "/opt/backup-bot"
    assert (ROOT / ".dockerignore").read_text().splitlines()[0] == "*"


def test_the_image_has_the_manifest_that_the_sandbox_installs_the_app_from() -> None:
    assert f"COPY {MANIFEST.name} /opt/backup-bot/" in DOCKERFILE
    assert f"!{MANIFEST.name}" in (ROOT / ".dockerignore").read_text().splitlines()


def test_the_composed_bot_is_no_superuser_and_is_given_no_variable_it_does_not_know() -> None:
    bot, database = COMPOSE["services"]["bot"], COMPOSE["services"]["database"]
    assert "://bot:" in bot["environment"]["DATABASE_URL"]
    assert database["environment"].get("POSTGRES_USER", "postgres") == "postgres"
    assert "create role bot login password" in COMPOSE["configs"]["role"]["content"]
    given = {name for service in (bot, database) for name in service["environment"]}
    assert {name for name in given if name.startswith(OURS)} <= {
        name.upper() for name in Settings.model_fields
    }


@pytest.mark.parametrize(
    ("environment", "asked"),
    [
        ({}, "http://127.0.0.1:8080/healthz"),
        ({"BOT_BIND": "", "BOT_PORT": ""}, "http://127.0.0.1:8080/healthz"),
        ({"BOT_BIND": "0.0.0.0", "BOT_PORT": "81"}, "http://127.0.0.1:81/healthz"),
        ({"BOT_BIND": "10.1.2.3"}, "http://10.1.2.3:8080/healthz"),
        ({"BOT_BIND": "::"}, "http://[::1]:8080/healthz"),
        ({"BOT_BIND": "fd00::7"}, "http://[fd00::7]:8080/healthz"),
        ({"BOT_BIND": "localhost"}, "http://localhost:8080/healthz"),
    ],
)
def test_the_health_check_asks_where_the_bot_listens(environment: dict[str, str], asked: str) -> None:
    assert address(environment) == asked


def test_the_unit_has_memory_given_back_to_the_system_as_the_image_has() -> None:
    in_image, in_unit = (re.findall(r"MALLOC_\w+=\d+", text) for text in (DOCKERFILE, UNIT.read_text()))
    assert in_image == in_unit != []


async def test_the_health_check_tells_a_bot_that_lives_from_one_that_does_not() -> None:
    server = HttpServer(routes({}), port=0)
    await server.start()
    url = address({"BOT_PORT": str(server.port)})
    assert await asyncio.to_thread(is_alive, url)
    assert not await asyncio.to_thread(is_alive, url.replace("healthz", "nothing"))
    await server.stop()
    assert not await asyncio.to_thread(is_alive, url)
