"""Takes every connection, hands it to a worker process, and keeps a hold on it: what a worker drops is not lost.

https://man7.org/linux/man-pages/man7/unix.7.html (SCM_RIGHTS)

A worker has the connection itself and speaks with the client alone; the supervisor's duplicate costs nothing until the
worker dies. Then the page of the connection (`slots`) says what becomes of it: another worker has it, with what had been
asked; or the client is told 503; and only an answer that had begun is broken off. Linux alone counts what a connection
was sent; elsewhere uvicorn's own supervisor is used.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import multiprocessing
import os
import resource
import signal
import socket
import time
from collections import Counter, deque
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

from enrich.errors import EnrichError, SettingsError
from enrich.service import slots, worker
from enrich.service.problems import ProblemError
from enrich.service.protocol import wire
from enrich.service.slots import Fate, Page
from enrich.settings import Settings

_LOG: Final = logging.getLogger("enrich.service")
_MOST: Final = 16_384  # connections held at once; further ones wait until the kernel's queue is full
_SPARE: Final = 256  # descriptors for everything else
_AT_ONCE: Final = 64
_AGAIN: Final = 0.02  # seconds until what no worker could take is offered again
_PAUSE: Final = 1.0  # seconds until a worker that could not even begin is replaced
SILENCE: Final = 60.0  # seconds after which a worker that says nothing hangs; a large record may keep it for ten
_PARTING: Final = 5.0  # seconds without a byte after which a client that was told 503 has understood
_EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS})
_STARTUP_FAILURE: Final = 3  # uvicorn's exit status for an application that cannot start
# A process that has imported everything makes the workers: a new one begins in a tenth of the time.
_CONTEXT: Final = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([worker.__name__])


def regret() -> bytes:
    """Return the answer to a request that was interrupted, as it goes over the wire."""
    detail = "the process that worked on it has ended; nothing was answered, send it again"
    return wire(ProblemError("interrupted", detail, headers={"Retry-After": "1"}))


class _Colleague:
    """A worker process as the supervisor knows it."""

    def __init__(self, process: BaseProcess, channel: socket.socket) -> None:
        self.process = process
        self.channel = channel
        self.held: set[int] = set()
        self.is_ready = False
        self.was_ready = False
        self.heard_at = time.monotonic()


class Supervisor:
    """Keeps workers alive on one listening socket until it is told to stop."""

    def __init__(self, settings: Settings, board: Path, listener: socket.socket, workers: int) -> None:
        self._settings = settings
        self._board = board
        self._listener = listener
        self._wanted = workers
        self._number = min(_MOST, (allowed := _descriptors()) - _SPARE)
        if self._number < 1:
            raise SettingsError(
                f"{allowed} open files are too few for several workers: allow more (ulimit -n 4096), or say --workers 1"
            )
        self._memory = os.memfd_create("enrich-connections")
        os.truncate(self._memory, self._number * slots.PAGE)
        self._pages = slots.pages(self._memory, self._number)
        self._free = list(range(self._number))
        self._held: dict[int, socket.socket] = {}
        self._waiting: deque[int] = deque()
        self._crew: list[_Colleague] = []
        self._partings: set[asyncio.Task[None]] = set()
        self._is_listening = False
        self._is_exhausted = False
        self._is_stopping = False
        self._regret = regret()

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT. Raises EnrichError where a worker cannot start at all."""
        self._loop = asyncio.get_running_loop()
        self._done = self._loop.create_future()
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self._stop)
        self._listener.settimeout(0)
        try:
            for _ in range(self._wanted):
                self._hire()
            self._listen_for_pulses()
            await self._done
            if self._partings:
                await asyncio.wait(self._partings, timeout=_PARTING)
        finally:
            for colleague in self._crew:
                colleague.process.kill()

    def _hire(self) -> None:
        if self._is_stopping:
            return
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, contextlib.ExitStack() as unless_begun:
            unless_begun.callback(ours.close)
            socket.send_fds(ours, [self._number.to_bytes(worker.NUMBER, "little")], [self._memory])
            ours.settimeout(0)
            process = _CONTEXT.Process(target=worker.work, args=(self._settings, self._board, theirs))
            process.start()
            unless_begun.pop_all()
        colleague = _Colleague(process, ours)
        self._crew.append(colleague)
        self._loop.add_reader(ours, self._hear, colleague)

    def _replace(self) -> None:
        """Begin a worker in the place of one that ended; while the machine has no room for one, try again."""
        try:
            self._hire()
        except OSError as error:
            _LOG.warning("no worker can be started now: %s", error)
            self._loop.call_later(_PAUSE, self._replace)

    def _listen_for_pulses(self) -> None:
        """End workers that hang; what becomes of their connections is as for any that died."""
        now = time.monotonic()
        for colleague in self._crew:
            if now - colleague.heard_at > SILENCE:
                _LOG.warning("worker %s has said nothing for %.0f seconds", colleague.process.pid, SILENCE)
                colleague.process.kill()
        self._loop.call_later(worker.PULSE, self._listen_for_pulses)

    def _hear(self, colleague: _Colleague) -> None:
        colleague.heard_at = time.monotonic()
        for _ in range(_AT_ONCE):
            try:
                data = colleague.channel.recv(1 << 12)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self._bury(colleague)
                return
            for number in worker.numbers_of(data):
                match number:
                    case worker.READY:
                        colleague.is_ready = colleague.was_ready = True
                        self._dispatch()
                    case worker.LEAVING:
                        colleague.is_ready = False
                    case worker.ALIVE:
                        pass
                    case _:
                        colleague.held.discard(number)
                        self._end(number)

    def _accept(self) -> None:
        for _ in range(_AT_ONCE):
            if not self._free:
                self._listen(wanted=False)
                break
            if not self._take_in():
                break
        self._dispatch()

    def _take_in(self) -> bool:
        try:
            connection, _ = self._listener.accept()
        except OSError as error:  # nobody else, or gone already, or nothing left to take somebody in with
            if error.errno in _EXHAUSTED:
                _LOG.warning("no connection can be accepted: %s", error.strerror)
                self._is_exhausted = True
                self._loop.call_later(_PAUSE, self._recover)
            return False
        connection.settimeout(0)
        number = self._free.pop()
        self._held[number] = connection
        self._waiting.append(number)
        return True

    def _recover(self) -> None:
        self._is_exhausted = False
        self._dispatch()

    def _dispatch(self) -> None:
        """Hand what waits to the workers with the fewest connections; while none takes any, no more are accepted."""
        while self._waiting:
            number = self._waiting[0]
            if not any(self._hand(number, each) for each in sorted(self._crew, key=lambda each: len(each.held))):
                break
            self._waiting.popleft()
        is_ready = any(each.is_ready for each in self._crew)
        if self._waiting and is_ready:
            self._loop.call_later(_AGAIN, self._dispatch)
        self._listen(wanted=is_ready and not self._waiting and bool(self._free))

    def _hand(self, number: int, colleague: _Colleague) -> bool:
        if not colleague.is_ready:
            return False
        try:
            message = number.to_bytes(worker.NUMBER, "little")
            socket.send_fds(colleague.channel, [message], [self._held[number].fileno()])
        except OSError:  # its queue is full, or it has just died
            return False
        colleague.held.add(number)
        return True

    def _listen(self, *, wanted: bool) -> None:
        wanted = wanted and not self._is_stopping and not self._is_exhausted
        if wanted and not self._is_listening:
            self._loop.add_reader(self._listener, self._accept)
        elif self._is_listening and not wanted:
            self._loop.remove_reader(self._listener)
        self._is_listening = wanted

    def _bury(self, colleague: _Colleague) -> None:
        """See to what a dead worker left, and replace it."""
        self._loop.remove_reader(colleague.channel)
        colleague.channel.close()
        self._crew.remove(colleague)
        colleague.process.join(1)
        colleague.process.kill()
        colleague.process.join()
        fates = Counter(self._rescue(number) for number in sorted(colleague.held))
        status = colleague.process.exitcode
        if not self._is_stopping:
            told = ", ".join(f"{fates[fate]} {words}" for fate, words in _TOLD.items() if fates[fate])
            _LOG.warning("worker %s ended (%s): %s", colleague.process.pid, status, told or "it had nothing to do")
            if status == _STARTUP_FAILURE and not colleague.was_ready:
                self._done.set_exception(EnrichError("a worker process cannot start; its log says why"))
            elif colleague.was_ready:
                self._replace()
            else:
                self._loop.call_later(_PAUSE, self._replace)
            self._dispatch()
        elif not self._crew and not self._done.done():
            self._done.set_result(None)

    def _rescue(self, number: int) -> Fate:
        fate = Page(self._pages[number]).fate(slots.sent(self._held[number]))
        match fate:
            case Fate.IDLE | Fate.AGAIN if not self._is_stopping:
                self._waiting.append(number)
            case Fate.AGAIN | Fate.REGRET:
                self._part(number)
            case Fate.IDLE if _is_asking(self._held[number]):
                self._part(number)
            case _:
                self._close(number)
        return fate

    def _end(self, number: int) -> None:
        """Close a connection that its worker has closed, unless somebody asked something at that very moment."""
        if self._is_stopping or _is_asking(self._held[number]):
            self._rescue(number)
            self._dispatch()
        else:
            self._close(number)

    def _close(self, number: int) -> None:
        self._held.pop(number).close()
        Page(self._pages[number]).clear()
        self._free.append(number)
        if not self._is_listening:
            self._dispatch()

    def _part(self, number: int) -> None:
        task = self._loop.create_task(self._tell(number))
        self._partings.add(task)
        task.add_done_callback(self._partings.discard)

    async def _tell(self, number: int) -> None:
        """Answer 503, and read what still comes: a connection closed on unread bytes takes its last answer along."""
        connection = self._held[number]
        until = time.monotonic() + 10 * _PARTING
        with contextlib.suppress(OSError, TimeoutError):
            await asyncio.wait_for(self._loop.sock_sendall(connection, self._regret), _PARTING)
            connection.shutdown(socket.SHUT_WR)
            while time.monotonic() < until:
                if not await asyncio.wait_for(self._loop.sock_recv(connection, 1 << 18), _PARTING):
                    break
        self._close(number)

    def _stop(self) -> None:
        """Take nobody in any more, and let the workers end what they have begun; told twice, do not wait."""
        for colleague in self._crew:
            colleague.process.kill() if self._is_stopping else colleague.process.terminate()
        if self._is_stopping:
            return
        self._listen(wanted=False)
        self._is_stopping = True
        while self._free and self._take_in():  # whoever came in time is told so
            pass
        self._listener.close()
        while self._waiting:
            self._part(self._waiting.popleft())
        if not self._crew and not self._done.done():
            self._done.set_result(None)


_TOLD: Final = {
    Fate.IDLE: "connections passed on",
    Fate.AGAIN: "requests asked again",
    Fate.REGRET: "answered 503",
    Fate.DONE: "closed",
    Fate.CUT: "answers broken off",
}


def _is_asking(connection: socket.socket) -> bool:
    try:
        return bool(connection.recv(1, socket.MSG_PEEK))
    except OSError:
        return False


def _descriptors() -> int:
    """Return how many files this process may have open, as many as it ever may."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most
