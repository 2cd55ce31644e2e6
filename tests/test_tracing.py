"""One trace from a click to its notice, over a crash; and nothing of it unless it is wanted."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from contextvars import Context
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode, get_current_span
from structlog.testing import capture_logs

from bot import tracing
from bot.errors import ConfigurationError
from bot.sandbox.bot_process import COMMAND, BotProcess
from bot.sandbox.server import Sandbox
from tests import forked
from tests.otlp import Receiver, Span, receiver
from tests.torture import asks

QUICK = {"BOT_POLL_SECONDS": "0.05", "BOT_POLL_MAX_SECONDS": "0.1", "BOT_SETTLE_SECONDS": "0.05"}
REASON = "a reason nobody else should read"

CREATED = """
command create
  request_operation
    admit
      GET /backups/
    announce
      Slack chat.postMessage
      Slack chat.getPermalink
    execute_operation
      start_execution
      call_create
        GET /backups/
        POST /backups/
      await_backup
      report_operation
        record_end
        show_outcome
          Slack chat.update
        tell_requester
          Slack chat.postMessage
"""
REPLAYED = CREATED.replace(
    """      call_create
        GET /backups/
        POST /backups/
""",
    """      call_create
""",
)
LOST = """
(lost)
  start_execution
  call_create
    GET /backups/
    POST /backups/
"""


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    one = Sandbox(seeded=False, speed=20, spawn=forked.spawn)
    one.provider.hold()
    one.provider.add_server("web-1")
    await one.start()
    yield one
    await one.stop()


async def started(
    sandbox: Sandbox, folder: Path, environment: Mapping[str, str], command: Sequence[str] = COMMAND
) -> BotProcess:
    settings = {**sandbox.bot_environment(folder / "bot.sqlite"), **QUICK, **environment}
    sandbox.bot = BotProcess(settings, directory=folder, command=command, spawn=forked.spawn)
    await sandbox.bot.start()
    await sandbox.bot.ready()
    return sandbox.bot


async def until(sandbox: Sandbox, bot: BotProcess, condition: Callable[[], object]) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(15.0):
            await asks.until(sandbox, condition)
    assert condition(), "\n".join(bot.lines)


def tree(received: Receiver, trace: str) -> list[str]:
    """Return the tree of a trace, without what is looked up of a person or a channel, and then remembered."""
    only = Receiver()
    only.spans = [span for span in received.spans if span.trace == trace and not span.name.endswith(".info")]
    return only.trees()


async def test_from_the_click_to_the_reply_is_one_trace_also_over_a_crash(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    async with receiver() as received:
        bot = await started(sandbox, tmp_path, received.environment)
        ana = sandbox.people.person("ana")

        async def sent() -> Span:
            """Have a backup requested, and wait until it is requested of VPS.org and the trace says so."""
            before = len(received.named("POST /backups/"))
            await ana.types(f"/backup create web-1 {REASON}")
            await until(sandbox, bot, lambda: len(received.named("POST /backups/")) > before)
            return received.named("POST /backups/")[-1]

        first = await sent()
        sandbox.provider.finish()
        await until(sandbox, bot, lambda: received.named("report_operation"))
        second = await sent()
        await bot.kill()
        await bot.start()
        await bot.ready()
        sandbox.provider.finish()
        await until(sandbox, bot, lambda: len(received.named("report_operation")) == 2)
        # What was going on when the bot stops is no failure.
        third = await sent()
        await bot.stop()

    assert tree(received, first.trace) == CREATED.split("\n")[1:-1]
    assert tree(received, second.trace) == REPLAYED.split("\n")[1:-1] + LOST.split("\n")[1:-1]
    assert first.kind == "CLIENT"
    assert first.attributes["url.template"] == "/backups/"
    assert first.attributes["http.response.status_code"] == 201
    [executed] = [span for span in received.named("execute_operation") if span.trace == third.trace]
    assert executed.attributes["backup_bot.interrupted"] is True
    assert [span for span in received.spans if span.is_failed] == []
    assert received.resources[0]["service.name"] == "backup-bot"
    for hidden in (REASON, "web-1", sandbox.provider.token, sandbox.workspace.app.bot_token, "UANA"):
        assert hidden.encode() not in received.raw
    assert any(f"trace_id={second.trace}" in line and "workflow_recovered" in line for line in bot.lines)


WITHOUT = "import sys\nsys.modules['opentelemetry'] = None\n"
RUN = """
import sys
from bot.__main__ import main
code = main(["run"])
print("imported:", [name for name, it in sys.modules.items() if it and name.startswith("opentelemetry")])
sys.exit(code)
"""


@pytest.mark.parametrize(
    ("program", "environment", "unavailable"),
    [(RUN, {}, 0), (WITHOUT + RUN, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}, 1)],
    ids=["not wanted", "not installed"],
)
async def test_nothing_is_imported_unless_it_is_wanted_and_the_bot_goes_on_without_it(
    sandbox: Sandbox, tmp_path: Path, program: str, environment: Mapping[str, str], unavailable: int
) -> None:
    bot = await started(sandbox, tmp_path, environment, (sys.executable, "-c", program))
    await sandbox.people.person("ana").types("/backup create web-1")
    await until(sandbox, bot, lambda: sandbox.provider.backups)
    sandbox.provider.finish()
    await until(sandbox, bot, lambda: any("ended" in line for line in bot.lines))
    await bot.stop()
    assert bot.lines[-1] == "imported: []"
    said = [line for line in bot.lines if "tracing_unavailable" in line]
    assert len(said) == unavailable
    assert all("install=backup-bot[otel]" in line for line in said)


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://collector:4318/v1/metrics"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_SDK_DISABLED": "true"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_TRACES_EXPORTER": "none"}, False),
    ],
)
def test_what_asks_for_traces(environment: Mapping[str, str], wanted: bool) -> None:
    assert tracing.is_wanted(environment) is wanted


def test_a_variable_that_makes_no_sense_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "0")
    with pytest.raises(ConfigurationError, match=r"OTEL_…: schedule_delay_millis must be positive\."):
        tracing.set_up()
    assert not tracing.is_on()


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """What leaves the process, with traces set up in this one."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(tracing.RedactingExporter(exporter)))  # type: ignore[arg-type]
    monkeypatch.setattr(tracing, "_tracer", provider.get_tracer("dbos-tracer"))
    return exporter


