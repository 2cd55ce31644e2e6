"""docs/metrics.md and the scrape of a bot to which things have happened agree; nobody's words are in it."""

import os
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import aiohttp
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from bot.metrics.scrape import PATH
from bot.sandbox.server import free_port
from tests.metrics.exposed import PROMTOOL, exposed, name_of
from tests.metrics.growth import Growth
from tests.world import World, unstarted

DOCUMENT = Path(__file__).parents[2] / "docs" / "metrics.md"
STRANGE = "zzyzx"
RULES = f"""
[[group]]
name = "{STRANGE}-fleet"
servers = ["*"]
"""


class Documented(NamedTuple):
    kind: str
    labels: dict[str, list[str]]
    """The values that a label can have; empty if they are told in words."""


def documented() -> dict[str, Documented]:
    row = re.compile(r"^\| `(\w+)` \| (gauge|counter|histogram) \| (.*?) \| .+ \|$", re.MULTILINE)
    return {name: Documented(kind, labels_in(cell)) for name, kind, cell in row.findall(DOCUMENT.read_text())}


def labels_in(cell: str) -> dict[str, list[str]]:
    """Read "`a`, `b`: `one`, `two`; `c`": after a colon there are the values of the label before it."""
    found: dict[str, list[str]] = {}
    for part in cell.split("; "):
        names, _, values = part.partition(": ")
        labels = re.findall(r"`(\w+)`", names)
        found |= {label: [] for label in labels}
        if values:
            found[labels[-1]] = re.findall(r"`(.+?)`", values)
    return found


async def scrape(port: int) -> str:
    address = f"http://127.0.0.1:{port}{PATH}"
    async with aiohttp.ClientSession() as session, session.get(address) as answer:
        assert answer.status == 200
        return await answer.text()


async def use(world: World) -> None:
    """Have people do what is counted, and say strange words wherever they can."""
    ana, cleo, faults = world.person("ana"), world.person("cleo"), world.faults
    post = await world.until_post("web-1* has no good backup")
    await ana.clicks("alert_acknowledge", message=post)
    await world.until(lambda: ana.modal)
    await ana.fills(reason=f"{STRANGE} reason")
    await ana.submits()
    faults.next_slack["chat.postMessage"].append(f"{STRANGE}_error")
    faults.next_provider["POST", "/backups/"].append("error_in_200")
    await ana.types(f"/backup create {STRANGE}-server {STRANGE} description")
    await world.until_reply(f"{STRANGE}-server")
    await cleo.types(f"/backup create {STRANGE}-server")
    await world.until_whisper("cleo", "permission")
    await ana.types(f"/backup list {STRANGE}-nowhere")
    await world.until_whisper("ana", f"{STRANGE}-nowhere")
    await ana.types(f"/backup create {STRANGE}-fleet")
    await world.until_modal("ana", STRANGE)
    faults.next_provider["GET", "/backups/"].append("502")
    await ana.types("/backup list web-1")
    await world.until_whisper("ana", "web-1")


@unstarted
async def test_a_scrape_and_its_document_agree_and_nobodys_words_are_in_it(
    world: World, tmp_path: Path
) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(RULES)
    world.provider.add_server(f"{STRANGE}-server")
    port = free_port()
    await world.start_bot(bot_port=port, bot_alert_channel="COPS", bot_operators="UANA", bot_rules_file=rules)
    growth = Growth()
    await use(world)
    # VPS.org refused the backup, cleo has no right, and there is no such server.
    assert growth.of("refusals_total") == {("BadRequest",): 1, ("NotAllowed",): 1, ("UnknownServer",): 1}
    text = await scrape(port)
    families = {name_of(family): family for family in text_string_to_metric_families(text)}
    document = documented()
    assert {name: family.type for name, family in families.items()} == {
        name: each.kind for name, each in document.items()
    }
    assert STRANGE not in text.lower()
    assert not unknown_values(families.values(), document)
    if PROMTOOL:
        check(text)


def unknown_values(families: Iterable[Metric], document: dict[str, Documented]) -> set[str]:
    return {
        f"{name_of(family)}: {label}={value}"
        for family in families
        for sample in family.samples
        for label, value in sample.labels.items()
        if label != "le" and (known := document[name_of(family)].labels[label]) and value not in known
    }


def check(text: str) -> None:
    done = subprocess.run(
        [str(PROMTOOL), "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_every_label_is_documented_and_no_other() -> None:
    described = {name: set(each.labels) for name, each in documented().items()}
    assert described == {name_of(family): labels for family, labels in exposed()}


def test_ci_has_what_checks_a_scrape() -> None:
    assert PROMTOOL or not os.environ.get("CI")
