"""VPS.org over HTTP: one connection pool, retried reads, writes sent once, and errors of our own."""

import asyncio
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from itertools import count
from random import SystemRandom

import httpx
import stamina
import structlog
from pydantic import SecretStr

from bot import tracing
from bot.errors import BadRequest, Busy, ConfigurationError, InvalidResponse, Nonsense, Unreachable
from bot.masking import Mask
from bot.metrics.instruments import OTHER, VPS_REQUEST_SECONDS, VPS_RETRIES
from bot.network import certificate_problem, proxy_for, trusted
from bot.vps.read_json import read_json
from bot.vps.refusals import Hide, api_words, broken, invalid_response, refusal, says_no, writes

Params = Mapping[str, str | int]

TIMEOUTS = httpx.Timeout(connect=3.0, read=10.0, write=5.0, pool=10.0)
"""Seconds each phase of an exchange may take."""

WHOLE_EXCHANGE = 60.0
"""Seconds one exchange may take in all, however steadily it trickles."""

LARGEST_ANSWER = 32 * 2**20
"""Bytes, unpacked; 100,000 backups are 17 MB."""
LARGEST_LISTING = 2 * LARGEST_ANSWER
"""Bytes of all pages of a listing together."""
MOST_VALUES = 4_000_000
"""Values in a listing: a few bytes of JSON can become a hundred in memory."""
LARGEST_REFUSAL = 2**20
"""Bytes that are read of an answer outside 2xx, for the sake of its words."""

MOST_PAGES = 1000

ENDPOINTS = frozenset({"/account/me/", "/backups/", "/backups/{id}/", "/servers/", "/servers/{id}/restore/"})
"""What is counted by name; all else is "other"."""
_NUMBER = re.compile(r"(?<=/)\d+(?=/)")

LONGEST_WAIT = 10.0
"""Seconds a retry may wait; when asked to wait longer, the caller is told instead."""

_log = structlog.get_logger()
_chance = SystemRandom()


@dataclass
class _Budget:
    """How much may still be read."""

    bytes: int
    values: int = field(default_factory=lambda: MOST_VALUES)

    def takes(self, body: bytearray) -> bool:
        """Use up what a JSON text takes; return whether there was enough."""
        self.bytes -= len(body)
        self.values -= sum(map(body.count, (b",", b"[", b"{")))
        return self.bytes >= 0 and self.values >= 0


@dataclass
class _Measured:
    """How an exchange went: its HTTP status, if it had one, and how long it took."""

    status: int | None = None
    seconds: float = 0.0


@dataclass(frozen=True)
class Listing:
    """All results of a listing, and how many VPS.org announced: 0 if it did not."""

    results: list[object]
    announced: int


class VpsClient:
    """The only way to VPS.org. Every method raises nothing but subclasses of `ProviderError`.

    Reads are retried a few times; a POST or DELETE is sent once (no idempotency is documented). The token
    goes to the origin of `base_url` alone.

    Raises:
        ConfigurationError: the address is no http address, the token can't be sent in a header, or the
            proxy or the certificates of the environment can't be used.
    """

    def __init__(
        self,
        base_url: str,
        token: SecretStr,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        timeouts: httpx.Timeout = TIMEOUTS,
        largest_answer: int = LARGEST_ANSWER,
        largest_listing: int = LARGEST_LISTING,
        attempts: int = 4,
    ) -> None:
        self._base = _address(base_url)
        self._largest = largest_answer
        self._largest_listing = largest_listing
        self.is_answered = True
        """False while VPS.org gives no answer, or has trouble of its own (5xx)."""
        self._mask = Mask([token])
        self._http = httpx.AsyncClient(
            base_url=self._base,
            headers={
                "Authorization": f"Bearer {_sendable(token)}",
                "Accept": "application/json",
                "User-Agent": "vps-backup-bot",
            },
            # A session cookie would make some frameworks ask for a CSRF token.
            cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
            timeout=timeouts,
            limits=httpx.Limits(max_connections=20, max_keepalive_connections=10),
            follow_redirects=False,
            verify=trusted(),
            transport=transport,
            proxy=None if transport else proxy_for(base_url),
            trust_env=False,
        )
        self._retried = stamina.AsyncRetryingCaller(
            attempts=attempts, timeout=30.0, wait_initial=0.2, wait_max=5.0, wait_jitter=0.5
        ).on(_another_try)

    async def get(self, path: str, params: Params | None = None) -> object:
        """Return the JSON at `path`, below the base address."""
        return await self._read(self._url(path, params), _Budget(self._largest))

    async def list_all(self, path: str, params: Params | None = None) -> Listing:
        """Return the results of all pages; `next` is followed if it stays at the same origin.

        All pages together may be so large and no larger.
        """
        url: httpx.URL | None = self._url(path, params)
        results: list[object] = []
        announced = 0
        budget = _Budget(self._largest_listing)
        seen: set[httpx.URL] = set()
        while url is not None:
            if url in seen or len(seen) >= MOST_PAGES:
                raise invalid_response(Nonsense.ENDLESS_PAGES)
            seen.add(url)
            page = await self._read(url, budget)
            match page:
                case {"results": list(found), **rest}:
                    results.extend(found)
                    announced = max(announced, _count(rest.get("count")))
                    url = self._next(url, rest.get("next"))
                    if url is not None and not found:
                        raise invalid_response(Nonsense.ENDLESS_PAGES)
                case _:
                    raise invalid_response(Nonsense.NOT_A_LIST)
        return Listing(results, announced)

    async def post(self, path: str, body: Mapping[str, object]) -> object | None:
        """Send `body` once and return the JSON answered; None for an empty answer."""
        return await self._exchange("POST", self._url(path), json=body)

    async def delete(self, path: str) -> None:
        """Ask once for deletion; raises InvalidResponse if that was accepted, but not done yet (202)."""
        await self._exchange("DELETE", self._url(path))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _read(self, url: httpx.URL, budget: _Budget) -> object:
        return await self._retried(self._read_once, url, budget, count())

    async def _read_once(self, url: httpx.URL, budget: _Budget, tries: Iterator[int]) -> object:
        if next(tries):
            VPS_RETRIES.inc()
        answer = await self._exchange("GET", url, budget=budget)
        if answer is None:
            raise invalid_response(Nonsense.EMPTY)
        return answer

    async def _exchange(
        self, method: str, url: httpx.URL, json: object = None, budget: _Budget | None = None
    ) -> object | None:
        budget = budget or _Budget(self._largest)
        with self._measuring(method, url) as exchange:
            try:
                async with (
                    asyncio.timeout(WHOLE_EXCHANGE),
                    self._http.stream(method, url, json=json) as response,
                ):
                    exchange.status = response.status_code
                    body = await self._body(response, method, budget)
            except (httpx.HTTPError, TimeoutError) as error:
                self.is_answered = False
                why = certificate_problem(error) or type(error).__name__
                _log.warning("vps_unanswered", method=method, path=url.path, error=why)
                raise broken(error, method) from None
        self.is_answered = response.status_code < 500
        path, code, seconds = url.path, response.status_code, round(exchange.seconds, 3)
        if not response.is_success:
            _log.warning("vps_refused", method=method, path=path, status=code, seconds=seconds)
            raise refusal(response.status_code, response.headers, body, method, self._mask.text)
        answer = _json(body, method)
        if not writes(method):
            _log.debug("vps_read", method=method, path=path, status=code, seconds=seconds)
        else:
            _log.info("vps_called", method=method, path=path, status=code, seconds=seconds)
            answer = _masked(answer, self._mask.text)
        if writes(method) and says_no(answer):
            raise BadRequest(status=response.status_code, words=api_words(body, self._mask.text))
        if method == "DELETE" and response.status_code == HTTPStatus.ACCEPTED:
            nonsense = Nonsense.ONLY_ACCEPTED
            raise InvalidResponse(nonsense=nonsense, status=response.status_code, may_have_acted=True)
        return answer

    async def _body(self, response: httpx.Response, method: str, budget: _Budget) -> bytes | bytearray:
        most = (
            min(self._largest, budget.bytes) if response.is_success else min(self._largest, LARGEST_REFUSAL)
        )
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > most:
                if response.is_success:
                    raise invalid_response(Nonsense.TOO_LARGE, method)
                break
        if response.is_success and not budget.takes(body):
            raise invalid_response(Nonsense.TOO_LARGE, method)
        return body

    @contextmanager
    def _measuring(self, method: str, url: httpx.URL) -> Iterator[_Measured]:
        """Measure, count and trace an exchange; what is inside sets its status."""
        endpoint, exchange, began = self._endpoint(url), _Measured(), time.monotonic()
        name = f"{method} {endpoint}"
        with tracing.call(name, http__request__method=method, url__template=endpoint) as span:
            try:
                yield exchange
            finally:
                exchange.seconds = time.monotonic() - began
                status = str(exchange.status or "none")
                VPS_REQUEST_SECONDS.labels(method, endpoint, status).observe(exchange.seconds)
                span.set_attributes(http__response__status_code=exchange.status)
                if exchange.status and not httpx.codes.is_success(exchange.status):
                    span.fail(status)

    def _url(self, path: str, params: Params | None = None) -> httpx.URL:
        url = self._base.copy_with(path=self._base.path.rstrip("/") + path)
        return url.copy_merge_params(dict(params)) if params else url

    def _endpoint(self, url: httpx.URL) -> str:
        """Return which of `ENDPOINTS` is called; "other" for what only VPS.org's pages lead to."""
        path = _NUMBER.sub("{id}", url.path.removeprefix(self._base.path.rstrip("/")))
        return path if path in ENDPOINTS else OTHER

    def _next(self, here: httpx.URL, address: object) -> httpx.URL | None:
        if address is None or address == "":
            return None
        try:
            url = here.join(address) if isinstance(address, str) else httpx.URL()
        except httpx.InvalidURL:
            url = httpx.URL()
        if url.scheme == "http" and url.host == self._base.host and url.port is self._base.port is None:
            # Behind what ends TLS, an API may take its own address for http.
            url = url.copy_with(scheme=self._base.scheme)
        if _origin(url) != _origin(self._base):
            raise invalid_response(Nonsense.FOREIGN_PAGE)
        return url.copy_with(userinfo=b"", fragment=None)


