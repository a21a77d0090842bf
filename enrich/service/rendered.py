"""Answers that were just given, ready to be given again: a repeat costs a look-up in a dictionary.

A key is what an answer depends on: the path as it was sent and what was accepted. An entry lives for as long as its
record is fresh, and at most a minute: so whoever clears the cache, loads a snapshot or corrects a record through
another process waits no longer for the change. Memory is bounded in bytes; the entry unused for longest goes first.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

Key: TypeAlias = tuple[bytes, bytes]
Headers: TypeAlias = list[tuple[bytes, bytes]]
LIFE: Final = 60.0  # seconds
_ROOM: Final = 64 << 20  # bytes
_LARGEST: Final = 1 << 20
_ENTRY: Final = 1000  # bytes that an entry takes beside its body, roughly


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, its validator, and until when it may be given."""

    headers: Headers
    body: bytes
    etag: bytes
    until: float


class Rendered:
    """The answers of one process; `hits` counts those given again."""

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
            self._drop(key)
            return None
        self._answers.move_to_end(key)
        self.hits += 1
        return answer

    def keep(self, key: Key, headers: Headers, body: bytes, etag: bytes, seconds: float) -> None:
        """Keep an answer for some seconds, at most LIFE."""
        if len(body) > min(_LARGEST, self._room) or seconds <= 0:
            return
        self._drop(key)
        self._answers[key] = Answer(headers, body, etag, self._clock() + min(seconds, LIFE))
        self._size += len(body) + _ENTRY
        while self._size > self._room:
            self._drop(next(iter(self._answers)))

    def _drop(self, key: Key) -> None:
        answer = self._answers.pop(key, None)
        if answer is not None:
            self._size -= len(answer.body) + _ENTRY

    def __len__(self) -> int:
        return len(self._answers)
