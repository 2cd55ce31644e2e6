"""A real receiver of traces: OTLP over HTTP, on loopback. It draws what it was sent as trees."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan
from opentelemetry.proto.trace.v1.trace_pb2 import Status

QUICKLY = {"OTEL_BSP_SCHEDULE_DELAY": "50"}
"""How often spans are sent, in milliseconds: what a killed bot has not sent is lost."""


@dataclass(frozen=True)
class Span:
    """A span as it was received; times are in nanoseconds since 1970."""

    name: str
    kind: str
    trace: str
    id: str
    parent: str
    start: int
    end: int
    is_failed: bool
    attributes: dict[str, Any]

    @property
    def workflow(self) -> str:
        """The id of the workflow it is of; empty if the engine did not make it."""
        return str(self.attributes.get("dbos.operation.workflow_id") or "")


class Receiver:
    """What has been received so far. `raw` is all of it, as bytes."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.resources: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.raw = b""
        self.url = ""

    @property
    def environment(self) -> dict[str, str]:
        """The variables that have a bot send here."""
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": self.url, **QUICKLY}

    def named(self, name: str) -> list[Span]:
        """Return the spans of that name, in the order in which they began."""
        return sorted((span for span in self.spans if span.name == name), key=lambda span: span.start)

    def trees(self) -> list[str]:
        """Return a line per span, indented below its parent, traces and siblings in the order of time.

        A parent that a killed bot did not send is shown as "(lost)".
        """
        known = {span.id for span in self.spans}
        roots = [span for span in self.spans if span.parent not in known]
        lines: list[str] = []
        lost: set[str] = set()
        for root in sorted(roots, key=lambda span: span.start):
            if root.parent and root.parent not in lost:
                lost.add(root.parent)
                lines.append("(lost)")
            lines += self._below(root, 1 if root.parent else 0)
        return lines

    async def take(self, request: web.Request) -> web.Response:
        """Read an export; answer as a collector does."""
        body = await request.read()
        self.raw += body
        self.headers.append(dict(request.headers))
        sent = ExportTraceServiceRequest.FromString(body)
        for group in sent.resource_spans:
            self.resources.append(_plain(group.resource.attributes))
            self.spans += [_span(each) for scope in group.scope_spans for each in scope.spans]
        return web.Response(content_type="application/x-protobuf")

    def _below(self, span: Span, depth: int) -> Iterator[str]:
        failed = f" !{span.attributes.get('error.type', '')}" if span.is_failed else ""
        yield f"{'  ' * depth}{span.name}{failed}"
        children = (each for each in self.spans if each.parent == span.id)
        for child in sorted(children, key=lambda one: one.start):
            yield from self._below(child, depth + 1)


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    """Receive traces at a free port."""
    one = Receiver()
    app = web.Application()
    app.router.add_post("/v1/traces", one.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    one.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield one
    finally:
        await runner.cleanup()


def _span(sent: WireSpan) -> Span:
    return Span(
        name=sent.name,
        kind=WireSpan.SpanKind.Name(sent.kind).removeprefix("SPAN_KIND_"),
        trace=sent.trace_id.hex(),
        id=sent.span_id.hex(),
        parent=sent.parent_span_id.hex(),
        start=sent.start_time_unix_nano,
        end=sent.end_time_unix_nano,
        is_failed=sent.status.code == Status.STATUS_CODE_ERROR,
        attributes=_plain(sent.attributes),
    )


def _plain(attributes: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}
