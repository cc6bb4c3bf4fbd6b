"""One function over many items on every processor, in order, with a bounded number of items in memory."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Collection, Generator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Any, TypeVar

from darkroom.core.errors import UserError

Item = TypeVar("Item")
Result = TypeVar("Result")

GRANTED = "DARKROOM_THREADS"
"""The environment variable by which the workflow says how many threads a job has."""
AHEAD = 3
"""Chunks under way for each process: one at work, one waiting, one done."""


def count_processors() -> int:
    """Return how many processors this process may use: those it is bound to, or fewer if the workflow grants fewer."""
    bound = len(os.sched_getaffinity(0))
    return min(bound, int(os.environ.get(GRANTED, bound)))


def map_in_order(function: Callable[[Item], Result], items: Collection[Item], chunk: int) -> Generator[Result]:
    """Yield ``function(item)`` for each item, in order; processes work ``chunk`` items at a time.

    At most ``AHEAD * chunk`` results per process exist at once, however many items there are; of these, as they may be
    made while they are iterated over, no list is kept. Processes are forked: they start at once, with every module
    already imported and ``function`` as it is, which is not sent with each chunk; and the work here takes no lock that
    a thread may hold.

    Raises:
        UserError: a process was killed from outside.
    """
    left = iter(items)
    workers = max(1, min(count_processors(), -(-len(items) // chunk)))
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("fork"), initializer=_start, initargs=(function,))
    under_way: deque[Future[list[Result]]] = deque()
    try:
        while part := list(islice(left, chunk)):
            if len(under_way) == AHEAD * workers:
                yield from under_way.popleft().result()
            under_way.append(pool.submit(_apply, part))
        while under_way:
            yield from under_way.popleft().result()
    except BrokenProcessPool:
        raise UserError(
            "a worker process was killed, most likely because memory ran out; "
            "close other programs, or run on fewer processors (taskset -c 0 …), and run again"
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


_function: Callable[[Any], Any]
"""In a worker: what it applies."""


def _apply(items: Sequence[Any]) -> list[Any]:
    return [_function(item) for item in items]


def _start(function: Callable[[Any], Any]) -> None:
    """Take what is to be applied, leave Ctrl-C to the parent, and end with it.

    A worker of a killed parent would wait for work for ever.
    """
    global _function
    _function = function
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)
