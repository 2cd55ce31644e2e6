"""The world of a soak: many people and servers, and pretend services that forget what is over."""

import re
import time
from collections import defaultdict
from datetime import timedelta
from random import Random

from bot.sandbox.slack.workspace import Change, Message
from tests.bench.stage import Stage, people
from tests.torture.tally import ending, part_of

CHANGING, LOOKING = 100, 200
"""How many people change something, one thing at a time, and how many others look."""
SERVERS, CHANNELS, BACKUPS_EACH = 150, 40, 4
SPEED = 10.0
"""At which a backup takes two seconds or so."""
REMEMBERED_SECONDS = 90.0
"""How long the pretend services know what is over; the bot has told of it by then."""
MOST_CALLS = 1000
WORD = re.compile(r"soak-\d{6}-")


class SoakStage(Stage):
    """What was told of each operation is kept, the messages themselves are not.

    `posted` has the time stamps of messages by operation and part, `ended` how each operation is told to have
    ended, `operations` those whose texts hold a word, by it. `whispers` is what those who change something
    were shown alone: UTC seconds and text, by person.
    """

    def __init__(self, random: Random) -> None:
        super().__init__(servers=SERVERS, channels=CHANNELS, persons=people(CHANGING + LOOKING))
        self.posted: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self.ended: dict[str, str] = {}
        self.operations: defaultdict[str, set[str]] = defaultdict(set)
        self.whispers: defaultdict[str, list[tuple[float, str]]] = defaultdict(list)
        self._changing = frozenset(self.persons[:CHANGING])
        for server in self.servers:
            server.disk_mb = random.choice((1000, 8000, 20_000))
            for number in range(BACKUPS_EACH):
                self.provider.add_backup(server, age=timedelta(hours=1 + number))
        self.provider.speed = SPEED
        self.provider.release()
        self.workspace.event_retry_seconds = (0.0, 0.5, 2.0)
        self.workspace.listen(self._heard)

    def tidy(self) -> None:
        """Forget what is over, so that our own growth slows nothing down."""
        since, before = time.perf_counter() - REMEMBERED_SECONDS, time.time() - REMEMBERED_SECONDS
        self._commands = {token: each for token, each in self._commands.items() if each.sent > since}
        for channel, messages in self.workspace.messages.items():
            self.workspace.messages[channel] = [
                each for each in messages if float(each.ts) > before or _goes_on(each)
            ]
        for grown in (self.provider.calls, self.arrivals, self.workspace.typed, self.workspace.complaints):
            del grown[:-MOST_CALLS]
        self.workspace.chosen.clear()

    def _heard(self, change: Change) -> None:
        if change.kind != "message" or change.channel is None:
            return
        message = self.workspace.find(change.channel, change.ts)
        if message is None or not message.by_bot:
            return
        if message.ephemeral_to in self._changing:
            self.whispers[message.ephemeral_to].append((float(message.ts), message.text))
        elif not message.ephemeral_to and (part := part_of(message)):
            self._told(*part, message)

    def _told(self, operation: str, part: str, message: Message) -> None:
        self.posted[operation][part].add(message.ts)
        for word in WORD.findall(f"{message.text} {message.blocks}"):
            self.operations[word].add(operation)
        if how := ending(message.text):
            self.ended[operation] = how


def _goes_on(message: Message) -> bool:
    """True if it is the card of something that has not ended."""
    is_card = message.by_bot and not message.is_reply and not message.ephemeral_to
    return is_card and part_of(message) is not None and not ending(message.text)
