"""Keep the finished parts of a long job on disk, so that whatever interrupts it costs one part at most.

A job in progress has a directory of its own, ``<out>.unfinished``: ``job.json`` says what was asked, each finished
chunk is one file that carries its own SHA-256 and appears by one rename, and a lock keeps a second process out.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from selfseed.base.errors import OutputError

JOB, LOCK, SUFFIX = "job.json", "lock", ".unfinished"
DIGEST_BYTES = 32

Arrays = Mapping[str, np.ndarray]


def unfinished(out: str | os.PathLike[str]) -> Path:
    """Return the directory in which a job for ``out`` keeps what is done."""
    path = Path(os.path.abspath(out))
    return path.with_name(path.name + SUFFIX)


def asked_before(out: str | os.PathLike[str]) -> dict[str, Any] | None:
    """Return what the interrupted job for ``out`` was asked, or None where there is none that can be read."""
    try:
        return dict(json.loads((unfinished(out) / JOB).read_text(encoding="utf-8"))["asked"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


@dataclass
class Chunks:
    """Write and read the finished chunks of one job.

    Attributes
    ----------
    path : Path
    say : callable (sentence)
        Is told when a chunk is damaged and must be computed again.
    found : int
        Chunks that an earlier attempt left behind, as far as they have been read.
    """

    path: Path
    say: Callable[[str], None]
    found: int = field(default=0, init=False)

    def read(self, name: str) -> dict[str, np.ndarray] | None:
        """Return the arrays of a chunk, or None where it is not there, or is damaged, which is said."""
        try:
            content = self._file(name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            self.say(f"chunk {name} cannot be read ({error.strerror}) and is computed again")
            return None
        digest, body = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
        if hashlib.sha256(body).digest() != digest:
            self.say(f"chunk {name} is damaged (its checksum is wrong) and is computed again")
            return None
        try:
            with np.load(io.BytesIO(body), allow_pickle=False) as arrays:
                kept = {key: arrays[key] for key in arrays.files}
        except (ValueError, OSError, zipfile.BadZipFile):
            self.say(f"chunk {name} is damaged and is computed again")
            return None
        self.found += 1
        return kept

    def write(self, name: str, arrays: Arrays) -> None:
        """Put a chunk on the disk in one step.

        Raises
        ------
        OutputError
            If the disk does not take it; what was there stays.
        """
        body = io.BytesIO()
        np.savez_compressed(body, allow_pickle=False, **arrays)
        content = body.getvalue()
        place = self._file(name)
        draft = place.with_suffix(".part")
        try:
            with draft.open("wb") as file:
                file.write(hashlib.sha256(content).digest())
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, place)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise OutputError(
                f"{place} cannot be written: {error.strerror or error}; all chunks before it are kept; "
                "make room, then go on with --resume"
            ) from None

    def names(self, start: str) -> list[str]:
        """Return the names of the chunks that begin with ``start``, in order; some of them may be damaged."""
        return sorted(file.stem for file in self.path.glob(f"{start}*.chunk"))

    def tell_stopped(self, again: str) -> str:
        """Return what to say to who stops the job: whether asking ``again`` goes on, or starts from the beginning."""
        if not self.names(""):
            return "stopped before anything was kept; the same command starts from the beginning"
        return f"stopped; {again} goes on"

    def drop(self, start: str) -> None:
        """Remove the chunks that begin with ``start``: a larger one has taken them up."""
        for name in self.names(start):
            self._file(name).unlink(missing_ok=True)

    def _file(self, name: str) -> Path:
        return self.path / f"{name}.chunk"


@contextmanager
def hold(
    out: str | os.PathLike[str],
    asked: Mapping[str, Any],
    *,
    resume: bool,
    force: bool = False,
    say: Callable[[str], None] = lambda sentence: None,
) -> Iterator[Chunks]:
    """Hold the directory in which the job for ``out`` keeps its chunks; it goes when the block ends well.

    Parameters
    ----------
    out : path
        Where the results will be.
    asked : mapping, ready for JSON
        All that decides the numbers; an interrupted job goes on only where it was asked the same.
    resume : bool
        Go on with the chunks that are there; where there are none, the job starts, and that is said.
    force : bool
        Start anew, even where an interrupted job left chunks.
    say : callable (sentence), optional

    Raises
    ------
    OutputError
        If another process is at work there, if an interrupted job is there and neither ``resume`` nor ``force`` is
        given, if the job to resume is finished, if it was asked something else, or if the directory cannot be made.
    """
    place = unfinished(out)
    there = place.exists()
    if resume and not force and not there and os.path.lexists(out):
        raise OutputError(f"{out} is there, and no interrupted job beside it: there is nothing to resume; --force anew")
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{place} cannot be made: {error.strerror or error}; --out names another place") from None
    with _lock(place, out):
        before = asked_before(out)
        if there and not resume and not force and _has_chunks(place):
            raise OutputError(f"{place} holds an interrupted job; --resume goes on with it, --force starts anew")
        if resume and before is not None and before != _plain(asked):
            raise OutputError(
                f"{place} was asked something else ({_differences(before, _plain(asked))}); "
                "ask the same again, or start anew with --force"
            )
        if not resume or before is None:
            if resume:
                say(f"nothing to resume in {place}: the job starts from the beginning")
            _begin(place, asked)
        try:
            yield Chunks(place, say)
        except BaseException:
            if not _has_chunks(place):
                shutil.rmtree(place, ignore_errors=True)
            raise
    shutil.rmtree(place, ignore_errors=True)


def _begin(place: Path, asked: Mapping[str, Any]) -> None:
    for chunk in place.glob("*.chunk"):
        chunk.unlink()
    draft = place / f"{JOB}.part"
    try:
        draft.write_text(json.dumps({"software": "selfseed", "asked": asked}, indent=2) + "\n", encoding="utf-8")
        os.replace(draft, place / JOB)
    except OSError as error:
        raise OutputError(f"{place} cannot be written: {error.strerror or error}; --out names another place") from None


@contextmanager
def _lock(place: Path, out: str | os.PathLike[str]) -> Iterator[None]:
    """Keep other processes out; the system itself takes the lock back when this process dies."""
    from filelock import FileLock, Timeout

    lock = FileLock(place / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise OutputError(
            f"another process is at work on {out}; wait for it, or name another place with --out"
        ) from None
    except OSError as error:
        raise OutputError(f"{place} cannot be locked: {error.strerror or error}; --out names another place") from None
    try:
        yield
    finally:
        lock.release()


def _has_chunks(place: Path) -> bool:
    return any(place.glob("*.chunk"))


def _plain(asked: Mapping[str, Any]) -> dict[str, Any]:
    return dict(json.loads(json.dumps(asked)))


def _differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Name what differs, with both values where they are short."""
    names = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    shown = []
    for name in names:
        values = [json.dumps(of.get(name)) for of in (before, now)]
        short = max(map(len, values)) <= 40
        shown.append(f"{name}: {values[0]}, now {values[1]}" if short else name)
    return "; ".join(shown)
