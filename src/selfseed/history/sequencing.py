"""Sequence virtual samples: from the shares of cells that carry each mutation to counts of reads."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from selfseed.history.counts import ReadCounts


def variant_fraction(shares: ArrayLike, purity: ArrayLike, error_rate: float = 0.0) -> NDArray[np.float64]:
    r"""Return the expected fraction of reads that show each mutation.

    Copies of the genome are neutral and the mutation is heterozygous; an error turns a read into the other kind:

    .. math:: v = \tfrac{1}{2} p f, \qquad v' = v (1 - \varepsilon) + (1 - v) \varepsilon

    Parameters
    ----------
    shares : array (m, n), in [0, 1]
        The share f of tumour cells of each sample that carry each mutation.
    purity : array (m,) or float, in (0, 1]
        The fraction p of tumour cells in each sample.
    error_rate : float, in [0, 0.5]
        The chance that a read shows the wrong base.

    Examples
    --------
    >>> variant_fraction([[1.0, 0.5]], 0.8).tolist()
    [[0.4, 0.2]]
    """
    carried = np.asarray(shares, dtype=float)
    pure = np.broadcast_to(np.asarray(purity, dtype=float), carried.shape[:1])
    true = 0.5 * pure[:, np.newaxis] * carried
    return np.asarray(true * (1.0 - error_rate) + (1.0 - true) * error_rate, dtype=np.float64)


def sequence(
    shares: ArrayLike,
    mutations: tuple[str, ...],
    samples: tuple[str, ...],
    site: tuple[str, ...],
    *,
    coverage: float,
    purity: ArrayLike = 1.0,
    error_rate: float = 0.0,
    overdispersion: float = 0.0,
    depth_overdispersion: float = 0.0,
    rng: np.random.Generator,
) -> ReadCounts:
    r"""Return the reads that sequencing of such samples might count.

    Depths are Poisson, or negative binomial with variance :math:`c + a c^2`; variant reads are binomial, or
    beta-binomial with the intra-class correlation :math:`\rho`, each with the mean of ``variant_fraction``.

    Parameters
    ----------
    shares : array (m, n), in [0, 1]
        The share of tumour cells of each sample that carry each mutation.
    mutations : tuple of str, length n
    samples, site : tuple of str, length m
    coverage : float, > 0 [reads]
        The mean depth c.
    purity : array (m,) or float, in (0, 1]
    error_rate : float, in [0, 0.5]
    overdispersion : float, in [0, 1)
        The correlation rho of reads of one mutation in one sample; 0 for independent reads.
    depth_overdispersion : float, >= 0
        a, the squared coefficient of variation of the depth beyond chance.
    rng : numpy.random.Generator

    Returns
    -------
    ReadCounts
    """
    carried = np.asarray(shares, dtype=float)
    mean = np.full(carried.shape, coverage)
    if depth_overdispersion > 0:
        mean = rng.gamma(1 / depth_overdispersion, coverage * depth_overdispersion, carried.shape)
    depth = rng.poisson(mean)
    fraction = variant_fraction(carried, purity, error_rate)
    if overdispersion > 0:
        fraction = _spread(fraction, overdispersion, rng)
    variant = rng.binomial(depth, fraction)
    pure = np.broadcast_to(np.asarray(purity, dtype=float), carried.shape[:1]).copy()
    return ReadCounts(mutations, samples, site, depth - variant, variant, pure)


def _spread(mean: NDArray[np.float64], correlation: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return fractions drawn from the beta law with this mean; 0 and 1 stay."""
    size = 1 / correlation - 1
    inner = (mean > 0) & (mean < 1)
    drawn = mean.copy()
    drawn[inner] = rng.beta(mean[inner] * size, (1 - mean[inner]) * size)
    return drawn
