"""Streams of chance for tests."""

import numpy as np

from selfseed.kernels.random import mix, point


def stream_of(seed, entity=7):
    """Return a stream that depends on ``seed`` alone."""
    stream = np.zeros(4, np.uint64)
    point(stream, np.uint64(mix(np.uint64(seed), 1)), np.uint64(entity), 0)
    return stream


def draws(sampler, count, *arguments, seed=1):
    """Return ``count`` numbers of one sampler."""
    stream = stream_of(seed)
    return np.array([sampler(*arguments, stream) for _ in range(count)])