def test_words_from_outside_stay_inside(exported: InMemorySpanExporter) -> None:
    with tracing.span("command"), suppress(ValueError), tracing.marking_end():
        inside = get_current_span()
        # As dbos does with an exception that ends a step.
        inside.set_status(StatusCode.ERROR, "secret-words")
        inside.add_event("Step attempt 1 failed", {"error": "secret-words"})
        inside.set_attribute("dbos.user.name", "secret-words")
        inside.record_exception(ValueError("secret-words"))
        raise ValueError("secret-words")
    [span] = exported.get_finished_spans()
    assert "secret-words" not in span.to_json()
    assert span.status.status_code is StatusCode.ERROR
    assert dict(span.attributes or {}) == {"error.type": "ValueError"}


def test_calls_are_spans_inside_a_trace_alone(exported: InMemorySpanExporter) -> None:
    with tracing.call("GET /servers/"):
        pass
    assert exported.get_finished_spans() == ()
    with tracing.span("command") as asked:
        asked.extend_name("list")
        with tracing.call("GET /backups/", http__request__method="GET") as call:
            call.set_attributes(http__response__status_code=500)
            call.fail("500")
    call_span, root = exported.get_finished_spans()
    assert (root.name, root.kind, root.parent) == ("command list", SpanKind.SERVER, None)
    assert (call_span.kind, call_span.parent) == (SpanKind.CLIENT, root.context)
    assert call_span.status.status_code is StatusCode.ERROR
    assert dict(call_span.attributes or {}) == {
        "error.type": "500",
        "http.request.method": "GET",
        "http.response.status_code": 500,
    }


def test_a_stop_is_no_failure_and_a_failure_has_a_kind(exported: InMemorySpanExporter) -> None:
    for error in (asyncio.CancelledError(), KeyError("secret-words")):
        with tracing.span("step") as span, suppress(asyncio.CancelledError, KeyError), tracing.marking_end():
            raise error
        del span
    stopped, failed = exported.get_finished_spans()
    assert dict(stopped.attributes or {}) == {"backup_bot.interrupted": True}
    assert dict(failed.attributes or {}) == {"error.type": "KeyError"}


def test_a_task_that_knows_of_nothing_else_stays_in_the_trace(exported: InMemorySpanExporter) -> None:
    assert list(Context().items()) == []
    with tracing.span("command"):
        begun = get_current_span()
        apart = tracing.fresh_context()
        assert apart.run(get_current_span) is begun
        assert len(list(apart.items())) == 1
    assert len(exported.get_finished_spans()) == 1


def test_that_nobody_takes_spans_is_said_once() -> None:
    class Collector(InMemorySpanExporter):
        answers = [SpanExportResult.FAILURE] * 3 + [SpanExportResult.SUCCESS] * 2

        def export(self, _: Sequence[ReadableSpan]) -> SpanExportResult:
            return self.answers.pop(0)

    exporter = tracing.RedactingExporter(Collector())
    with capture_logs() as said:
        failing = [(exporter.export([]), exporter.is_failing)[1] for _ in range(5)]
    assert failing == [True, True, True, False, False]
    assert [line["event"] for line in said] == ["traces_lost", "traces_taken_again"]


def test_log_lines_in_a_trace_say_which(exported: InMemorySpanExporter) -> None:
    assert tracing.add_ids(None, "info", {"event": "x"}) == {"event": "x"}
    with tracing.span("command"):
        said = tracing.add_ids(None, "info", {"event": "x"})
    [span] = exported.get_finished_spans()
    sent = json.loads(span.to_json())["context"]
    assert (said["trace_id"], said["span_id"]) == (sent["trace_id"][2:], sent["span_id"][2:])
