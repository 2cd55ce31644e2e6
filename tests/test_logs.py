"""Each event is one line, and no secret gets into it."""

import asyncio
import io
import json
import logging
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot import logs
from bot.masking import MASK
from tests.metrics.growth import Growth

SECRET = "s3cr3t-Value_7"
Written = Callable[[], str]

pytestmark = pytest.mark.usefixtures("logging_as_it_was")


def set_up(style: Any = "json", level: str = "INFO") -> Written:
    for name in (None, "dbos"):  # pytest's own would raise what ours is to survive
        logging.getLogger(name).handlers = []
    stream = io.StringIO()
    logs.set_up(level, style, [SecretStr(SECRET)], stream)
    return stream.getvalue


def test_errors_are_counted_by_event_and_those_of_libraries_together() -> None:
    set_up()
    growth, log = Growth(), structlog.get_logger("bot.batches")
    log.warning("batch_not_drawn")
    for tell in (log.error, log.exception):
        tell("batch_not_posted")
    log.critical("crashed")
    for words in ("%.2s", "\ud83d%s"):
        logging.getLogger("aiohttp.server").error(words, "secret")
    assert growth.of("log_errors_total") == {("batch_not_posted",): 2, ("crashed",): 1, ("other",): 2}


def test_an_event_is_one_line_of_json() -> None:
    written = set_up()
    structlog.get_logger("bot.backups").info("restore_begins", server="web-1", size_mb=3, done=False)
    line = json.loads(written())
    assert written().count("\n") == 1
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "restore_begins",
        "level": "info",
        "logger": "bot.backups",
        "server": "web-1",
        "size_mb": 3,
        "done": False,
    }


def test_text_is_one_line_too_and_cannot_be_forged() -> None:
    written = set_up("text")
    structlog.get_logger("bot").info("said\nlevel=error", who="ana\nben")
    assert written().count("\n") == 1


@pytest.mark.parametrize(
    "evil", ["\x1b[2J", "\x9b31m", "a\x07b", "\u202egnp.exe", "x\x00", "\r\x1b]0;t\x07", "\ud83d"]
)
def test_nothing_steers_the_terminal_that_shows_a_log(evil: str) -> None:
    written = set_up("text")
    failed = ValueError(evil)
    log = structlog.get_logger("bot")
    event = f"said {evil}"
    log.error(event, who=evil, among=[evil], exc_info=failed, **{f"key{evil}": 1})
    logging.getLogger("slack_sdk").warning("library %s", evil)
    assert all(each.isprintable() or each == "\n" for each in written())
    assert "said" in written()


def test_context_is_in_every_line() -> None:
    written = set_up()
    with structlog.contextvars.bound_contextvars(operation="op-1"):
        structlog.get_logger("bot").info("step")
    assert json.loads(written())["operation"] == "op-1"


def test_libraries_log_through_the_same_door() -> None:
    written = set_up()
    for name in ("slack_bolt.AsyncApp", "slack_sdk.web", "dbos", "aiohttp.client", "httpx"):
        logging.getLogger(name).warning("trouble with %s", SECRET, extra={"also": [SECRET]})
    lines = [json.loads(line) for line in written().splitlines()]
    assert [line["logger"] for line in lines] == [
        "slack_bolt.AsyncApp",
        "slack_sdk.web",
        "dbos",
        "aiohttp.client",
        "httpx",
    ]
    assert {line["event"] for line in lines} == {f"trouble with {MASK}"}
    assert all(line["also"] == [MASK] for line in lines)


def test_chatty_libraries_keep_payloads_and_progress_to_themselves() -> None:
    written = set_up(level="DEBUG")
    logging.getLogger("slack_sdk.web.async_client").debug("payload")
    logging.getLogger("httpx").info("HTTP Request: GET …")
    logging.getLogger("dbos").info("advertisement")
    assert written() == ""
    structlog.get_logger("bot").debug("ours")
    assert "ours" in written()


def test_dbos_finds_a_handler_and_adds_none_of_its_own() -> None:
    set_up()
    assert logging.getLogger("dbos").handlers
    assert logging.getLogger("dbos").propagate


def test_setting_up_twice_writes_once() -> None:
    first, second = set_up(), set_up()
    structlog.get_logger("bot").info("once")
    assert first() == ""
    assert second().count("\n") == 1


