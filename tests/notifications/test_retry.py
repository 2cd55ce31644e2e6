"""Slack is called until it answers for good."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.notifications.retry import GONE, NOWHERE, UNDRAWABLE, SlackResult, call_slack, will_pass
from bot.slack.auth import PASSING, UNREADABLE
from tests.virtual_time import in_virtual_time

POSTED = {"ok": True, "channel": "COPS", "ts": "1.2"}
TAKEN = SlackResult(channel="COPS", ts="1.2")


def refusal(error: str, **headers: str) -> SlackApiError:
    answer = AsyncSlackResponse(
        client=None,
        http_verb="POST",
        api_url="https://slack.com/api/chat.postMessage",
        req_args={},
        data={"ok": False, "error": error},
        headers=headers,
        status_code=200,
    )
    return SlackApiError("refused", answer)  # type: ignore[no-untyped-call]


class Slack:
    """Answers one after the other, the last one for ever."""

    def __init__(self, *answers: Any) -> None:
        self._answers = answers
        self.calls = 0

    async def __call__(self) -> Any:
        answer = self._answers[min(self.calls, len(self._answers) - 1)]
        self.calls += 1
        if isinstance(answer, BaseException):
            raise answer
        return answer


def called(slack: Slack, **how: Any) -> tuple[SlackResult, float]:
    def work() -> Coroutine[Any, Any, SlackResult]:
        return call_slack(slack, **how)

    return in_virtual_time(work)


def test_what_slack_takes_is_sent_once() -> None:
    slack = Slack(POSTED)
    assert called(slack)[0] == TAKEN
    assert slack.calls == 1


@pytest.mark.parametrize("error", sorted(NOWHERE | GONE | UNDRAWABLE))
def test_what_slack_will_never_take_is_not_retried(error: str) -> None:
    slack = Slack(refusal(error), POSTED)
    assert called(slack)[0] == SlackResult(error=error)
    assert slack.calls == 1


@pytest.mark.parametrize(
    "failure",
    [
        refusal("internal_error"),
        refusal("ratelimited"),
        refusal("account_inactive"),
        SlackApiError("no JSON", "<html>"),  # type: ignore[no-untyped-call]
        SlackApiError("no error", {}),  # type: ignore[no-untyped-call]
        aiohttp.ServerDisconnectedError(),
        TimeoutError(),
        ConnectionResetError(),
        SlackApiError("The answer is no JSON object.", UNREADABLE),  # type: ignore[no-untyped-call]
    ],
    ids=repr,
)
def test_a_passing_failure_is_retried_however_long_it_lasts(failure: Exception) -> None:
    slack = Slack(*[failure] * 40, POSTED)
    answer, seconds = called(slack)
    assert answer == TAKEN
    assert slack.calls == 41
    assert seconds > 20 * 60


def test_waits_grow_from_half_a_second_to_a_minute() -> None:
    assert 0.3 < called(Slack(TimeoutError(), POSTED))[1] < 0.7
    few, more = (called(Slack(*[TimeoutError()] * count, POSTED))[1] for count in (20, 21))
    assert more - few < 60 * 1.3 * 14


@pytest.mark.parametrize(
    ("retry_after", "least", "most"),
    [("12", 12, 12.1), ("3600", 60, 60.1), ("soon", 0.3, 0.7), ("0", 0.3, 0.7)],
)
def test_it_waits_as_long_as_slack_says(retry_after: str, least: float, most: float) -> None:
    slack = Slack(refusal("ratelimited", **{"Retry-After": retry_after}), POSTED)
    assert least <= called(slack)[1] <= most


def test_it_gives_up_even_in_the_middle_of_a_call() -> None:
    slack = Slack(refusal("internal_error"))
    answer, seconds = called(slack, give_up_after=15.0)
    assert answer == SlackResult(error="timeout")
    assert 15 <= seconds < 15.1
    assert slack.calls > 3

    async def never() -> Any:
        await asyncio.Event().wait()

    assert in_virtual_time(lambda: call_slack(never, give_up_after=3.0))[0] == SlackResult(error="timeout")


def test_before_a_retry_it_looks_whether_the_first_call_arrived() -> None:
    slack = Slack(TimeoutError(), TimeoutError(), POSTED)
    look = Slack(None, SlackResult(channel="COPS", ts="9.9"))
    assert called(slack, before_repeat=look)[0] == SlackResult(channel="COPS", ts="9.9")
    assert (slack.calls, look.calls) == (2, 2)


def test_it_does_not_look_before_the_first_call() -> None:
    look = Slack({"channel": "COPS", "ts": "9.9"})
    assert called(Slack(POSTED), before_repeat=look)[0] == TAKEN
    assert look.calls == 0


@pytest.mark.parametrize("bug", [KeyError("ts"), AttributeError("no such method")])
def test_a_bug_is_not_taken_for_an_outage(bug: Exception) -> None:
    with pytest.raises(type(bug)):
        called(Slack(bug))


def test_it_does_not_look_for_what_slack_says_it_did_not_take() -> None:
    slack = Slack(refusal("ratelimited"), POSTED)
    look = Slack(SlackResult(channel="COPS", ts="9.9"))
    assert called(slack, before_repeat=look)[0] == TAKEN
    assert look.calls == 0


def test_the_caller_may_say_which_errors_are_final() -> None:
    slack = Slack(*map(refusal, sorted(PASSING)), refusal("missing_scope"))
    answer = called(slack, is_final=lambda error: not will_pass(error))[0]
    assert answer == SlackResult(error="missing_scope")
    assert slack.calls == len(PASSING) + 1
