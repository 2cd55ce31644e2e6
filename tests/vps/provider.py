"""A VPS.org that gives set answers, and a client of it."""

import httpx
from pydantic import SecretStr

from bot.vps.client import VpsClient

BASE = "https://admin.vps.org/api/v1"
TOKEN = "s3cret-token"


class Vps(httpx.MockTransport):
    """Gives the answers in turn, the last one forever, and keeps the requests."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        super().__init__(self._answer)
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def client(vps: httpx.AsyncBaseTransport, *, largest: int = 2**20) -> VpsClient:
    return VpsClient(BASE, SecretStr(TOKEN), transport=vps, largest_answer=largest)
