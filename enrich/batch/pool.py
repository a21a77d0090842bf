"""Workers, one process each, and what ties them to their parent.

The standard library's pool hands out batches (https://docs.python.org/3/library/concurrent.futures.html). Processes are
started afresh and not forked, so that none inherits a lock, a connection or an event loop; a script that calls this needs
the usual `if __name__ == "__main__":`. One worker alone works in the process itself.

When a parent is killed, the pool's own workers would wait for ever: each holds the writing end of the queue it waits at. So
a thread in each watches a pipe to which only the parent holds the other end, and which ends with it, by whatever death.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import Connection
from typing import Final, Protocol

from enrich.batch.intake import Batch
from enrich.batch.worker import Done, Order, Worker
from enrich.snapshot.workforce import hushed

_GRACE: Final = 2.0  # seconds for letting go of claims when the parent has gone
_OBJECTS: Final = (
    100_000  # made before the collector looks for cycles, of which records have none (see enrich.cli)
)
_HIRED: Final[list[Worker]] = []  # the worker this process is


class Submit(Protocol):
    """Gives a batch to a worker."""

    def __call__(self, batch: Batch) -> Future[Done]:
        """Return what will become of it."""
        ...


@contextmanager
def workers(order: Order, count: int) -> Iterator[Submit]:
    """Yield what gives batches to `count` workers; what is under way when the context is left is given up."""
    if count == 1:
        with Worker(order) as worker:
            yield lambda batch: _at_once(worker, batch)
        return
    context = multiprocessing.get_context("spawn")
    ending, held = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(count, context, _begin, (order, ending))
    try:
        yield partial(_later, pool)
    except BaseException:
        held.close()  # they need not finish what nobody will write
        raise
    finally:
        _end(pool)
        held.close()
        ending.close()


def _at_once(worker: Worker, batch: Batch) -> Future[Done]:
    future: Future[Done] = Future()
    future.set_result(worker.work(batch))
    return future


def _later(pool: Executor, batch: Batch) -> Future[Done]:
    with hushed():  # the first batches start the processes
        return pool.submit(_work, batch)


def _end(pool: Executor) -> None:
    pool.shutdown(wait=True, cancel_futures=True)


def _begin(order: Order, ending: Connection) -> None:
    """Make this process a worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the parent tells what it means
    if hasattr(signal, "SIGTERM"):
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    worker = Worker(order).__enter__()
    _HIRED.append(worker)
    threading.Thread(target=_watch, args=(ending, worker), name="watch", daemon=True).start()
    gc.freeze()
    gc.set_threshold(_OBJECTS, 20, 100)


def _watch(ending: Connection, worker: Worker) -> None:
    with contextlib.suppress(EOFError, OSError):
        ending.recv_bytes()
    worker.give_up()
    threading.Event().wait(_GRACE)
    os._exit(1)


def _work(batch: Batch) -> Done:
    return _HIRED[0].work(batch)
