"""Answers that were given, ready to be given again: a repeat costs a look-up in a dictionary.

A key is what an answer depends on: the path as it was sent and what was accepted. For as long as its record is fresh, and
a minute at most, an answer is given as it stands. After that who looks finds it by :meth:`Rendered.past` and compares: it is
as good as new while nobody has written to the stores at all, or at least what it was made from is what is stored. So whoever
clears the cache, loads a snapshot or corrects a record through another process waits no longer than a minute for the change,
and nothing is made twice from the same. Memory is bounded in bytes; the entry unused for longest goes first.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final, TypeAlias

Key: TypeAlias = tuple[bytes, bytes]
Headers: TypeAlias = list[tuple[bytes, bytes]]
LIFE: Final = 60.0  # seconds
_ROOM: Final = 64 << 20  # bytes
_LARGEST: Final = 1 << 20
_ENTRY: Final = 1000  # bytes that an entry takes beside its key and its body, roughly


@dataclass(frozen=True, slots=True)
class Made:
    """A body with its validator, and what it was made from.

    A digest of that, its moment and its end (Unix time), and the version of the stores that held it then.
    """

    body: bytes
    etag: bytes
    mark: bytes
    at: float
    end: float
    version: Hashable | None


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, its validator, how it was made where that is known, and until when it may be given as it stands."""

    headers: Headers
    body: bytes
    etag: bytes
    made: Made | None = None
    until: float = 0.0


class Rendered:
    """The answers of one process; `hits` counts those given again as they stand."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, room: int = _ROOM) -> None:
        self._clock = clock
        self._room = room
        self._answers: OrderedDict[Key, Answer] = OrderedDict()
        self._size = 0
        self.hits = 0

    def find(self, key: Key) -> Answer | None:
        """Return the answer to a request if it still holds."""
        answer = self._answers.get(key)
        if answer is None:
            return None
        if answer.until <= self._clock():
            if answer.made is None:
                self._drop(key)
            return None
        self._answers.move_to_end(key)
        self.hits += 1
        return answer

    def past(self, key: Key) -> Made | None:
        """Return what a request was answered with last, and of what that was made, whether it still holds or not."""
        answer = self._answers.get(key)
        return None if answer is None else answer.made

    def keep(self, key: Key, answer: Answer, seconds: float) -> None:
        """Keep an answer that is given for some seconds from now, at most LIFE."""
        if len(answer.body) > min(_LARGEST, self._room) or seconds <= 0:
            return
        self._drop(key)
        until = self._clock() + min(seconds, LIFE)
        self._answers[key] = Answer(answer.headers, answer.body, answer.etag, answer.made, until)
        self._size += _weight(key, answer)
        while self._size > self._room:
            self._drop(next(iter(self._answers)))

    def _drop(self, key: Key) -> None:
        answer = self._answers.pop(key, None)
        if answer is not None:
            self._size -= _weight(key, answer)

    def __len__(self) -> int:
        return len(self._answers)


def _weight(key: Key, answer: Answer) -> int:
    return sum(map(len, key)) + len(answer.body) + _ENTRY
