"""What sequencing counted, or said, of each mutation in each sample."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class ReadCounts:
    """Hold reads with and without each mutation, sample by sample.

    Copy-number neutral and heterozygous is assumed: in a sample of tumour purity ``p`` a mutation carried by the
    fraction ``f`` of the tumour cells shows in ``p f / 2`` of the reads.

    Parameters
    ----------
    mutations : tuple of str, length n
    samples : tuple of str, length m
    site : tuple of str, length m
        The site each sample was taken from; several samples may share one.
    reference, variant : integer array (m, n), >= 0 [reads]
        Reads without and with the mutation. Both 0 where a mutation was not covered.
    purity : array (m,), in (0, 1]
        The fraction of tumour cells in each sample.
    cluster : integer array (n,), optional
        The cluster of each mutation where clusters are given and to be kept; -1 everywhere else.
    """

    mutations: tuple[str, ...]
    samples: tuple[str, ...]
    site: tuple[str, ...]
    reference: NDArray[np.int64]
    variant: NDArray[np.int64]
    purity: NDArray[np.float64]
    cluster: NDArray[np.int64] | None = None

    @property
    def depth(self) -> NDArray[np.int64]:
        """All reads, array (m, n) [reads]."""
        return self.reference + self.variant

    @property
    def sites(self) -> tuple[str, ...]:
        """The sites, each once, in the order of their names."""
        return tuple(sorted(set(self.site)))


@dataclass(frozen=True)
class Frequencies:
    """Hold intervals for the share of cells that carry each mutation cluster, sample by sample.

    Parameters
    ----------
    clusters : tuple of str, length n
    samples, site : tuple of str, length m
    lower, upper : array (m, n), 0 <= lower <= upper <= 1
        The bounds of the share of tumour cells that carry the cluster.
    """

    clusters: tuple[str, ...]
    samples: tuple[str, ...]
    site: tuple[str, ...]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]

    @property
    def sites(self) -> tuple[str, ...]:
        """The sites, each once, in the order of their names."""
        return tuple(sorted(set(self.site)))
