"""The way to Slack and VPS.org: proxies and certificates of the environment, used or refused with a word."""

import asyncio
import ssl
import subprocess
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from slack_sdk.errors import SlackApiError
from structlog.testing import capture_logs

from bot.doctor.examine import examine
from bot.errors import ConfigurationError, NotFound, Silence, Unreachable
from bot.network import certificate_problem, is_host, proxy_for, proxy_passwords, trusted
from bot.settings import Settings
from bot.slack.auth import web_client
from bot.slack.messages import in_short
from bot.vps.client import VpsClient

SLACK, VPS = "https://slack.com/api/", "https://admin.vps.org/api/v1"
PROXY = "http://proxy.example:3128"


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize(
    ("variables", "url", "proxy"),
    [
        ({}, SLACK, None),
        ({"HTTPS_PROXY": PROXY}, SLACK, PROXY),
        ({"https_proxy": PROXY}, "wss://wss-primary.slack.com/link/?ticket=x", PROXY),
        ({"HTTPS_PROXY": "proxy.example:3128"}, VPS, PROXY),
        ({"HTTPS_PROXY": "http://ana:p%40ss@proxy.example"}, VPS, "http://ana:p%40ss@proxy.example"),
        ({"HTTPS_PROXY": "https://[::1]:1/"}, VPS, "https://[::1]:1/"),
        ({"HTTP_PROXY": PROXY}, VPS, None),
        ({"HTTP_PROXY": PROXY}, "http://10.0.0.1/", PROXY),
        ({"ALL_PROXY": PROXY}, VPS, PROXY),
        ({"ALL_PROXY": "socks5://127.0.0.1:1080", "HTTPS_PROXY": PROXY}, VPS, PROXY),
        ({"ALL_PROXY": "socks5://127.0.0.1:1080"}, "http://127.0.0.1:8765/vps", None),
        ({"ALL_PROXY": "socks5://127.0.0.1:1080", "NO_PROXY": "example.org,vps.org"}, VPS, None),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "slack.com"}, "wss://wss-primary.slack.com/", None),
        ({"HTTPS_PROXY": " "}, VPS, None),
    ],
)
def test_one_proxy_stands_before_both_or_none(
    variables: dict[str, str], url: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert proxy_for(url) == proxy


async def test_both_clients_go_through_it_with_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        asked.extend([head[0].split()[1], *(line for line in head if line.startswith("Proxy-Authorization"))])
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 12\r\n")
        writer.write(b'Connection: close\r\n\r\n{"ok": true}')
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as proxy:
        address = f"127.0.0.1:{proxy.sockets[0].getsockname()[1]}"
        monkeypatch.setenv("HTTP_PROXY", f"http://ana:p%40ss@{address}")
        async with aclosing(VpsClient("http://vps.example/api/v1", SecretStr("x"))) as vps:
            await vps.get("/backups/")
        await web_client(SecretStr("x"), "http://slack.example/api/").auth_test()
    password = f"Proxy-Authorization: Basic {b64encode(b'ana:p@ss').decode()}"
    assert asked == [
        "http://vps.example/api/v1/backups/",
        password,
        "http://slack.example/api/auth.test",
        password,
    ]


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
@pytest.mark.parametrize(
    "value",
    [
        "socks5://hunter2@127.0.0.1:1080",
        "socks5h://hunter2:1",
        "ftp://hunter2",
        "http://ana:hunter2@",
        "http://hunter2:99999",
        "http://[hunter2",
        "http://a:hunter2:c",
        "http://hunter2..example:1",
        "http://ana:hunter2/3@proxy.example",
        "http://hunter2.example/path",
        "http://hunter2 .example",
        "hunter2 hunter2",
        "://hunter2",
    ],
)
async def test_a_proxy_that_cant_be_used_is_named_and_not_repeated(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    for build in (lambda: VpsClient(VPS, SecretStr("x")), lambda: web_client(SecretStr("x"), SLACK)):
        with pytest.raises(ConfigurationError) as refused:
            build()
        [problem] = refused.value.problems
        assert problem.startswith(f"{name.upper()} must be the address of an HTTP proxy")
        assert "hunter2" not in problem


@given(value=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_stands_for_a_proxy_is_refused_or_taken_by_both_clients(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in (value, f"http://{value}", f"https://a:{value}@proxy.example"):
        monkeypatch.setenv("HTTPS_PROXY", variable)
        proxy_passwords()
        try:
            VpsClient(VPS, SecretStr("x"))
        except ConfigurationError:
            continue
        web_client(SecretStr("x"), SLACK)


def test_passwords_of_proxies_are_known_as_written_and_as_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://ana:p%40ss@proxy.example:3128")
    monkeypatch.setenv("all_proxy", "bo:s@cret@proxy.example")
    monkeypatch.setenv("HTTP_PROXY", "http://ana@proxy.example")
    assert proxy_passwords() == {"p%40ss", "p@ss", "s@cret"}


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("a", True),
        ("vps.org.", True),
        ("my_db-1", True),
        ("127.0.0.1", True),
        ("::1", True),
        ("fe80::1%eth0", True),
    ]
    + [(text, False) for text in ("", ".", "..", "a..b", "-a", "a-", "a b", "a:1", "ü", "[::1]", "x" * 64)],
)
def test_what_can_be_a_host(text: str, is_one: bool) -> None:
    assert is_host(text) is is_one


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a certificate nobody knows, as SSL_CERT_DIR may name it; its key lies beside it."""
    folder = tmp_path_factory.mktemp("certificates") / "known"
    folder.mkdir()
    make = f"openssl req -x509 -newkey rsa:2048 -nodes -keyout {folder}.key -out {folder}/certificate.pem"
    naming = "-subj /CN=stranger -addext subjectAltName=IP:127.0.0.1"
    for command in (f"{make} {naming}", f"openssl rehash {folder}"):
        subprocess.run(command.split(), check=True, capture_output=True)
    return folder


@pytest.fixture
async def stranger(folder: Path) -> AsyncIterator[str]:
    """The address of a server with that certificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "certificate.pem", f"{folder}.key")
    runner = web.AppRunner(web.Application())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    yield f"https://127.0.0.1:{runner.addresses[0][1]}/api/v1"
    await runner.cleanup()


async def test_a_certificate_nobody_knows_is_called_that(stranger: str) -> None:
    async with aclosing(VpsClient(stranger, SecretStr("x"), attempts=1)) as vps:
        with pytest.raises(Unreachable) as refused, capture_logs() as lines:
            await vps.get("/backups/")
    assert refused.value.silence is Silence.CERTIFICATE
    assert [line["error"] for line in lines] == ["self-signed certificate"]
    assert not refused.value.may_have_acted
    assert "certificate" in in_short(refused.value)
    assert "self-signed certificate" in in_short(refused.value)
    with pytest.raises(aiohttp.ClientError) as broken:
        await web_client(SecretStr("x"), f"{stranger}/").auth_test()
    assert certificate_problem(broken.value) == "self-signed certificate"


async def test_the_doctor_names_the_certificate_of_either_service(stranger: str, tmp_path: Path) -> None:
    wanted: dict[str, Any] = {
        "slack_bot_token": "xoxb-1",
        "slack_app_token": "xapp-1",
        "slack_api_url": stranger,
        "vps_api_token": "x",
        "vps_api_url": stranger,
        "database_url": f"sqlite:///{tmp_path}/bot.sqlite",
    }
    report = await examine(Settings(_env_file=None, **wanted))
    assert [finding.what for finding in report.sorted[:2]] == [
        "Slack's certificate is not trusted (self-signed certificate).",
        "VPS.org's certificate is not trusted (self-signed certificate).",
    ]


async def test_a_certificate_of_another_host_is_called_that(stranger: str) -> None:
    async with aclosing(VpsClient(stranger.replace("127.0.0.1", "localhost"), SecretStr("x"))) as vps:
        with pytest.raises(Unreachable) as refused:
            await vps.post("/backups/", {})
    assert refused.value.silence is Silence.CERTIFICATE


@pytest.mark.parametrize(
    ("variable", "value"),
    [("SSL_CERT_FILE", "{}/certificate.pem"), ("SSL_CERT_DIR", "{}"), ("SSL_CERT_DIR", "/etc:{}")],
)
async def test_whom_the_environment_trusts_both_clients_trust(
    stranger: str, folder: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value.format(folder))
    async with aclosing(VpsClient(stranger, SecretStr("x"))) as vps:
        with pytest.raises(NotFound):
            await vps.get("/backups/")
    with pytest.raises(SlackApiError):
        await web_client(SecretStr("x"), f"{stranger}/").auth_test()


@pytest.mark.parametrize(
    ("variable", "what", "why"),
    [
        ("SSL_CERT_FILE", "missing", "No such file or directory"),
        ("SSL_CERT_FILE", "", "Is a directory"),
        ("SSL_CERT_FILE", "text", "it holds no certificate that can be read"),
        ("SSL_CERT_DIR", "missing", "No such file or directory"),
        ("SSL_CERT_DIR", "text", "Not a directory"),
    ],
)
def test_certificates_that_cant_be_read_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, what: str, why: str
) -> None:
    (tmp_path / "text").write_text("no certificate")
    monkeypatch.setenv(variable, str(tmp_path / what))
    with pytest.raises(ConfigurationError) as refused:
        trusted()
    assert refused.value.problems == (
        f"{variable} can't be read: {why}. Correct it, or remove it to trust the usual authorities.",
    )


def test_an_error_of_another_kind_is_no_certificate_problem() -> None:
    assert certificate_problem(None) == ""
    assert certificate_problem(ssl.SSLError("protocol")) == ""
    assert certificate_problem(OSError("refused")) == ""
