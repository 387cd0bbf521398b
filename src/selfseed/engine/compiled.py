"""Whether the loops of an engine have been compiled on this machine already."""

from selfseed.kernels.mean_field import field_change
from selfseed.kernels.stochastic import simulate_animal

LOOPS = {"stochastic": simulate_animal, "mean-field": field_change}


def is_compiled(engine: str) -> bool:
    """Return whether the loop of ``engine`` is in memory or in numba's cache on disk.

    Parameters
    ----------
    engine : {"stochastic", "mean-field"}
    """
    loop = LOOPS[engine]
    if loop.signatures:
        return True
    index = loop._cache._cache_file._index_path  # numba names no public way to ask
    try:
        with open(index, "rb"):
            return True
    except OSError:
        return False
