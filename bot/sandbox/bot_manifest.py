"""The bot's manifest, asked of the bot itself as anybody would who installs it."""

import asyncio
import sys
from collections.abc import Sequence

import yaml

from bot.sandbox.bot_process import SOURCES
from bot.sandbox.slack.workspace import Json

COMMAND = (sys.executable, "-m", "bot", "manifest")
SECONDS = 20.0


async def read_manifest(command: Sequence[str] = COMMAND) -> Json | None:
    """Return the manifest the command prints as YAML, or None where it prints none."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=SOURCES,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(SECONDS):
            printed, _ = await process.communicate()
        manifest = yaml.safe_load(printed)
    except (TimeoutError, yaml.YAMLError):
        return None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return manifest if isinstance(manifest, dict) else None
