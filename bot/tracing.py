"""Traces from a click to its notice, over restarts, sent by OTLP if the environment says where to.

OpenTelemetry is an extra of the package: nothing of it is imported before `set_up`, and without that all
that is here does nothing. Its SDK reads its own variables (OTEL_…):
https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
"""

import asyncio
import logging
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import Context
from typing import TYPE_CHECKING, Any, Literal

import structlog

from bot import __version__
from bot.errors import ConfigurationError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
    from opentelemetry.trace import Span as OtelSpan
    from opentelemetry.trace import Tracer

log = structlog.get_logger()

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
EXTRA = "backup-bot[otel]"
FLUSH_SECONDS = 1.5
"""How long a stop waits for the last spans: Docker kills 10 s after SIGTERM, of which steps may take 8 s."""

ATTRIBUTES = frozenset(
    {
        "backup_bot.interrupted",
        "backup_bot.refused",
        "dbos.application.version",
        "dbos.executor.id",
        "dbos.operation.type",
        "dbos.operation.workflow_id",
        "dbos.queue.name",
        "error.type",
        "http.request.method",
        "http.response.status_code",
        "slack.method",
        "url.template",
    }
)
"""The only attributes that leave the process: others, such as an exception's words, may hold anything."""

_tracer: "Tracer | None" = None
_provider: "TracerProvider | None" = None


class Span:
    """A span of the current trace; this one stands for none, and does nothing."""

    def set_attributes(self, **attributes: str | int | None) -> None:
        """Set attributes; `__` in a name stands for a dot, and None for an attribute that is left out."""

    def extend_name(self, name: str) -> None:
        """Add to its name what has become known: a name of ours, never what people typed."""

    def fail(self, kind: str) -> None:
        """Mark it as failed: by the name of a class, or a code, never by words from outside."""


_NONE = Span()


class _OpenSpan(Span):
    def __init__(self, span: "OtelSpan") -> None:
        self._span = span

    def set_attributes(self, **attributes: str | int | None) -> None:
        for name, value in attributes.items():
            if value is not None:
                self._span.set_attribute(name.replace("__", "."), value)

    def extend_name(self, name: str) -> None:
        so_far = getattr(self._span, "name", "")  # One that is not sampled has none.
        self._span.update_name(f"{so_far} {name}")

    def fail(self, kind: str) -> None:
        from opentelemetry.trace import StatusCode

        self._span.set_attribute("error.type", kind)
        self._span.set_status(StatusCode.ERROR)


def is_on() -> bool:
    """True once traces are set up."""
    return _tracer is not None


def set_up() -> None:
    """Send traces from now on, if the environment says where to and the extra is installed.

    Raises:
        ConfigurationError: a variable of OpenTelemetry's makes no sense.
    """
    global _tracer, _provider
    if not is_wanted(os.environ):
        return
    try:
        provider = _new_provider()
    except ImportError as error:
        log.warning("tracing_unavailable", install=EXTRA, missing=error.name)
        return
    except ValueError as error:
        raise ConfigurationError(f"OTEL_…: {error}") from error
    from opentelemetry import trace

    trace.set_tracer_provider(provider)
    _provider, _tracer = provider, trace.get_tracer("backup-bot", __version__)
    log.info("tracing")


def _new_provider() -> "TracerProvider":
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    ours = Resource({"service.name": "backup-bot", "service.version": __version__})
    provider = TracerProvider(resource=ours.merge(OTELResourceDetector().detect()), shutdown_on_exit=False)
    exporter = RedactingExporter(OTLPSpanExporter())
    # It would log several lines for each batch that nobody takes; we log one when that begins.
    logging.getLogger(OTLPSpanExporter.__module__).addFilter(lambda _: not exporter.is_failing)
    provider.add_span_processor(BatchSpanProcessor(exporter))  # type: ignore[arg-type]
    return provider


def is_wanted(environment: Mapping[str, str]) -> bool:
    """Tell whether OpenTelemetry's variables ask for traces over OTLP."""
    return (
        any(environment.get(name) for name in ENDPOINTS)
        and environment.get("OTEL_SDK_DISABLED", "").strip().lower() != "true"
        and environment.get("OTEL_TRACES_EXPORTER", "").strip() in {"", "otlp"}
    )


