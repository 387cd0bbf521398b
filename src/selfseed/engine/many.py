"""Many tasks on many processors: in this process, in local processes, or on a Dask cluster; the results are the same.

A task is a pure function of its arguments, and its random numbers hang on seed and replicate alone. So a task that was
lost with its worker, or with the scheduler, is simply computed again.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from functools import partial
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait as ready
from threading import Thread
from typing import Any, Protocol

from selfseed import __version__
from selfseed.base.errors import RunError

LOCAL = "local"
MOST_ATTEMPTS = 3
"""Times that a task may take its process, or its worker, down with it."""
FIRST_PATIENCE_S, PATIENCE_S = 15.0, 600.0
"""How long to wait for a scheduler at first, and for one that went away, before the job stops; what is done is kept."""
IN_FLIGHT_PER_WORKER = 4
PAUSE_S = 0.02

Say = Callable[[str], None]


class Work(Protocol):
    """Do tasks with workers that were hired: yields number and result of each, in the order in which they end."""

    def __call__(self, function: Callable[[Any], Any], tasks: Iterable[Any]) -> Iterator[tuple[int, Any]]:
        """See `map_tasks`; tasks are taken a few ahead of the workers, so they may be endless."""


def map_tasks(
    function: Callable[[Any], Any],
    tasks: Sequence[Any],
    *,
    workers: int | None = None,
    cluster: str | None = None,
    say: Say = lambda sentence: None,
) -> Iterator[tuple[int, Any]]:
    """Yield the number and the result of every task, in the order in which they end.

    Parameters
    ----------
    function : callable
        Of a module, so that other processes find it; its result hangs on its argument alone.
    tasks : sequence
    workers : int, optional
        Processes on this machine; default: one per core. With 1 everything happens in this process.
    cluster : str, optional
        ``local`` for a Dask cluster on this machine, else the address of a scheduler, as ``tcp://host:8786``.
    say : callable (sentence), optional
        Is told when workers or the scheduler are lost.

    Raises
    ------
    RunError
        When the cluster cannot be reached, has another version of selfseed, or tasks keep killing their workers.
    """
    count = workers or os.cpu_count() or 1
    with hire(count if cluster else max(1, min(count, len(tasks))), cluster, say) as work:
        yield from work(function, tasks)


@contextmanager
def hire(
    workers: int | None = None, cluster: str | None = None, say: Say = lambda sentence: None
) -> Iterator[Work]:  # fmt: skip
    """Yield what does tasks as `map_tasks` does, as often as wanted, with workers that stay until the block ends."""
    count = workers or os.cpu_count() or 1
    with ExitStack() as stack:
        if cluster is not None:
            local = cluster == LOCAL
            address = stack.enter_context(_local_cluster(count)).scheduler_address if local else cluster
            yield partial(_on_cluster, address=address, say=say)
        elif count == 1:
            yield _here
        else:
            processes = _Processes(count, say)
            stack.push(processes.stop)
            yield processes


def _here(function: Callable[[Any], Any], tasks: Iterable[Any]) -> Iterator[tuple[int, Any]]:
    for number, task in enumerate(tasks):
        yield number, function(task)


class _Open:
    """Hand out tasks one by one, and once more those that were lost with who did them."""

    def __init__(self, tasks: Iterable[Any]):
        self.fresh = enumerate(tasks)
        self.lost: dict[int, Any] = {}
        self.out: dict[int, Any] = {}

    def take(self) -> tuple[int, Any] | None:
        """Return a number and its task, or None where no task is left."""
        if self.lost:
            number = next(iter(self.lost))
            taken = (number, self.lost.pop(number))
        elif (fresh := next(self.fresh, None)) is not None:
            taken = fresh
        else:
            return None
        self.out[taken[0]] = taken[1]
        return taken

    def lose(self) -> int:
        """Note that all that is out was lost, and return how many tasks that is."""
        self.lost = {**self.lost, **self.out}
        self.out = {}
        return len(self.lost)


class _Processes:
    """Do tasks in local processes that stay from call to call; those that were killed are replaced."""

    def __init__(self, workers: int, say: Say):
        self.workers = workers
        self.say = say
        self.pool: ProcessPoolExecutor | None = None

    def __call__(self, function: Callable[[Any], Any], tasks: Iterable[Any]) -> Iterator[tuple[int, Any]]:
        left = _Open(tasks)
        for _ in range(MOST_ATTEMPTS):
            if self.pool is None:
                self.pool = ProcessPoolExecutor(self.workers, get_context("spawn"), _leave_with_parent)
            try:
                yield from _as_they_end(self.pool, function, left, self.workers)
                return
            except BrokenProcessPool:
                self.pool.shutdown()
                self.pool = None
                left.lose()
                self.say("a worker process was killed; its tasks are computed again")
        raise RunError(
            f"worker processes were killed {MOST_ATTEMPTS} times, perhaps for want of memory; try fewer workers"
        )

    def stop(self, kind: type[BaseException] | None, *of: Any) -> None:
        """Let the processes go; after an error without waiting for what they have in hand."""
        if self.pool is not None:
            self.pool.shutdown(wait=kind is None, cancel_futures=True)


def _leave_with_parent() -> None:
    """End this worker when its parent is gone, even if it was killed; else it would wait for tasks for ever."""
    parent = parent_process()
    assert parent is not None

    def watch() -> None:
        ready([parent.sentinel])
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def _as_they_end(
    pool: Executor, function: Callable[[Any], Any], left: _Open, workers: int
) -> Iterator[tuple[int, Any]]:  # fmt: skip
    """Yield results with few tasks in flight, so that memory stays flat however many there are."""
    running: dict[Future, int] = {}
    try:
        while True:
            while len(running) < IN_FLIGHT_PER_WORKER * workers and (taken := left.take()) is not None:
                running[pool.submit(function, taken[1])] = taken[0]
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                result = future.result()
                number = running.pop(future)
                del left.out[number]
                yield number, result
    finally:
        for future in running:
            future.cancel()


def _on_cluster(
    function: Callable[[Any], Any], tasks: Iterable[Any], *, address: str, say: Say
) -> Iterator[tuple[int, Any]]:  # fmt: skip
    """Yield results from a Dask cluster; when its scheduler is restarted, ask again for what is missing."""
    import logging

    for name in ("distributed", "tornado"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    left, losses = _Open(tasks), 0
    while True:
        try:
            with _client(address, PATIENCE_S if losses else FIRST_PATIENCE_S) as client:
                for number, result in _from_client(client, function, left):
                    del left.out[number]
                    losses = 0
                    yield number, result
            return
        except (RunError, GeneratorExit):
            raise
        except Exception as error:
            losses += 1
            if not _is_loss(error) or losses > MOST_ATTEMPTS:
                raise RunError(f"the cluster at {address} failed: {type(error).__name__}: {error}") from error
            many = left.lose()
            say(f"the cluster at {address} was lost ({type(error).__name__}); {many} tasks are asked again")


def _local_cluster(workers: int) -> Any:
    return _distributed().LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None)


def _client(address: str, patience_s: float) -> Any:
    """Return a client of the scheduler at ``address``, which may take ``patience_s`` to answer."""
    distributed = _distributed()
    start = time.monotonic()
    while True:
        try:
            client = distributed.Client(address, timeout=min(10.0, patience_s), set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            if time.monotonic() - start > patience_s or isinstance(error, ValueError):
                raise RunError(
                    f"no Dask scheduler answers at {address}: {error}; start one with `dask scheduler`, and its "
                    "workers with `dask worker`; what is done is kept, --resume goes on"
                ) from None
            time.sleep(1.0)
        else:
            return client


def _distributed() -> Any:
    try:
        import distributed
    except ImportError:
        raise RunError("a cluster needs the package distributed: pip install 'selfseed[cluster]'") from None
    return distributed


def _version() -> str:
    return __version__


def _from_client(client: Any, function: Callable[[Any], Any], left: _Open) -> Iterator[tuple[int, Any]]:
    client.wait_for_workers(1, timeout=PATIENCE_S)
    for worker, version in client.run(_version, on_error="return").items():
        if version != __version__:
            raise RunError(f"worker {worker} has selfseed {version}, this is {__version__}; install the same version")
    running: dict[Any, int] = {}
    most = IN_FLIGHT_PER_WORKER * (sum(client.nthreads().values()) or 1)
    while True:
        while len(running) < most and (taken := left.take()) is not None:
            running[client.submit(function, taken[1], pure=False, retries=MOST_ATTEMPTS)] = taken[0]
        if not running:
            return
        ended = [future for future in running if future.status != "pending"]
        for future in ended:
            yield running.pop(future), future.result()
        if client.status != "running":
            raise ConnectionError("the scheduler went away")
        if not ended:
            time.sleep(PAUSE_S)


def _is_loss(error: Exception) -> bool:
    """Tell whether workers or the scheduler were lost, in contrast to a task that raised by itself."""
    from concurrent.futures import CancelledError

    from distributed import KilledWorker
    from distributed.client import FutureCancelledError
    from distributed.comm.core import CommClosedError

    return isinstance(error, CancelledError | FutureCancelledError | KilledWorker | CommClosedError | OSError)
