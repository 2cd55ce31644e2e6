"""What people do in a soak, at a fixed rate whether or not they are answered; and what became of it."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from random import Random

from bot.sandbox.people.actors import Actor, Answer, NotPossible
from bot.sandbox.slack.workspace import Message
from bot.sandbox.vps.model import MANUAL_SLOTS
from tests.bench.creates import taken
from tests.bench.stage import Command, Stage
from tests.soak.stage import CHANGING, WORD, SoakStage
from tests.torture.asks import ANSWER_SECONDS, until
from tests.torture.tally import PROMISES

LOOKS = ("help", "status", "servers", "list {}", "list", "timeline {}", "audit {}")
SHARES = {"look": 76, "home": 9, "click": 9, "change": 6}
"""Of a hundred things that people do. With 14 changes, work piles up on two cores."""
MENU = ("ask_help", "ask_list", "ask_status", "ask_servers")
FEW, MANY = 3, MANUAL_SLOTS - 3
"""A server with fewer backups gets one, one with more loses one."""
AT_HOME = 40
"""How many people ever open their Home."""
LATER_SECONDS = 3.0
"""How long a person waits for words after the ack, before they do something else."""


@dataclass
class Ask:
    """A change that somebody asks for; they wait for words from `began` until `ended` (UTC seconds)."""

    kind: str
    word: str
    person: str
    server: str
    backup_id: int = 0
    acked: bool = False
    command: Command | None = None
    began: float = field(default_factory=time.time)
    ended: float = 0.0


@dataclass
class Tally:
    """Counts. Those from `lost` on are broken promises; `problems` says which asks they are."""

    asked: int = 0
    begun: int = 0
    lost: int = 0
    doubled: int = 0
    notices_lost: int = 0
    told_twice: int = 0
    problems: list[str] = field(default_factory=list)
    ends: Counter[str] = field(default_factory=Counter)

    @property
    def broken(self) -> int:
        """How many promises were broken."""
        return self.lost + self.doubled + self.notices_lost + self.told_twice


class Traffic:
    """People at work beside others who type commands at the app that only acks.

    `acks` has the seconds from when somebody was due to act until Slack had its ack, by what they did: "bare"
    is that app; `unacked` counts those without one by Slack's error. `late` is by how many seconds we
    ourselves were late, each time.
    """

    def __init__(self, stage: SoakStage, beside: Stage | None, rate: float, random: Random) -> None:
        self.acks: defaultdict[str, list[float]] = defaultdict(list)
        self.unacked: Counter[str] = Counter()
        self.late: list[float] = []
        self.asks: list[Ask] = []
        self.bugs: Counter[str] = Counter()
        self._stage = stage
        self._beside = beside
        self._rate = rate
        self._random = random
        self._free = list(range(CHANGING))
        self._busy: set[int] = set()
        self._menu: Message | None = None
        self._does: dict[str, Callable[[float, int], Awaitable[None]]] = {
            "look": self._looks,
            "home": self._opens_home,
            "click": self._clicks,
            "change": self._changes,
        }

    async def run(self, seconds: float) -> None:
        """Let people act for so many seconds, and wait until each has got an answer or given up."""
        await self._find_menu()
        began, doing = time.perf_counter(), set[asyncio.Task[None]]()
        for number in range(int(self._rate * seconds)):
            due = began + number / self._rate
            await asyncio.sleep(max(due - time.perf_counter(), 0))
            self.late.append(time.perf_counter() - due)
            [what] = self._random.choices(list(SHARES), list(SHARES.values()))
            acts = [self._does[what](due, number)]
            if self._beside and what == "look":
                acts.append(self._types_beside(self._beside, due, number))
            for each in acts:
                task = asyncio.create_task(self._carefully(each))
                doing.add(task)
                task.add_done_callback(doing.discard)
        await asyncio.gather(*doing)

    def tally(self) -> Tally:
        """Return what became of all that was asked for, all of which should have ended."""
        tally, provider = Tally(asked=len(self.asks)), self._stage.provider
        made = Counter(word for each in provider.creates for word in WORD.findall(each.description))
        deleted = Counter(provider.deletes)
        restored = Counter(backup for _, backup in provider.restores)
        for ask in self.asks:
            calls = {"delete": deleted[ask.backup_id], "restore": restored[ask.backup_id]}
            self._judge(tally, ask, calls.get(ask.kind, made[ask.word]))
        return tally

    def _judge(self, tally: Tally, ask: Ask, calls: int) -> None:
        stage = self._stage
        operations = stage.operations[ask.word]
        parts = [stage.posted[each] for each in operations]
        ends = [stage.ended.get(each, "") for each in operations]
        told = bool(ends) and all(ends)
        is_begun = bool(operations or calls)
        tally.begun += is_begun
        tally.ends.update(ends)
        broken = {
            "lost": (is_begun or (ask.acked and not self._is_refused(ask))) and not told,
            "doubled": calls > 1 or len(operations) > 1,
            "notices_lost": told and "cancelled" not in ends and not all("reply" in each for each in parts),
            "told_twice": any(len(stamps) > 1 for each in parts for stamps in each.values()),
        }
        for name in (each for each, is_so in broken.items() if is_so):
            setattr(tally, name, getattr(tally, name) + 1)
            posted = [{part: len(stamps) for part, stamps in each.items()} for each in parts]
            tally.problems.append(f"{name}: {ask.kind} {ask.word} acked={ask.acked} {calls=} {ends} {posted}")

    def _is_refused(self, ask: Ask) -> bool:
        """True if the person was told, alone, that nothing was begun: meanwhile, or later of that server."""
        if ask.command and not taken(ask.command):
            return True
        told = [
            text
            for at, text in self._stage.whispers[ask.person]
            if ask.began <= at and (at <= ask.ended or ask.server in text)
        ]
        return not all(text.startswith(PROMISES) for text in told)

    async def _carefully(self, acts: Awaitable[None]) -> None:
        """Let a person act; what can't be done while the bot is away, is not."""
        try:
            with suppress(NotPossible, TimeoutError):
                await acts
        except Exception as error:  # a bug here must not end the load
            self.bugs[f"{type(error).__name__}: {error}"] += 1

    async def _find_menu(self) -> None:
        person = self._actor(CHANGING)
        place = self._stage.places[0].id
        while self._menu is None:
            await person.types("/backup", place)
            shown = self._stage.workspace.messages.get(place, [])
            self._menu = next((each for each in shown if each.by_bot and each.blocks), None)

    async def _looks(self, due: float, number: int) -> None:
        text = self._random.choice(LOOKS).format(self._random.choice(self._stage.servers).name)
        await self._command(text, due, self._looker(number), "look")

    async def _types_beside(self, beside: Stage, due: float, number: int) -> None:
        command = await beside.command("help", number)
        self._count("bare", due, Answer(command.acked is not None, command.error))

    async def _opens_home(self, due: float, number: int) -> None:
        answer = await self._actor(CHANGING + number % AT_HOME).opens_home()
        self._count("home", due, answer)

    async def _clicks(self, due: float, number: int) -> None:
        # A copy, as what is clicked on may be replaced by the answer.
        menu = replace(self._menu, ts=self._stage.workspace.next_ts()) if self._menu else None
        answer = await self._actor(self._looker(number)).clicks(self._random.choice(MENU), message=menu)
        self._count("click", due, answer)

    async def _changes(self, due: float, number: int) -> None:
        if not self._free:
            return  # everybody is busy: it counts as not asked for
        who = self._free.pop(0)
        person = self._actor(who)
        ask = self._ask(person.person.id, number)
        try:
            match ask.kind:
                case "delete" | "restore":
                    await self._through_form(ask, due, who, person)
                case "mention":
                    await self._mentions(ask, due, number, person)
                case _:
                    text = f"create {ask.server} {ask.word}"
                    ask.command = await self._command(text, due, who, "create")
                    ask.acked = ask.command.acked is not None
            await asyncio.sleep(LATER_SECONDS)
        finally:
            ask.ended = time.time()
            while person.modal is not None:
                await person.closes()
            self._free.append(who)

    def _ask(self, person: str, number: int) -> Ask:
        """Choose what to ask for, so that servers always have some backups and some free slots."""
        server = self._random.choice(self._stage.servers)
        word = f"soak-{number:06d}-"
        backups = self._stage.provider.backups_of(server.name)
        ready = [each.id for each in backups if each.status == "completed" and each.id not in self._busy]
        chance = self._random.random()
        if ready and (len(backups) >= MANY or (len(backups) > FEW and chance < 0.5)):
            kind, backup_id = ("restore" if chance < 0.1 else "delete"), self._random.choice(ready)
            self._busy.add(backup_id)
        else:
            kind, backup_id = ("mention" if chance > 0.8 else "create"), 0
        ask = Ask(kind, word, person, server.name, backup_id)
        self.asks.append(ask)
        return ask

    async def _through_form(self, ask: Ask, due: float, who: int, person: Actor) -> None:
        await self._command(f"{ask.kind} {ask.backup_id}", due, who, "form")
        async with asyncio.timeout(ANSWER_SECONDS):
            await until(self._stage, lambda: person.modal and "typed_name" in str(person.modal.payload))
        values: dict[str, object] = {"typed_name": ask.server, "reason": ask.word}
        await person.fills(values)
        submitted = time.perf_counter()
        answer = await person.submits()
        self._count("submit", submitted, answer)
        ask.acked = answer.acked and answer.error is None and person.modal is None

    async def _mentions(self, ask: Ask, due: float, number: int, person: Actor) -> None:
        place = self._stage.places[number % len(self._stage.places)]
        text = f"@{self._stage.workspace.app.name} create {ask.server} {ask.word}"
        answer = await person.types(text, place.id)
        self._count("mention", due, answer)
        ask.acked = answer.acked and answer.error is None

    async def _command(self, text: str, due: float, who: int, kind: str) -> Command:
        command = await self._stage.command(text, who)
        self._count(kind, due, Answer(command.acked is not None, command.error))
        return command

    def _count(self, kind: str, due: float, answer: Answer) -> None:
        if answer.acked:
            self.acks[kind].append(time.perf_counter() - due)
        else:
            self.unacked[answer.error or ""] += 1

    def _looker(self, number: int) -> int:
        return CHANGING + number % (len(self._stage.persons) - CHANGING)

    def _actor(self, who: int) -> Actor:
        return self._stage.people.person(self._stage.persons[who])
