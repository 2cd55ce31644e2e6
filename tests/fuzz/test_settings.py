"""Whatever stands in the environment, the bot starts or says in a line why it doesn't."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bot.errors import ConfigurationError
from bot.operations.database import open_database
from bot.rules.load import load_rules
from bot.settings import Settings, load
from bot.slack.auth import web_client
from bot.vps.client import VpsClient
from tests.fuzz.odd import examples

GOOD = {"SLACK_BOT_TOKEN": "xoxb-1-a", "SLACK_APP_TOKEN": "xapp-1-b", "VPS_API_TOKEN": "vps-c"}
OTHERS = ("HTTPS_PROXY", "HTTP_PROXY", "all_proxy", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")
NAMES = [name.upper() for name in Settings.model_fields]
ANYTHING = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.binary(max_size=20).map(os.fsdecode),
    st.from_regex(r"(https?|socks5|sqlite|postgresql\+psycopg)://.{0,20}(\?[a-z]+=.)?", fullmatch=True),
    st.from_regex(r"[-+]?[0-9]{1,400}(\.[0-9]+)?(e[0-9]{1,3})?", fullmatch=True),
    st.sampled_from(
        ["*", ",", "U012AB3CD", "/", ".", "..", "/dev/null", "/proc/self/mem", "nan", "inf", "[::1]"]
    ),
).map(lambda value: value.replace("\0", ""))


@given(st.dictionaries(st.sampled_from([*NAMES, *OTHERS]), ANYTHING, max_size=3))
@examples(40)
def test_no_value_of_any_variable_is_more_than_a_line(changes: dict[str, str]) -> None:
    with _environment({**GOOD, **changes}), suppress(ConfigurationError):
        asyncio.run(_build())


async def _build() -> None:
    """Do what the bot does at its start, up to what it opens and whom it calls."""
    given = load(Path("nowhere"))
    load_rules(given)
    open_database(given.database_url).dispose()
    web_client(given.slack_bot_token, given.slack_api_url)
    await VpsClient(given.vps_api_url, given.vps_api_token).aclose()
    assert all(secret.get_secret_value() for secret in given.secrets)


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    for name in (*NAMES, *OTHERS):
        os.environ.pop(name, None)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
