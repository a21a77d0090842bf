"""Pieces of work spread over processes, and the answers as they come; one process is the caller's own."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from itertools import islice
from multiprocessing.connection import wait as wait_for
from typing import Final, TypeVar

from enrich.errors import StoreError

_T = TypeVar("_T")
_R = TypeVar("_R")
_AHEAD: Final = 2  # tasks in hand for each process: one under way, one to go on with


def spread(task: Callable[[_T], _R], work: Iterable[_T], workers: int) -> Iterator[_R]:
    """Yield what `task` returns for each of `work`, in any order, from so many processes; `work` is read as it is needed.

    Raises StoreError where a process dies, and whatever the task raises.
    """
    if workers <= 1:
        yield from map(task, work)
        return
    # Processes begin afresh (spawn): a copy of one with threads may wait for ever for a lock that nobody holds.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_begin) as pool:
        left = iter(work)
        under_way: set[Future[_R]] = set()
        try:
            while True:
                with hushed():
                    under_way |= {
                        pool.submit(task, each) for each in islice(left, _AHEAD * workers - len(under_way))
                    }
                if not under_way:
                    return
                done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        except BrokenExecutor as error:
            raise StoreError(
                "a process of this load was ended from outside (is there enough memory?); start it again with fewer"
                " --workers, it goes on where it stopped"
            ) from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def hushed() -> Iterator[None]:
    """Hold Ctrl-C back while processes are started: they begin deaf to it, and the parent hears it afterwards.

    One that still imports its modules has not said yet that it leaves Ctrl-C to its parent, and would end in a trace.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    """Leave Ctrl-C to the parent, and do not outlive it: killed, it cannot say good-bye."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait_for([sentinel])
    os._exit(1)