def stop() -> None:
    """Send what is not sent yet, within 1.5 s, and nothing from then on."""
    global _tracer, _provider  # noqa: PLW0603
    if _provider is None:
        return
    # By itself it would wait for up to 30 s.
    sending = threading.Thread(target=_provider.shutdown, daemon=True)
    sending.start()
    sending.join(FLUSH_SECONDS)
    _tracer = _provider = None


def span(name: str) -> AbstractContextManager[Span]:
    """Open a span for what somebody asked of the bot: a trace begins with it."""
    return nullcontext(_NONE) if _tracer is None else _opened(_tracer, name, "SERVER")


def call(name: str, **attributes: str) -> AbstractContextManager[Span]:
    """Open a span for a call to another service, with attributes as in `Span.set_attributes`.

    Outside a trace, as in a poll, there is none.
    """
    if _tracer is None or not _is_in_trace():
        return nullcontext(_NONE)
    return _opened(_tracer, name, "CLIENT", **attributes)


@contextmanager
def _opened(
    tracer: "Tracer", name: str, kind: Literal["SERVER", "CLIENT"], **attributes: str
) -> Iterator[Span]:
    from opentelemetry.trace import SpanKind

    # By default it would record what an exception says.
    with tracer.start_as_current_span(
        name, kind=SpanKind[kind], record_exception=False, set_status_on_exception=False
    ) as current:
        opened = _OpenSpan(current)
        opened.set_attributes(**attributes)
        try:
            yield opened
        except BaseException as error:
            opened.fail(type(error).__name__)
            raise


def current() -> Span:
    """Return the span that is open, to add to it."""
    if _tracer is None:
        return _NONE
    from opentelemetry.trace import get_current_span

    return _OpenSpan(get_current_span())


@contextmanager
def marking_end() -> Iterator[None]:
    """Set on the engine's span how this ends: by a stop (to the engine a failure), or by an error."""
    try:
        yield
    except asyncio.CancelledError:
        current().set_attributes(backup_bot__interrupted=True)
        raise
    except Exception as error:
        current().set_attributes(error__type=type(error).__name__)
        raise


def _is_in_trace() -> bool:
    from opentelemetry.trace import get_current_span

    return get_current_span().get_span_context().is_valid


def fresh_context() -> Context:
    """Return a context that holds nothing but the current trace."""
    context = Context()
    if _tracer is not None:
        from opentelemetry.context import attach, get_current

        context.run(attach, get_current())
    return context


def add_ids(_logger: Any, _method: str, event: Any) -> Any:
    """Add `trace_id` and `span_id` to a log event in a trace, as a structlog processor does."""
    if _tracer is not None:
        from opentelemetry.trace import format_span_id, format_trace_id, get_current_span

        context = get_current_span().get_span_context()
        if context.is_valid:
            event["trace_id"] = format_trace_id(context.trace_id)
            event["span_id"] = format_span_id(context.span_id)
    return event


class RedactingExporter:
    """Hands spans on to another exporter, without what the engine or a library has written into them.

    The engine puts an exception's words into a span's status, and those may hold anything.
    """

    def __init__(self, exporter: "SpanExporter") -> None:
        self._exporter = exporter
        self.is_failing = False
        """True while spans are lost, as nobody takes them."""

    def export(self, spans: "Sequence[ReadableSpan]") -> "SpanExportResult":
        """Send of each span what is known to be harmless."""
        result = self._exporter.export([_redacted(each) for each in spans])
        is_failing = result.name != "SUCCESS"
        if is_failing and not self.is_failing:
            log.warning("traces_lost")
        elif self.is_failing and not is_failing:
            log.info("traces_taken_again")
        self.is_failing = is_failing
        return result

    def shutdown(self) -> None:
        """Send no more."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Send what waits; true if that went well."""
        return self._exporter.force_flush(timeout_millis)


def _redacted(span: "ReadableSpan") -> "ReadableSpan":
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import Status, StatusCode

    attributes = {name: value for name, value in (span.attributes or {}).items() if name in ATTRIBUTES}
    status = StatusCode.UNSET if "backup_bot.interrupted" in attributes else span.status.status_code
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=attributes,
        kind=span.kind,
        status=Status(status),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )
