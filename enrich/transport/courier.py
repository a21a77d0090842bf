"""Carries one request to its answer: admission, turn, wire, redirects, and again if that is of use.

The order of the stages is the point. A request first asks whether its service is up (:mod:`breaker`), then waits for
its turn (:mod:`throttle`), and looks at the breaker again, for the service may have gone down in the meantime.
Redirects are followed by hand: each hop is checked (:mod:`addresses`), is counted against the budget of the host it
goes to, and carries no token.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from typing import Final, NoReturn

import httpx
import orjson
import tenacity

from enrich import sharing
from enrich.errors import TransportError
from enrich.model.wire import Answer, Kind, Request, Response, Service
from enrich.settings import Settings
from enrich.transport import addresses, retry
from enrich.transport.breaker import GRACE, Breaker, Patience
from enrich.transport.drive import Stats
from enrich.transport.etiquette import Identity
from enrich.transport.exchange import Errand, Exchange, Reply
from enrich.transport.ledger import Ledger
from enrich.transport.redact import Redactor
from enrich.transport.retry import Trouble
from enrich.transport.throttle import Grant, Lane, PauseError, Throttle

SERVICES: Final[tuple[Service, ...]] = ("crossref", "datacite", "jalc", "medra", "doi")
CAPS: Final[dict[Kind, int]] = {"single": 16 << 20, "list": 64 << 20}
HOPS: Final = 5
REFUSALS: Final = 5  # 401 or 403 in a row after which a service is left alone
BLOCKED: Final = 600.0  # seconds for which it is, and again after each further refusal
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_BODILESS: Final = frozenset({204, 205})
_LEASE_MARGIN: Final = 5.0


@dataclass(frozen=True)
class Leg:
    """One request of a journey: where to, and whose budget it is (`service` None: a host that nobody configured)."""

    origin: addresses.Origin
    target: str
    service: Service | None
    address: str | None = None


class Courier:
    """The working part of :class:`enrich.transport.Transport`, made with the first request."""

    def __init__(
        self,
        settings: Settings,
        *,
        warn: Callable[[str], None],
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        transport: httpx.AsyncBaseTransport | None = None,
        resolve: addresses.Resolve | None = None,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._resolve = resolve or addresses.resolve
        self._bases = {name: addresses.split(getattr(settings, f"{name}_url")) for name in SERVICES}
        patience = {name: Patience(clock, settings.patience) for name in SERVICES}
        self._breakers = {(name, kind): Breaker(clock, patience[name]) for name in SERVICES for kind in CAPS}
        self._refusals = {name: sharing.Rest(clock, REFUSALS, BLOCKED) for name in SERVICES}
        self._warn = warn
        self._identity = Identity(settings, warn)
        tokens = (settings.crossref_token, settings.datacite_token)
        self._redact = Redactor(*(token.get_secret_value() for token in tokens if token), settings.mailto)
        self._ledger = Ledger(settings.cache_dir / "ledger.sqlite", clock, warn)
        self._throttle = Throttle(self._ledger, sleep, lease=settings.timeout + _LEASE_MARGIN)
        self._exchange = Exchange(settings.timeout, transport)
        self._sent: Counter[str] = Counter()
        self._retries = 0

    @property
    def stats(self) -> Stats:
        """What went over the wire so far."""
        return Stats(
            self._sent.total(), dict(self._sent), self._retries, self._exchange.received, self._throttle.waited
        )

    async def close(self) -> None:
        """Close the connections and the ledger."""
        await self._exchange.close()
        self._ledger.close()

    async def send(self, request: Request) -> Answer:
        """Return the answer, after as many attempts as are of use."""
        retrying = retry.retrying(
            worthwhile=lambda trouble, number: self._worthwhile(request, trouble, number),
            sleep=self._sleep,
            before_sleep=self._count_retry,
        )
        try:
            reply: Reply = await retrying(self._attempt, request, count(1))
        except Trouble as trouble:
            failure = trouble.failure(f"GET {self._bases[request.service][0].url}{request.target}")
            return failure.model_copy(update={"detail": self._redact(failure.detail)})
        received = datetime.fromtimestamp(self._clock(), UTC)
        return Response(
            status=reply.status,
            body=reply.body,
            headers=reply.headers,
            received_at=received,
            seconds=reply.seconds,
        )

    def _count_retry(self, state: tenacity.RetryCallState) -> None:
        self._retries += 1
        self._throttle.waited += state.upcoming_sleep

    def _worthwhile(self, request: Request, trouble: Trouble, number: int) -> bool:
        """Tell whether to try again: a few times while the service is up, and while there is patience when it is down."""
        breaker = self._breakers[request.service, request.kind]
        if (trouble.retry_after or 0) > max(breaker.remaining, GRACE):
            return False
        if trouble.healthy is False and not breaker.worth_repeating:
            return False
        outage = trouble.healthy is False and not breaker.closed and not trouble.stumble
        return outage or number < retry.attempts(trouble, request.kind)

    async def _attempt(self, request: Request, numbers: Iterator[int]) -> Reply:
        """Make the request once, with its redirects. Raises Trouble."""
        origin, path = self._bases[request.service]
        leg = Leg(origin, f"{path}{request.target}", request.service)
        seen: set[tuple[addresses.Origin, str]] = set()
        again = next(numbers) > 1
        while True:
            reply = await self._leg(leg, request, again=again)
            location = reply.headers.get("location")
            if not request.follow or reply.status not in _REDIRECTS or location is None:
                break
            seen.add((leg.origin, leg.target))
            leg = await self._next(leg, location)
            if (leg.origin, leg.target) in seen or len(seen) > HOPS:
                raise Trouble("blocked", "the redirects lead in a circle or too far", again=False)
        if request.expect == "json" and 200 <= reply.status < 300 and reply.status not in _BODILESS:
            _expect_json(reply)
        return reply

    async def _leg(self, leg: Leg, request: Request, *, again: bool) -> Reply:
        """Ask one host. Raises Trouble, which speaks of a service's health only where the host is the service's."""
        kind: Kind = request.kind if leg.service == request.service else "single"
        lane = self._throttle.lane(
            leg.service, leg.origin.netloc, kind, identified=self._identity.identified(leg.service)
        )
        if leg.service is None:
            grant = await self._turn(lane, lambda: GRACE)
            try:
                return await self._on_the_wire(leg, request, lane, grant)
            except Trouble as trouble:
                trouble.healthy = None
                raise
            finally:
                grant.release()
        return await self._guarded(leg, leg.service, kind, request, lane, again=again)

    async def _guarded(
        self, leg: Leg, service: Service, kind: Kind, request: Request, lane: Lane, *, again: bool
    ) -> Reply:
        """Ask a service, if it is up and it is our turn, and tell its breaker how it went."""
        breaker = self._breakers[service, kind]
        while True:
            probe = await self._admission(service, breaker)
            healthy: bool | None = None
            started = self._clock()
            grant: Grant | None = None
            try:
                grant = await self._turn(lane, lambda: max(breaker.remaining, GRACE))
                if not probe and not breaker.closed:
                    continue  # it went down while this request waited for its turn
                started = self._clock()
                reply = await self._on_the_wire(leg, request, lane, grant)
                healthy = True
                self._count_refusal(service, reply.status)
            except Trouble as trouble:
                healthy = None if again and trouble.stumble else trouble.healthy
                raise
            finally:
                breaker.record(healthy, started, probe=probe)
                if grant is not None:
                    grant.release(breaker.opened or self._refusals[service].since)
            return reply

    async def _admission(self, service: Service, breaker: Breaker) -> bool:
        """Wait until the breaker lets a request go; True for a probe. Raises Trouble when there is no patience left."""
        while True:
            if self._refusals[service].is_on:
                raise Trouble("down", f"{service} refused {REFUSALS} requests in a row", again=False)
            probe = not breaker.closed
            wait = breaker.admit()
            if wait is None:
                raise Trouble("down", f"{service} has been failing for longer than the run waits", again=False)
            if wait == 0:
                return probe
            self._throttle.waited += wait
            await self._sleep(wait)

    async def _turn(self, lane: Lane, willing: Callable[[], float]) -> Grant:
        try:
            return await self._throttle.acquire(lane, willing)
        except PauseError as pause:
            raise Trouble("overloaded", str(pause), status=429, again=False) from None

    def _count_refusal(self, service: Service, status: int) -> None:
        refusals = self._refusals[service]
        if status not in {401, 403}:
            refusals.end()
            return
        was_patient = not refusals.has_failed
        refusals.fail()
        if was_patient and refusals.has_failed:
            self._warn(
                f"{service} refused {REFUSALS} requests in a row ({status}); it is asked again now and then"
            )

    async def _on_the_wire(self, leg: Leg, request: Request, lane: Lane, grant: Grant) -> Reply:
        first = leg.service == request.service and leg.address is None
        headers = self._identity.headers(leg.service, request.accept, token=first)
        target = self._identity.target(leg.service, leg.target)
        self._sent[f"{leg.service or 'other'} {request.kind}"] += 1
        errand = Errand(leg.origin, target, headers, CAPS[request.kind], leg.address)
        begun = self._clock()
        try:
            reply = await self._exchange.get(errand, grant.sent)
        except Trouble:
            grant.told = "failed"
            raise
        reply = replace(reply, seconds=max(0.0, self._clock() - begun))
        pause = retry.retry_after(reply.headers, self._clock())
        self._identity.observe(leg.service, reply.headers)
        self._throttle.observe(lane, reply.status, reply.headers, pause)
        trouble = retry.trouble_in(reply.status, pause)
        if trouble is not None:
            grant.told = "limited" if reply.status == 429 else "failed"
            raise trouble
        grant.told = "answered"
        return reply

    async def _next(self, leg: Leg, location: str) -> Leg:
        """Return the leg a redirect leads to. Raises Trouble where it may not lead there."""
        try:
            origin, target = addresses.joined(leg.origin, leg.target, location)
            for name, (base, _) in self._bases.items():
                if origin == base:
                    return Leg(origin, target, name)
            return Leg(origin, target, None, await addresses.checked(origin, self._resolve))
        except TransportError as error:
            raise Trouble("blocked", str(error), again=False) from None
        except OSError as error:
            raise Trouble("network", f"the redirect's host cannot be found: {error}") from None


def _expect_json(reply: Reply) -> None:
    """Raise Trouble where a body is no JSON object or list: a page of a proxy, a cut answer, `null`."""
    try:
        value = orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        _malformed(reply.status, "the answer is no JSON")
    if not isinstance(value, dict | list):
        _malformed(reply.status, "the answer is JSON, but neither an object nor a list")


def _malformed(status: int, detail: str) -> NoReturn:
    raise Trouble("malformed", detail, status=status)
