"""Logs: one event name and its fields per line, on stderr, with every secret masked."""

import logging
import re
import sys
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import lru_cache
from types import TracebackType
from typing import Literal, TextIO

import structlog
from pydantic import SecretStr
from structlog.typing import EventDict, Processor, WrappedLogger
from typing_extensions import override

from bot import tracing
from bot.masking import MASK, Mask
from bot.metrics.instruments import LOG_ERRORS, OTHER
from bot.terminal import visible

log = structlog.get_logger("bot")

_DEEPEST = 8
SHORT, SHORT_TEXTS = 32, 2048
"""How long (characters) a text can be to be remembered with its masked form, and how many are."""

_ERRORS = frozenset({"error", "critical"})
_EVENT = re.compile(r"[a-z_]{1,60}")

# These log whole payloads at DEBUG, or a line per request at INFO.
_QUIETED = {
    "slack_bolt": logging.INFO,
    "slack_sdk": logging.INFO,
    "dbos": logging.WARNING,
    "aiohttp.access": logging.WARNING,
    "httpcore": logging.WARNING,
    "httpx": logging.WARNING,
    "sqlalchemy": logging.WARNING,
    "urllib3": logging.WARNING,
}


_TRAIL = "bot.audit.store"
_AT_A_STOP = "Asyncio task cancelled "
"""How dbos begins a line for each step that waits at a stop; it has the step's arguments: people's words."""


class Masking:
    """A structlog processor that turns an event into plain data without any secret in it."""

    def __init__(self, secrets: Iterable[SecretStr]) -> None:
        self._mask = Mask(secrets)
        # Names of fields and events come again and again, and to mask a text takes 5 µs.
        self._short = lru_cache(SHORT_TEXTS)(self._mask.text)

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        """Return the event as plain data, masked."""
        return {self._text(str(key)): self._plain(value, 0) for key, value in event.items()}

    def _text(self, text: str) -> str:
        return self._short(text) if len(text) <= SHORT else self._mask.text(text)

    def _plain(self, value: object, depth: int) -> object:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int | float):
            return value if self._text(str(value)) == str(value) else MASK
        if isinstance(value, str):
            return self._text(value)
        if depth < _DEEPEST and isinstance(value, Mapping):
            return {self._text(_shown(key)): self._plain(item, depth + 1) for key, item in value.items()}
        if depth < _DEEPEST and isinstance(value, list | tuple | set | frozenset):
            return [self._plain(item, depth + 1) for item in value]
        return self._mask.text(_shown(value))


def set_up(
    level: str = "INFO",
    style: Literal["json", "text"] = "json",
    secrets: Iterable[SecretStr] = (),
    stream: TextIO | None = None,
) -> None:
    """Send structlog's events and every library's log records to `stream` (stderr) in one form.

    `secrets` never appear in it, nor does anything that looks like a token. Calling it again replaces
    the earlier set-up.
    """
    masking = Masking(secrets)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        tracing.add_ids,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        _count_errors,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = _Handler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                masking,
                *_RENDERERS[style],
            ],
        )
    )
    _attach(handler, level)


def _count_errors(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    if event["level"] in _ERRORS:
        name = str(event["event"])
        # A library's event, which comes as a record, is a sentence in which anything may stand.
        is_ours = "_record" not in event and _EVENT.fullmatch(name)
        LOG_ERRORS.labels(name if is_ours else OTHER).inc()
    return event


def _one_line(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {**event, "event": str(event.get("event", "")).replace("\r", "\\r").replace("\n", "\\n")}


_draw = structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)


def _for_a_terminal(logger: WrappedLogger, method: str, event: EventDict) -> str:
    # A traceback has lines of its own.
    return visible(str(_draw(logger, method, event)), keep="\n\t")


_RENDERERS: dict[str, list[Processor]] = {
    "json": [structlog.processors.JSONRenderer(sort_keys=False)],
    "text": [_one_line, _for_a_terminal],
}


def _attach(handler: "_Handler", level: str) -> None:
    root = logging.getLogger()
    for old in [old for old in root.handlers if isinstance(old, _Handler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    for name, least in _QUIETED.items():
        logging.getLogger(name).setLevel(max(least, root.level))
    # Whatever the level: by the hashes in these lines a trail that was cut off is found out.
    logging.getLogger(_TRAIL).setLevel(min(logging.INFO, root.level))
    engine = logging.getLogger("dbos")
    if not engine.handlers:
        # Without a handler of its own, dbos would add one that prints to stderr past ours.
        engine.addHandler(logging.NullHandler())
    engine.propagate = True
    engine.addFilter(_is_of_use)
    logging.captureWarnings(True)
    sys.excepthook = _crashed
    threading.excepthook = _thread_crashed


def _is_of_use(record: logging.LogRecord) -> bool:
    return not (isinstance(record.msg, str) and record.msg.startswith(_AT_A_STOP))


class _Handler(logging.StreamHandler[TextIO]):
    @override
    def emit(self, record: logging.LogRecord) -> None:
        try:
            super().emit(record)
        except Exception:  # The standard library lets some errors pass.
            self.handleError(record)

    @override
    def flush(self) -> None:
        with suppress(Exception):
            super().flush()

    @override
    def handleError(self, record: logging.LogRecord) -> None:
        # The standard library would print the record's arguments here, unmasked. Whatever goes wrong with
        # the log, the work it tells of goes on: its reader may have gone, or its disk may be full.
        with suppress(Exception):
            self.stream.write(f'{{"event": "log_record_lost", "logger": "{record.name}"}}\n')


def _crashed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    log.critical("crashed", exc_info=(kind, error, trace))


def _thread_crashed(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        _crashed(args.exc_type, args.exc_value, args.exc_traceback)


def _shown(value: object) -> str:
    try:
        return value if isinstance(value, str) else repr(value)
    except Exception as error:
        return f"<{type(value).__name__} that can't be shown: {type(error).__name__}>"
