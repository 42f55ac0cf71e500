"""Run cases in rounds, in worker processes, and compare their samples.

Except in ``among``, each package has its own process, as it does in a project. knox and durin
cannot share a project. Only one worker works at a time, except in ``purge``. Each round runs every
case once, in a new random order, so a slow minute of the machine affects all cases. A ratio
compares two cases of one round. The reports show the median of the ratios.
"""

from __future__ import annotations

import multiprocessing
import random
import statistics
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection
from typing import Any

from . import databases, project

Samples = list[list[float]]


class Worker:
    """A Django project in another process that calls functions for the benchmark."""

    def __init__(self, package: str, database: dict[str, Any], **kwargs: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, (package, database), kwargs), daemon=True
        )
        self._process.start()
        theirs.close()

    def start(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Begin a call. ``result()`` waits for its answer."""
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
    try:
        project.configure(*args, **kwargs)
    except ImportError as error:
        # Without an answer to the first call, the other process only reports a lost connection.
        pipe.recv()
        hint = "Run: python -m pip install -r benchmarks/requirements.txt"
        pipe.send((False, f"{error}. {hint}"))
        return
    while True:
        try:
            function, args, kwargs = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send((True, function(*args, **kwargs)))
        except Exception:  # noqa: BLE001 -- the other process raises it
            pipe.send((False, traceback.format_exc()))


@contextmanager
def worker(package: str, database: dict[str, Any], **kwargs: Any) -> Iterator[Worker]:
    started = Worker(package, database, **kwargs)
    try:
        yield started
    finally:
        started.stop()


def workers(stack: ExitStack, package: str, database: dict[str, Any]) -> dict[str, Worker]:
    """Start a worker and, on PostgreSQL, one with prepared statements. Return them by label."""
    found = {"": stack.enter_context(worker(package, database))}
    if database["ENGINE"].endswith("postgresql"):
        prepared = databases.with_options(database, **databases.PREPARED)
        found[", prepared"] = stack.enter_context(worker(package, prepared))
    return found


def migrate() -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def timed(action: Callable[[Any], Any], items: Sequence[Any]) -> list[float]:
    """Time ``action`` on each item, in microseconds."""
    clock = time.perf_counter_ns
    taken = []
    for item in items:
        started = clock()
        action(item)
        taken.append((clock() - started) / 1000)
    return taken


def rounds(cases: dict[str, Callable[[], list[float]]], count: int) -> dict[str, Samples]:
    """Run every case once per round. Return each case's samples, one list per round."""
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
    """Return the median and quartiles of the rounds' ratios. Each ratio compares two medians."""
    found = [
        statistics.median(one) / statistics.median(other)
        for one, other in zip(samples, base, strict=True)
    ]
    return {
        "ratio": statistics.median(found),
        "low": percentile(found, 25),
        "high": percentile(found, 75),
    }