def test_a_record_that_cannot_be_formatted_does_not_spill_its_arguments() -> None:
    written = set_up()
    logging.getLogger("slack_sdk").warning("%d", SECRET)
    assert SECRET not in written()
    assert json.loads(written())["event"] == "log_record_lost"


def test_a_log_that_nobody_reads_any_more_does_not_stop_the_work() -> None:
    class Broken(io.StringIO):
        def write(self, _text: str) -> int:
            raise BrokenPipeError

    set_up()
    logs.set_up("INFO", "json", [], Broken())
    structlog.get_logger("bot").info("nobody_reads_this")


def test_what_cannot_be_shown_is_not_shown() -> None:
    written = set_up()
    structlog.get_logger("bot").info("odd", value=Unshowable())
    logging.getLogger("dbos").error("%s", Unshowable())
    assert "Unshowable that can't be shown" in written()
    assert SECRET not in written()


def test_uncaught_errors_are_logged_masked(capfd: pytest.CaptureFixture[str]) -> None:
    written = set_up()

    def fails() -> None:
        raise RuntimeError(f"with {SECRET}")

    thread = threading.Thread(target=fails)
    thread.start()
    thread.join()
    try:
        fails()
    except RuntimeError:
        sys.excepthook(*sys.exc_info())
    lines = [json.loads(line) for line in written().splitlines()]
    assert [line["event"] for line in lines] == ["crashed", "crashed"]
    assert all(f"RuntimeError: with {MASK}" in line["exception"] for line in lines)
    assert SECRET not in written() + capfd.readouterr().err


async def test_what_asyncio_reports_is_masked() -> None:
    written = set_up()
    asyncio.get_running_loop().call_exception_handler(
        {"message": "task failed", "exception": ValueError(SECRET)}
    )
    assert f"ValueError: {MASK}" in written()
    assert SECRET not in written()


@dataclass
class Holder:
    value: object


class Unshowable:
    def __repr__(self) -> str:
        raise ValueError(SECRET)


tokens = st.text("abcdefghijklmnopqrstuvwxyzABC0123456789-._~+/=", min_size=8, max_size=40)


def _places(secret: str) -> st.SearchStrategy[object]:
    """Values that have the secret somewhere in them."""
    leaves: st.SearchStrategy[object] = st.sampled_from(
        [
            secret,
            f"before {secret} after",
            f"{secret}{secret}",
            secret.encode(),
            ValueError(secret),
            Holder(secret),
            Holder(ValueError({"token": secret})),
        ]
    )

    def inside(children: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
        return st.one_of(
            st.lists(children, max_size=2),
            st.tuples(children),
            st.dictionaries(st.sampled_from(["a", secret, f"x{secret}"]), children, max_size=2),
            children.map(Holder),
        )

    return st.recursive(leaves, inside, max_leaves=6)


@given(data=st.data(), secret=tokens, style=st.sampled_from(["json", "text"]))
def test_a_secret_cannot_get_through_wherever_it_is(data: st.DataObject, secret: str, style: Any) -> None:
    stream = io.StringIO()
    logs.set_up("INFO", style, [SecretStr(secret)], stream)
    log = structlog.get_logger("bot")
    value = data.draw(_places(secret))
    log.info(" ".join(["event", secret]), field=value, **{f"key {secret}": 1})
    logging.getLogger("slack_sdk").error("%s", value, extra={"extra": value})
    failure = ValueError(value)
    failure.__cause__ = RuntimeError(secret)
    failure.add_note(secret)
    log.error("failed", exc_info=failure)
    logging.getLogger("dbos").error("failed", exc_info=failure, stack_info=True)
    assert stream.getvalue().count("\n") >= 4
    assert secret not in stream.getvalue()


def test_numbers_and_very_deep_or_endless_data_are_masked_too() -> None:
    endless: list[object] = [SECRET]
    endless.append(endless)
    deep: object = SECRET
    for _ in range(50):
        deep = {"in": [deep]}
    event = logs.Masking([SecretStr(SECRET), SecretStr("12345678")])(
        None, "info", {"endless": endless, "deep": deep, "number": 12345678, "other": 12}
    )
    assert SECRET not in repr(event)
    assert event["number"] == MASK
    assert event["other"] == 12
