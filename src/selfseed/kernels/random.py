"""Counter-based random numbers: one independent stream per (seed, replicate, entity, moment).

A stream is an array of four ``uint64``: two words of key, two of counter. Its numbers depend on nothing but
key and counter, so neither threads nor the order of work can change them, and two arms of an experiment that share
seed, replicate and entity share their chance. The generator is Threefry-2x64-20 of Salmon et al. (2011),
https://doi.org/10.1145/2063384.2063405; the samplers are exact unless their docstring says otherwise.
"""

import math

import numpy as np
from numba import njit

MANY = 1e7
"""Variance above which a count is drawn from the normal law; its skewness is then below 1/3000."""

_PARITY = np.uint64(0x1BD11BDAA9FC1A22)
_ROTATIONS = np.array([16, 42, 12, 31, 16, 32, 24, 21], dtype=np.uint64)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_UNIT = 1.0 / 9007199254740992.0  # 2**-53


@njit(cache=True)
def threefry(key_0, key_1, counter_0, counter_1):
    """Return the two 64-bit words that Threefry-2x64-20 makes of a key and a counter.

    Parameters
    ----------
    key_0, key_1, counter_0, counter_1 : uint64

    Returns
    -------
    word_0, word_1 : uint64

    References
    ----------
    Salmon et al. (2011), https://doi.org/10.1145/2063384.2063405
    """
    key_2 = _PARITY ^ key_0 ^ key_1
    x0 = counter_0 + key_0
    x1 = counter_1 + key_1
    for block in range(5):
        offset = 4 * (block % 2)
        for i in range(4):
            x0 = x0 + x1
            turn = _ROTATIONS[offset + i]
            x1 = (x1 << turn) | (x1 >> (np.uint64(64) - turn))
            x1 = x1 ^ x0
        remainder = (block + 1) % 3
        if remainder == 0:
            x0 = x0 + key_0
            x1 = x1 + key_1
        elif remainder == 1:
            x0 = x0 + key_1
            x1 = x1 + key_2
        else:
            x0 = x0 + key_2
            x1 = x1 + key_0
        x1 = x1 + np.uint64(block + 1)
    return x0, x1


@njit(cache=True)
def mix(word, value):
    """Return a 64-bit name made of a name and one more integer (splitmix64 finaliser)."""
    z = word + _GOLDEN * (np.uint64(value) + np.uint64(1))
    z = (z ^ (z >> np.uint64(30))) * _MIX_1
    z = (z ^ (z >> np.uint64(27))) * _MIX_2
    return z ^ (z >> np.uint64(31))


@njit(cache=True)
def point(stream, replicate_key, entity, moment):
    """Point ``stream`` at the numbers of one entity at one moment.

    Parameters
    ----------
    stream : uint64[4]
    replicate_key : uint64
        Stands for (seed, replicate).
    entity : uint64
        Name of the entity and of the process, made with ``mix``.
    moment : int, >= 0
    """
    stream[0] = replicate_key
    stream[1] = entity
    stream[2] = np.uint64(moment)
    stream[3] = np.uint64(0)


@njit(cache=True)
def uniform(stream):
    """Return a number in the open interval (0, 1)."""
    word, _ = threefry(stream[0], stream[1], stream[2], stream[3])
    stream[3] += np.uint64(1)
    return ((word >> np.uint64(11)) + 0.5) * _UNIT


@njit(cache=True)
def normal(stream):
    """Return a standard normal number (Box & Muller 1958, https://doi.org/10.1214/aoms/1177706645)."""
    word_0, word_1 = threefry(stream[0], stream[1], stream[2], stream[3])
    stream[3] += np.uint64(1)
    radius = math.sqrt(-2.0 * math.log(((word_0 >> np.uint64(11)) + 0.5) * _UNIT))
    return radius * math.cos(2.0 * math.pi * (((word_1 >> np.uint64(11)) + 0.5) * _UNIT))


@njit(cache=True)
def exponential(stream):
    """Return an exponential number of mean 1."""
    return -math.log(uniform(stream))


@njit(cache=True)
def _log_factorial(k):
    """Return log k!, by Stirling's series (error below 1e-11) where k is large enough for it."""
    if k < 16.0:
        return math.lgamma(k + 1.0)
    part = 1.0 / (k * k)
    tail = (1.0 / 12.0 - part * (1.0 / 360.0 - part * (1.0 / 1260.0 - part / 1680.0))) / k
    return (k + 0.5) * math.log(k) - k + 0.9189385332046728 + tail


@njit(cache=True)
def _whole_normal(mean, deviation, low, high, stream):
    """Return a normal number rounded to a whole one between ``low`` and ``high``."""
    return min(high, max(low, math.floor(mean + deviation * normal(stream) + 0.5)))


