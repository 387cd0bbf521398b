"""From read counts to what the walk over clone trees starts from: likelihoods on a grid, priors, a first tree."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.special import betaln, gammaln, log_ndtr, logsumexp

from selfseed.history.counts import ReadCounts
from selfseed.kernels.clone_trees import Law

Array = NDArray[np.float64]


@dataclass(frozen=True)
class TreePrior:
    r"""Set what is believed of clone trees before any read is seen.

    Parameters
    ----------
    points : int, >= 20
        Parts into which the share of tumour cells is divided.
    smallest_share : float, in (0, 1)
        The share of a present clone below which it becomes less and less likely (as its square), never impossible.
    presence : float, > 0
        The weight :math:`\lambda` of a present clone against an absent one, per unit of share.
    concentrations : tuple of float, > 0
        Concentrations of the clustering of mutations (Chinese restaurant), equally likely.
    pure : float, in (0, 1)
        The chance that the stated purity of a sample is exact; else the share of tumour cells is anything.
    second_trunk : float
        The log prior of each further clone that arose from normal cells [nat].
    clone : float
        The log prior of each clone beside all that [nat].
    further_site : float
        The log prior of each site of a clone beyond its first [nat]: clones that have spread mostly mutate on.
    correlation : float, >= 0
        The correlation of two reads of one site beyond the binomial law.
    outlier : float, in (0, 1)
        The chance that a count of reads says nothing.
    """

    points: int = 64
    smallest_share: float = 0.1
    presence: float = 0.25
    concentrations: tuple[float, ...] = (1.0, 3.0, 10.0, 30.0)
    pure: float = 0.8
    second_trunk: float = -5.0
    clone: float = 2.5
    further_site: float = -1.0
    correlation: float = 2e-4
    outlier: float = 1e-5


def estimate_error(reads: ReadCounts, steps: int = 50) -> float:
    """Return the chance that a read of a sample without the mutation shows it all the same, from the counts alone.

    Each count is from a sample without the mutation (few errors) or with it (any number of variant reads, equally
    likely); expectation and maximization, under a prior worth 1,000 reads at an error of 1 in 2,000.
    """
    variant, depth = reads.variant.astype(float), reads.depth.astype(float)
    error = 1e-3
    for _ in range(steps):
        log_absent = (
            gammaln(depth + 1)
            - gammaln(variant + 1)
            - gammaln(depth - variant + 1)
            + variant * np.log(error)
            + (depth - variant) * np.log1p(-error)
        )
        absent = 1.0 / (1.0 + np.exp(np.clip(-np.log(depth + 1.0) - log_absent, -700, 700)))
        error = float((np.sum(absent * variant) + 0.5) / (np.sum(absent * depth) + 1000.0))
    return min(error, 0.02)


def read_likelihood(reads: ReadCounts, prior: TreePrior, error: float) -> Array:
    """Return the log-likelihood (n, m, points + 1) of each mutation at each fraction of tumour cells that carry it."""
    fraction = np.arange(prior.points + 1) / prior.points
    expected = reads.purity[:, None] * fraction / 2.0
    expected = error + expected * (1.0 - 2.0 * error)
    variant = reads.variant.T[:, :, None].astype(float)
    reference = reads.reference.T[:, :, None].astype(float)
    depth = variant + reference
    ways = gammaln(depth + 1) - gammaln(variant + 1) - gammaln(reference + 1)
    if prior.correlation > 0.0:
        size = 1.0 / prior.correlation - 1.0
        a, b = expected * size, (1.0 - expected) * size
        log = ways + betaln(variant + a, reference + b) - betaln(a, b)
    else:
        log = ways + variant * np.log(expected) + reference * np.log1p(-expected)
    nothing = np.log(prior.outlier) - np.log(depth + 1)
    return np.logaddexp(log + np.log1p(-prior.outlier), nothing)


def gather(reads: ReadCounts, likelihood: Array, most: int = 150) -> tuple[NDArray[np.int64], Array]:
    """Return which mutations are treated as one, and the log-likelihood of each such group.

    Given clusters are kept together. Where there are still more than ``most``, those of nearly the same frequencies in
    all samples are joined (Ward's method on arcsines of square roots, which makes all errors alike). A group counts as
    at most 20 mutations: beyond that copy numbers, not reads, limit what is known.
    """
    mutations = likelihood.shape[0]
    group = np.arange(mutations)
    if reads.cluster is not None:
        group = np.where(reads.cluster >= 0, reads.cluster, np.max(reads.cluster, initial=-1) + 1 + group)
    _, group = np.unique(group, return_inverse=True)
    if group.max() + 1 > most:
        count = group.max() + 1
        variant = np.array([reads.variant[:, group == one].sum(axis=1) for one in range(count)])
        depth = np.array([reads.depth[:, group == one].sum(axis=1) for one in range(count)])
        angle = np.arcsin(np.sqrt((variant + 0.1) / (depth + 0.2)))
        joined = fcluster(linkage(angle, "ward"), most, "maxclust")
        _, group = np.unique(joined[group], return_inverse=True)
    size = np.bincount(group)
    total = np.zeros((size.size, *likelihood.shape[1:]))
    np.add.at(total, group, likelihood)
    return group, total * np.minimum(1.0, 20.0 / size)[:, None, None]


def prepare_law(likelihood: Array, prior: TreePrior, clones: int) -> Law:
    """Return all that stays the same while trees change; at most ``clones`` clones."""
    mutations, samples, _ = likelihood.shape
    share = np.arange(prior.points + 1) / prior.points
    slab = prior.presence / prior.points * np.minimum(1.0, (share / prior.smallest_share) ** 2)
    flat_from = int(np.ceil(prior.smallest_share * prior.points - 1e-9))
    total = np.full(prior.points + 1, (1.0 - prior.pure) / prior.points)
    total[-1] = prior.pure
    own = np.concatenate([[1.0], slab[1:]])
    log_prior = np.zeros(clones + 1)
    weight = np.zeros(prior.points + 1)
    weight[0] = 1.0
    for count in range(1, clones + 1):
        weight = np.convolve(weight, own)[: prior.points + 1]
        log_prior[count] = -samples * np.log(weight @ total) - (count - 1) * np.log(count + 1) + prior.clone * count
    weights = np.exp(likelihood - logsumexp(likelihood, axis=2, keepdims=True))
    key = weights @ share + 1e-9 * np.arange(mutations)[:, None]
    return Law(
        np.ascontiguousarray(likelihood), key, slab, flat_from, total, log_prior,
        np.array(prior.concentrations, dtype=float), prior.second_trunk,
    )  # fmt: skip


def first_tree(
    law: Law, cluster: NDArray[np.int64] | None, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return a plausible tree to start from: (parent of each vertex, vertex of each mutation).

    Mutations seen in the same samples are one clone; the most widespread clone comes first, and each further one goes
    under a clone with room for it.
    """
    if cluster is None:
        with np.errstate(divide="ignore"):
            present = logsumexp(law.likelihood[:, :, 1:] + np.log(law.slab[1:]), axis=2) > law.likelihood[:, :, 0]
        _, cluster = np.unique(present, axis=0, return_inverse=True)
    _, cluster = np.unique(np.ravel(cluster), return_inverse=True)
    clones = int(cluster.max()) + 1
    share = np.linspace(0.0, 1.0, law.slab.size)
    total = np.stack([law.likelihood[cluster == clone].sum(axis=0) for clone in range(clones)])
    weights = np.exp(total - total.max(axis=2, keepdims=True))
    weights /= weights.sum(axis=2, keepdims=True)
    mean = weights @ share
    variance = np.maximum(weights @ share**2 - mean**2, 0.0)
    order = np.argsort(-mean.sum(axis=1))
    vertex = np.empty(clones, dtype=np.int64)
    vertex[order] = np.arange(1, clones + 1)
    room = np.zeros((clones + 1, mean.shape[1]))
    spread = np.zeros_like(room)
    parent = np.full(clones + 1, -1, dtype=np.int64)
    room[0] = 1.0
    for place, clone in enumerate(order, start=1):
        fit = log_ndtr((room[:place] - mean[clone]) / np.sqrt(spread[:place] + variance[clone] + 4e-4) + 1.0).sum(
            axis=1
        )
        fit[0] -= 4.0 if place > 1 else 0.0
        above = int(np.argmax(fit + rng.gumbel(size=place) * 0.5))
        parent[place] = above
        room[above] -= mean[clone]
        spread[above] += variance[clone]
        room[place], spread[place] = mean[clone], variance[clone]
    return parent, vertex[cluster]
