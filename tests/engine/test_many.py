"""Tasks give the same results in one process, in many, and on a Dask cluster whose workers and scheduler die."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from itertools import count
from pathlib import Path

import pytest

from selfseed.base.errors import RunError
from selfseed.engine.many import hire, map_tasks

PLACES = os.pathsep.join(filter(None, [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH")]))
"""Where other processes find these tests, and the same selfseed as this one."""


def square(number):
    return number * number


def square_after_a_while(number):
    time.sleep(0.2)
    return number * number


def die_once(task):
    number, mark = task
    if number == 3 and not Path(mark).exists():
        Path(mark).write_text("died")
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def die_always(number):
    os.kill(os.getpid(), signal.SIGKILL)


def fail(number):
    raise RunError(f"task {number} cannot be done")


SQUARES = {number: number * number for number in range(30)}


@pytest.mark.parametrize("workers", [1, 2])
def test_every_task_is_done_once_in_any_number_of_processes(workers):
    found = list(map_tasks(square, range(30), workers=workers))
    assert len(found) == 30 and dict(found) == SQUARES


@pytest.mark.parametrize("workers", [1, 2])
def test_hired_workers_do_one_list_after_another_and_take_endless_ones_as_far_as_asked(workers):
    with hire(workers) as work:
        assert dict(work(square, range(30))) == SQUARES
        found = {}
        for number, result in work(square, count(10)):
            found[number] = result
            if len(found) == 20:
                break
        assert found == {number: (number + 10) ** 2 for number in found} and set(range(4)) <= set(found)
        assert dict(work(square, range(3))) == {0: 0, 1: 1, 2: 4}


def test_a_process_that_is_killed_costs_nothing_but_time(tmp_path):
    said = []
    tasks = [(number, tmp_path / "mark") for number in range(8)]
    found = dict(map_tasks(die_once, tasks, workers=2, say=said.append))
    assert found == {number: number * number for number in range(8)}
    assert said == ["a worker process was killed; its tasks are computed again"]


KILLED = """
import os, signal, sys
from selfseed.engine.many import map_tasks
from tests.engine.test_many import name_and_wait
if __name__ == "__main__":
    for number, process in map_tasks(name_and_wait, range(1000), workers=2):
        print(process, flush=True)
        if number >= 4:
            os.kill(os.getpid(), signal.SIGKILL)
"""


def name_and_wait(number):
    time.sleep(0.05)
    return os.getpid()


def test_a_job_that_is_killed_leaves_no_process_behind(tmp_path):
    (tmp_path / "job.py").write_text(KILLED)
    environment = {**os.environ, "PYTHONPATH": PLACES}
    done = subprocess.run([sys.executable, "job.py"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    workers = set(map(int, done.stdout.split()))
    assert done.returncode == -signal.SIGKILL and workers
    end = time.monotonic() + 20.0
    while any(_lives(worker) for worker in workers) and time.monotonic() < end:
        time.sleep(0.1)
    assert not any(_lives(worker) for worker in workers)


def _lives(process):
    try:
        os.kill(process, 0)
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except ProcessLookupError:
        return False
    except OSError:
        return True


def test_a_task_that_always_kills_its_process_ends_in_words():
    with pytest.raises(RunError, match="worker processes were killed 3 times"):
        list(map_tasks(die_always, range(2), workers=2))


def test_what_a_task_itself_says_is_passed_on():
    with pytest.raises(RunError, match="cannot be done"):
        list(map_tasks(fail, range(4), workers=2))


class Cluster:
    """A scheduler and its workers as processes of their own, on this machine only."""

    def __init__(self, folder):
        self.folder = folder
        self.port = _free_port()
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.scheduler = self.start_scheduler()
        self.workers = [self.start_worker(), self.start_worker()]

    def start_scheduler(self):
        return self._start("scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard")

    def start_worker(self):
        return self._start(
            "worker", self.address, "--nthreads", "1", "--no-dashboard", "--no-nanny", "--host", "127.0.0.1",
            "--local-directory", str(self.folder),
        )  # fmt: skip

    def _start(self, what, *options):
        environment = {**os.environ, "PYTHONPATH": PLACES, "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "60s"}
        return subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{what}", *options], cwd=self.folder, env=environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def stop(self):
        for process in [self.scheduler, *self.workers]:
            process.kill()
            process.wait()


def _free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture
def cluster(tmp_path):
    pytest.importorskip("distributed", reason="needs the extra 'cluster'")
    cluster = Cluster(tmp_path)
    yield cluster
    cluster.stop()


def test_a_worker_that_is_killed_and_a_scheduler_that_is_restarted_cost_nothing_but_time(cluster):
    said, found = [], {}
    for number, result in map_tasks(square_after_a_while, range(30), cluster=cluster.address, say=said.append):
        assert number not in found
        found[number] = result
        if len(found) == 5:
            cluster.workers[0].kill()
            cluster.workers.append(cluster.start_worker())
        if len(found) == 12:
            cluster.scheduler.kill()
            cluster.scheduler.wait()
            cluster.scheduler = cluster.start_scheduler()
            cluster.workers += [cluster.start_worker(), cluster.start_worker()]
    assert found == SQUARES
    assert any(re.search("was lost .* tasks are asked again", sentence) for sentence in said)


def test_a_cluster_that_is_not_there_is_said(monkeypatch):
    pytest.importorskip("distributed", reason="needs the extra 'cluster'")
    monkeypatch.setattr("selfseed.engine.many.FIRST_PATIENCE_S", 1.0)
    with pytest.raises(RunError, match="no Dask scheduler answers at tcp://127.0.0.1:1"):
        list(map_tasks(square, range(3), cluster="tcp://127.0.0.1:1"))
