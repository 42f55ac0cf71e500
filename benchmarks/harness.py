"""Interleaved rounds over worker processes, and what the samples say.

Each package lives in a process of its own, as it does in a project (two of them could not even be
installed side by side). Only one works at a time: in each round every case is run once, in an order
shuffled anew, so that a slow minute of the machine falls on all of them. Ratios are taken within a
round; their median is what is reported.
"""

from __future__ import annotations

import multiprocessing
import random
import statistics
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

from . import project

Samples = list[list[float]]


class Worker:
    """A Django project in another process, that calls functions for us."""

    def __init__(self, package: str, database: dict[str, Any], **kwargs: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, (package, database), kwargs), daemon=True
        )
        self._process.start()
        theirs.close()

    def start(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Begin a call; ``result()`` waits for it."""
        self._pipe.send((function, args, kwargs))

    def result(self) -> Any:
        succeeded, answer = self._pipe.recv()
        if not succeeded:
            raise RuntimeError(f"a worker failed:\n{answer}")
        return answer

    def is_busy(self) -> bool:
        return not self._pipe.poll()

    def call(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self.start(function, *args, **kwargs)
        return self.result()

    def stop(self) -> None:
        self._pipe.close()
        self._process.join()


def _serve(pipe: Connection, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    project.configure(*args, **kwargs)
    while True:
        try:
            function, args, kwargs = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send((True, function(*args, **kwargs)))
        except Exception:  # noqa: BLE001 -- told to the other side
            pipe.send((False, traceback.format_exc()))


@contextmanager
def worker(package: str, database: dict[str, Any], **kwargs: Any) -> Iterator[Worker]:
    started = Worker(package, database, **kwargs)
    try:
        yield started
    finally:
        started.stop()


def migrate() -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def timed(action: Callable[[Any], Any], items: Sequence[Any]) -> list[float]:
    """Microseconds of ``action`` on each item."""
    clock = time.perf_counter_ns
    taken = []
    for item in items:
        started = clock()
        action(item)
        taken.append((clock() - started) / 1000)
    return taken


def rounds(cases: dict[str, Callable[[], list[float]]], count: int) -> dict[str, Samples]:
    """Run every case once a round. The samples of each case, a list a round."""
    order = list(cases)
    samples: dict[str, Samples] = {name: [] for name in cases}
    show = sys.stderr.isatty()
    for number in range(count):
        random.shuffle(order)
        for name in order:
            samples[name].append(cases[name]())
        if show:
            print(f"\rround {number + 1} of {count}", end="", file=sys.stderr, flush=True)
    if show:
        print("\r\033[K", end="", file=sys.stderr)
    return samples


def percentile(values: Sequence[float], percent: int) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(percent / 100 * (len(ordered) - 1)))]


def summary(samples: Samples) -> dict[str, float]:
    flat = [value for one in samples for value in one]
    return {
        "median": statistics.median(flat),
        "p95": percentile(flat, 95),
        "samples": len(flat),
    }


def ratio(samples: Samples, base: Samples) -> dict[str, float]:
    """Median and quartiles of the ratios of the medians within each round."""
    found = [
        statistics.median(one) / statistics.median(other)
        for one, other in zip(samples, base, strict=True)
    ]
    return {
        "ratio": statistics.median(found),
        "low": percentile(found, 25),
        "high": percentile(found, 75),
    }