@njit(cache=True)
def poisson(mean, stream):
    """Return a Poisson count; above a mean of ``MANY`` a rounded normal one.

    Below a mean of 10 by inversion of a single uniform, so that the count grows with the mean when the stream is the
    same; above by transformed rejection.

    References
    ----------
    Hoermann (1993), https://doi.org/10.1016/0167-6687(93)90997-4
    """
    if mean <= 0.0:
        return 0.0
    if mean < 10.0:
        u = uniform(stream)
        probability = math.exp(-mean)
        count = 0.0
        while u > probability and count < 1000.0:
            u -= probability
            count += 1.0
            probability *= mean / count
        return count
    if mean > MANY:
        return _whole_normal(mean, math.sqrt(mean), 0.0, np.inf, stream)
    root = math.sqrt(mean)
    b = 0.931 + 2.53 * root
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    v_r = 0.9277 - 3.6224 / (b - 2.0)
    log_mean = math.log(mean)
    while True:
        u = uniform(stream) - 0.5
        v = uniform(stream)
        us = 0.5 - abs(u)
        k = math.floor((2.0 * a / us + b) * u + mean + 0.43)
        if us >= 0.07 and v <= v_r:
            return k
        if k < 0.0 or (us < 0.013 and v > us):
            continue
        if math.log(v * inverse_alpha / (a / (us * us) + b)) <= -mean + k * log_mean - _log_factorial(k):
            return k


@njit(cache=True)
def binomial(number, probability, stream):
    """Return a binomial count; above a variance of ``MANY`` a rounded normal one.

    Where the mean (or that of the complement) is below 10 by inversion of a single uniform, so that the count grows
    with number and probability when the stream is the same; else by transformed rejection.

    References
    ----------
    Hoermann (1993), https://doi.org/10.1080/00949659308811496
    """
    if number <= 0.0 or probability <= 0.0:
        return 0.0
    if probability >= 1.0:
        return number
    if probability > 0.5:
        return number - binomial_low(number, 1.0 - probability, stream)
    return binomial_low(number, probability, stream)


@njit(cache=True)
def binomial_low(number, probability, stream):
    """Return a binomial count for a probability of at most one half."""
    mean = number * probability
    other = 1.0 - probability
    if mean < 10.0:
        u = uniform(stream)
        chance = math.exp(number * math.log1p(-probability))
        odds = probability / other
        count = 0.0
        while u > chance and count < number and count < 1000.0:
            u -= chance
            chance *= odds * (number - count) / (count + 1.0)
            count += 1.0
        return count
    variance = mean * other
    if variance > MANY:
        return _whole_normal(mean, math.sqrt(variance), 0.0, number, stream)
    root = math.sqrt(variance)
    b = 1.15 + 2.53 * root
    a = -0.0873 + 0.0248 * b + 0.01 * probability
    c = mean + 0.5
    v_r = 0.92 - 4.2 / b
    alpha = (2.83 + 5.1 / b) * root
    log_odds = math.log(probability / other)
    mode = math.floor((number + 1.0) * probability)
    height = _log_factorial(mode) + _log_factorial(number - mode)
    while True:
        u = uniform(stream) - 0.5
        v = uniform(stream)
        us = 0.5 - abs(u)
        k = math.floor((2.0 * a / us + b) * u + c)
        if us >= 0.07 and v <= v_r:
            return k
        if k < 0.0 or k > number:
            continue
        bound = height - _log_factorial(k) - _log_factorial(number - k) + (k - mode) * log_odds
        if math.log(v * alpha / (a / (us * us) + b)) <= bound:
            return k


@njit(cache=True)
def gamma(shape, stream):
    """Return a gamma number of scale 1, for a shape of at least 1.

    References
    ----------
    Marsaglia & Tsang (2000), https://doi.org/10.1145/358407.358414
    """
    d = shape - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    while True:
        x = normal(stream)
        v = (1.0 + c * x) ** 3
        if v <= 0.0:
            continue
        u = uniform(stream)
        if math.log(u) < 0.5 * x * x + d - d * v + d * math.log(v):
            return d * v


@njit(cache=True)
def geometric_sum(number, probability, stream):
    """Return the sum of ``number`` geometric counts (0, 1, 2 ...), each with chance ``probability`` to stop.

    A negative binomial count, as a Poisson count of gamma mean; above a variance of ``MANY`` a rounded normal one.
    """
    if number <= 0.0 or probability >= 1.0:
        return 0.0
    odds = (1.0 - probability) / probability
    variance = number * odds / probability
    if variance > MANY and number > 1e4:
        return _whole_normal(number * odds, math.sqrt(variance), 0.0, np.inf, stream)
    if number == 1.0:
        return math.floor(math.log(uniform(stream)) / math.log1p(-probability))
    return poisson(gamma(number, stream) * odds, stream)
