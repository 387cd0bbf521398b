"""A finished run: what was asked, what happened, and where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selfseed.results.words import TABLES

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from selfseed.scenario import Scenario


@dataclass(frozen=True, eq=False, repr=False)
class Run:
    """Hold everything that one simulation left behind.

    Attributes
    ----------
    scenario : Scenario
        What was asked.
    arrays : xarray.Dataset
        Everything over arms, replicates, time, sites and clones; ``results.words.VARIABLES`` says what is in it.
    families : pandas.DataFrame
        One row per family: the descendants of one implant, injection, seed or change of clone.
    deposits : pandas.DataFrame
        One row per deposit: a mass, a clump, or a metastasis.
    events : pandas.DataFrame
        One row per implantation, injection, resection and seeding.
    uncertain : pandas.DataFrame
        The outcome of the control arm over the magnitudes that nobody has measured; one row per value, site and
        quantity, none where the scenario names no such magnitude.
    manifest : mapping
        Provenance: versions, seed, hashes, resources.

    Examples
    --------
    >>> import selfseed
    >>> run = selfseed.open("runs/kim2009-two-gland")    # doctest: +SKIP
    >>> print(run)                                       # doctest: +SKIP
    >>> run.arrays.volume.sel(arm="LM2", site="recipient").median("replicate")    # doctest: +SKIP
    """

    scenario: Scenario
    arrays: xr.Dataset
    families: pd.DataFrame
    deposits: pd.DataFrame
    events: pd.DataFrame
    uncertain: pd.DataFrame
    manifest: Mapping[str, Any] = field(default_factory=dict)

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables by name."""
        return {name: getattr(self, name) for name in TABLES}

    @property
    def seeds(self) -> pd.DataFrame:
        """Return the events in which a cell, or a cluster, that came by blood took root."""
        return self.events[self.events["event"] == "seed"]

    @property
    def sha256(self) -> str:
        """Return the hash of the arrays and tables: equal for equal bits, and for nothing else."""
        return self.manifest["arrays_sha256"]

    def save(self, out: str | Path, force: bool = False, summary: Mapping[str, Any] | None = None) -> Path:
        """Keep the run in a directory of its own, whole or not at all, and return its path.

        Parameters
        ----------
        out : str or path
            Must not exist; its parent must.
        force : bool
            Replace the run that is there.
        summary : mapping, optional
            What ``selfseed.analysis.summary`` says about the run, to be kept beside it.

        Raises
        ------
        OutputError
            If the directory cannot be written, or holds something that is not a run.
        """
        from selfseed.results.store import write

        return write(self, out, summary, force=force)

    def __str__(self) -> str:
        from selfseed.results.text import describe

        return describe(self)

    def __repr__(self) -> str:
        sizes = self.arrays.sizes
        return f"<Run '{self.scenario.title}': {sizes['arm']} arms of {sizes['replicate']}>"