def _another_try(error: Exception) -> bool | float:
    """Tell stamina whether, and if the provider said so in how many seconds, to try again."""
    if isinstance(error, Busy) and error.retry_after is not None:
        # Jitter on top, so that several processes do not come back at the same moment.
        return error.retry_after <= LONGEST_WAIT and error.retry_after + _chance.uniform(0.0, 0.5)
    return isinstance(error, Busy | Unreachable)


def _json(body: bytes | bytearray, method: str) -> object | None:
    if not body.strip():
        return None
    try:
        answer = read_json(body)
    except ValueError:
        raise invalid_response(Nonsense.NOT_JSON, method) from None
    return answer


def _masked(answer: object, hide: Hide) -> object:
    match answer:
        case str():
            return hide(answer)
        case list():
            return [_masked(each, hide) for each in answer]
        case dict():
            return {name: _masked(value, hide) for name, value in answer.items()}
    return answer


def _count(count: object) -> int:
    return count if isinstance(count, int) else 0


def _address(base_url: str) -> httpx.URL:
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in {"http", "https"} or not url.host or url.userinfo or url.query:
        raise ConfigurationError("VPS_API_URL is not an address like https://admin.vps.org/api/v1.")
    return url


def _sendable(token: SecretStr) -> str:
    secret = token.get_secret_value()
    if not secret or not secret.isascii() or not secret.isprintable() or " " in secret:
        raise ConfigurationError("VPS_API_TOKEN is empty or has characters no token has.")
    return secret


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}.get(url.scheme)
