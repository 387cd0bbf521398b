"""Compiled functions and loops on bare numbers: the equations of the law, their exact laws of chance, the loops.

What numba compiles is kept in a folder named after the text of this whole room, so that a change in one file never
meets code compiled from another's older self; in ``NUMBA_CACHE_DIR`` where that is set, else beside the sources where
that can be written, else in the user's cache.
"""

import hashlib
import os
from pathlib import Path

import numba


def _folder_for_compiled_code() -> Path:
    here = Path(__file__).parent
    text = b"".join(source.read_bytes() for source in sorted(here.glob("*.py")))
    name = f"compiled-{hashlib.blake2b(text, digest_size=6).hexdigest()}"
    users = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "selfseed"
    given = numba.config.CACHE_DIR
    for place in (Path(given),) if given else (here / "__pycache__", users):
        try:
            (place / name).mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(place / name, os.W_OK):
            return place / name
    return users / name


numba.config.CACHE_DIR = str(_folder_for_compiled_code())
