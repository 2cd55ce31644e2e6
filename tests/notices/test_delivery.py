"""Slack is called until it answers for good."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.notices.delivery import GONE, NOWHERE, UNDRAWABLE, Delivered, deliver, will_pass
from tests.quick_loop import quickly

POSTED = {"ok": True, "channel": "COPS", "ts": "1.2"}
TAKEN = Delivered(channel="COPS", ts="1.2")


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


def delivered(slack: Slack, **how: Any) -> tuple[Delivered, float]:
    def work() -> Coroutine[Any, Any, Delivered]:
        return deliver(slack, **how)

    return quickly(work)


def test_what_slack_takes_is_sent_once() -> None:
    slack = Slack(POSTED)
    assert delivered(slack)[0] == TAKEN
    assert slack.calls == 1


@pytest.mark.parametrize("error", sorted(NOWHERE | GONE | UNDRAWABLE))
def test_what_slack_will_never_take_is_not_repeated(error: str) -> None:
    slack = Slack(refusal(error), POSTED)
    assert delivered(slack)[0] == Delivered(error=error)
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
        AttributeError("'list' object has no attribute 'get'"),
    ],
    ids=repr,
)
def test_what_may_pass_is_tried_again_however_long_it_lasts(failure: Exception) -> None:
    slack = Slack(*[failure] * 40, POSTED)
    answer, seconds = delivered(slack)
    assert answer == TAKEN
    assert slack.calls == 41
    assert seconds > 20 * 60


def test_waits_grow_from_half_a_second_to_a_minute() -> None:
    assert 0.3 < delivered(Slack(TimeoutError(), POSTED))[1] < 0.7
    few, more = (delivered(Slack(*[TimeoutError()] * count, POSTED))[1] for count in (20, 21))
    assert more - few < 60 * 1.3 * 14


@pytest.mark.parametrize(
    ("told", "least", "most"), [("12", 12, 12.1), ("3600", 60, 60.1), ("soon", 0.3, 0.7), ("0", 0.3, 0.7)]
)
def test_slack_says_how_long_to_wait(told: str, least: float, most: float) -> None:
    slack = Slack(refusal("ratelimited", **{"Retry-After": told}), POSTED)
    assert least <= delivered(slack)[1] <= most


def test_patience_ends_even_in_the_middle_of_a_call() -> None:
    slack = Slack(refusal("internal_error"))
    answer, seconds = delivered(slack, patience=15.0)
    assert answer == Delivered(error="timeout")
    assert 15 <= seconds < 15.1
    assert slack.calls > 3

    async def never() -> Any:
        await asyncio.Event().wait()

    assert quickly(lambda: deliver(never, patience=3.0))[0] == Delivered(error="timeout")


def test_before_a_repetition_it_is_looked_whether_the_first_call_arrived() -> None:
    slack = Slack(TimeoutError(), TimeoutError(), POSTED)
    look = Slack(None, Delivered(channel="COPS", ts="9.9"))
    assert delivered(slack, before_repeat=look)[0] == Delivered(channel="COPS", ts="9.9")
    assert (slack.calls, look.calls) == (2, 2)


def test_nothing_is_looked_for_before_the_first_call() -> None:
    look = Slack({"channel": "COPS", "ts": "9.9"})
    assert delivered(Slack(POSTED), before_repeat=look)[0] == TAKEN
    assert look.calls == 0


def test_a_bug_is_not_taken_for_an_outage() -> None:
    with pytest.raises(KeyError):
        delivered(Slack(KeyError("ts")))


def test_it_is_not_looked_for_what_slack_says_it_did_not_take() -> None:
    slack = Slack(refusal("ratelimited"), POSTED)
    look = Slack(Delivered(channel="COPS", ts="9.9"))
    assert delivered(slack, before_repeat=look)[0] == TAKEN
    assert look.calls == 0


def test_the_caller_may_say_which_errors_are_an_answer() -> None:
    slack = Slack(refusal("internal_error"), refusal("missing_scope"))
    answer = delivered(slack, is_final=lambda error: not will_pass(error))[0]
    assert answer == Delivered(error="missing_scope")
    assert slack.calls == 2
