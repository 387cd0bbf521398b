"""Hold a folder for results: proven to be writable before anything is computed, and whole or not there at all."""

import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selfseed.base.errors import OutputError


@contextmanager
def hold(out: Path, marker: str, kind: str, *, force: bool) -> Iterator[Path]:
    """Yield a hidden folder beside ``out``, which becomes ``out`` when the block ends well, and else is gone.

    Parameters
    ----------
    out : Path
        Must not be there.
    marker, kind : str
        A folder is known for one of these results by a JSON file ``marker`` that names its ``kind``.
    force : bool
        Replace such a folder, or an empty one; anything else is never touched.

    Raises
    ------
    OutputError
        If something is there that must stay, or if the place cannot be written to.
    """
    path = Path(os.path.abspath(out))
    _refuse_what_must_stay(path, out, marker, kind, force)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.mkdir()
    except OSError as error:
        raise cannot_be_written(out, error) from None
    try:
        yield draft
        _refuse_what_must_stay(path, out, marker, kind, force)
        _put(draft, path, out)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def cannot_be_written(out: Path, error: OSError) -> OutputError:
    """Return the error for a disk that did not take the results."""
    return OutputError(f"{out} cannot be written: {(error.strerror or str(error)).lower()}; --out names another place")


def _put(draft: Path, path: Path, out: Path) -> None:
    """Rename the draft to its place; what was there before goes only when the new is in its place."""
    try:
        old = path.rename(path.with_name(f".{path.name}.{secrets.token_hex(4)}.old")) if path.exists() else None
        try:
            draft.rename(path)
        except BaseException:
            if old is not None:
                old.rename(path)
            raise
    except OSError as error:
        raise cannot_be_written(out, error) from None
    if old is not None:
        shutil.rmtree(old, ignore_errors=True)


def _refuse_what_must_stay(path: Path, out: Path, marker: str, kind: str, force: bool) -> None:
    if not os.path.lexists(path):
        return
    if not force:
        raise OutputError(f"{out} exists; --force replaces it, --out names another place")
    if path.is_symlink() or not path.is_dir() or not (_is_of_kind(path / marker, kind) or not any(path.iterdir())):
        raise OutputError(
            f"{out} is none of these results, and --force replaces nothing else; --out names another place"
        )


def _is_of_kind(file: Path, kind: str) -> bool:
    try:
        return bool(json.loads(file.read_text(encoding="utf-8"))["kind"] == kind)
    except (OSError, ValueError, KeyError, TypeError):
        return False
