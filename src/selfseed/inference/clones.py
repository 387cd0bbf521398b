"""From expression and scores to the clones of a scenario: folds against a reference, tropism by signature."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import yaml

from selfseed.base.errors import Problem, ScenarioError, nearest
from selfseed.inference.signatures import Scores
from selfseed.processes import GENES
from selfseed.scenario import from_dict
from selfseed.scenario.document import Loader
from selfseed.scenario.model import MOST_CLONES

MOST_FOLD = 1000.0
"""The largest fold that a scenario takes."""
TROPISM_PER_SD = 3.0
"""Fold of tropism per standard deviation of a signature, unless one is asked for: an assumption."""
LABEL = "GFP"
DIGITS = 6


@dataclass(frozen=True)
class Profile:
    """Hold what is known of the expression of some clones.

    Attributes
    ----------
    source : str
        The file.
    names : tuple of str
        Samples or groups.
    log2 : float[name, gene]
        In the order of ``GENES``; NaN where it is not known.
    scores : float[name, signature]
    unit : float[signature]
        One standard deviation of the score, see `unit_of`.
    organs : tuple of str
        The organ of each signature.
    """

    source: str
    names: tuple[str, ...]
    log2: np.ndarray
    scores: np.ndarray
    unit: np.ndarray
    organs: tuple[str, ...]


@dataclass(frozen=True)
class Clones:
    """Hold the block ``clones:`` of a scenario, which clone is the reference, and what was decided."""

    block: Mapping[str, Any]
    reference: str
    notes: tuple[str, ...]


def unit_of(scores: Scores) -> np.ndarray:
    """Return what counts as one standard deviation of each score.

    A z-score is in standard deviations of its genes already, so that the noise of single genes, which the mean over a
    signature averages out, is not blown up again. Any other score is measured by its spread between samples.
    """
    if scores.method == "zscore":
        return np.ones(len(scores.signatures))
    columns = [column[np.isfinite(column)] for column in scores.values.T]
    return np.array([column.std(ddof=1) if column.size > 1 else np.nan for column in columns])


def folds(profile: Profile, reference: str) -> np.ndarray:
    """Return the fold of each gene against the reference (name, gene), not clipped.

    Raises
    ------
    ScenarioError
        When there is no such sample or group.
    """
    return np.exp2(profile.log2 - profile.log2[_place(profile, reference)])


def make_clones(profile: Profile, reference: str, tropism_per_sd: float = TROPISM_PER_SD) -> Clones:
    r"""Return one clone for each sample or group.

    Parameters
    ----------
    profile : Profile
    reference : str
        The sample or group in which every expression is 1.
    tropism_per_sd : float, > 0
        P in the fold on the chance to take root in the organ o of a signature,

        .. math:: P^{(s_{o} - s_{o,\text{reference}}) / u_o} ,

        u being one standard deviation, see `unit_of`.

    Raises
    ------
    ScenarioError
        When there is no such sample or group, or more than a scenario has clones.

    Notes
    -----
    That a score raises the chance to settle, and that it does so by the same fold for every standard deviation, is
    assumed: signatures are known to rank tumours, not to scale the chance. What the fold does is a choice, not a fit.
    """
    place = _place(profile, reference)
    if len(profile.names) > MOST_CLONES - 1:
        remedy = f"at most {MOST_CLONES - 1} clones; put samples together with --group-by"
        raise ScenarioError(profile.source, [Problem("--clones", f"{len(profile.names)} samples", remedy)])
    notes: list[str] = []
    called = _names(profile.names, notes)
    fold = folds(profile, reference)
    with np.errstate(invalid="ignore", divide="ignore"):
        tropism = tropism_per_sd ** ((profile.scores - profile.scores[place]) / profile.unit)
    block: dict[str, Any] = {called[place]: {}}
    for number, name in enumerate(called):
        if number != place:
            block[name] = {
                "from": called[place],
                "expression": _told(name, GENES, fold[number], notes),
                "tropism": _told(name, profile.organs, tropism[number], notes),
            }
    _say_what_is_unknown(profile, place, notes)
    return Clones(block, called[place], tuple(notes))


def make_scenario(clones: Clones, source: str) -> dict[str, Any]:
    """Return a scenario to start from: a labelled donor of each clone in one gland, the reference in the other.

    Parameters
    ----------
    clones : Clones
    source : str
        The file that the clones come from.
    """
    donors: dict[str, Any] = {name: said for name, said in clones.block.items() if name != clones.reference}
    block = {clones.reference: {}} | {name: {**said, "label": LABEL} for name, said in donors.items()}
    twin = _free(f"{clones.reference[:45]} labelled", block)
    block[twin] = {"from": clones.reference, "label": LABEL}
    order = [*donors, twin]
    first = order[0]
    sites = {"donor": "mammary_gland", "recipient": "mammary_gland", "lung": "lung", "bone": "bone", "brain": "brain"}
    return {
        "selfseed": 1,
        "title": f"Who seeds the tumour in the other gland? Clones of {source}"[:200],
        "host": "mouse",
        "clones": block,
        "sites": {site: {"organ": organ} for site, organ in sites.items()},
        "procedures": [
            {"implant": first, "site": "donor", "cells": "1e6 cells", "at": "0 day"},
            {"implant": clones.reference, "site": "recipient", "cells": "1e6 cells", "at": "0 day"},
        ],
        "arms": {f"donor {name}"[:60].rstrip(): {} if name == first else {"swap": {first: name}} for name in order},
        "measurements": [
            {"volume": ["donor", "recipient"], "every": "2 day"},
            {"label_share": LABEL, "sites": ["recipient", "lung", "bone", "brain"], "at": "60 day"},
            {"ctc": ["vein", "artery"], "at": ["30 day", "60 day"]},
        ],
        "duration": "60 day",
        "replicates": 20,
    }


def clones_text(clones: Clones, source: str, how: str) -> str:
    """Return the block ``clones:`` as YAML, with where it comes from; a scenario that holds it is valid.

    Raises
    ------
    ScenarioError
        When a name of a sample cannot be that of a clone.
    """
    from_dict(make_scenario(clones, "these"))
    return _comment(source, how) + _yaml({"clones": dict(clones.block)})


def scenario_text(clones: Clones, source: str, how: str) -> str:
    """Return a whole scenario as YAML, ready to be simulated.

    Raises
    ------
    ScenarioError
        When a name of a sample cannot be that of a clone.
    """
    document = make_scenario(clones, _one_line(source))
    from_dict(document)
    return _comment(source, how) + _yaml(document)


def _place(profile: Profile, name: str) -> int:
    if name in profile.names:
        return profile.names.index(name)
    close = nearest(name, profile.names)
    there = ", ".join(profile.names[:8]) + (", ..." if len(profile.names) > 8 else "")
    remedy = f"did you mean '{close}'?" if close else f"there are: {there}"
    raise ScenarioError(profile.source, [Problem("--reference", repr(name[:60]), remedy)])


def _names(samples: Sequence[str], notes: list[str]) -> list[str]:
    """Return names that a scenario allows, each once."""
    called: list[str] = []
    for sample in samples:
        plain = re.sub(r"[^\w .+-]", "_", sample).strip(" .+-")[:50].rstrip() or "clone"
        called.append(_free(plain, called))
    changed = [f"'{sample[:60]}' is '{name}'" for sample, name in zip(samples, called, strict=True) if sample != name]
    if changed:
        notes.append(f"names changed to what a scenario allows: {'; '.join(changed[:3])}{', ...' * (len(changed) > 3)}")
    return called


def _free(name: str, taken: Sequence[str] | Mapping[str, Any]) -> str:
    number, free = 2, name
    while free in taken:
        free, number = f"{name} {number}", number + 1
    return free


def _told(clone: str, words: Sequence[str], values: np.ndarray, notes: list[str]) -> dict[str, float]:
    told = {}
    for word, value in zip(words, values, strict=True):
        if np.isfinite(value):
            told[word] = float(f"{min(value, MOST_FOLD):.{DIGITS}g}")
        if value > MOST_FOLD:
            told[word] = MOST_FOLD
            notes.append(f"{clone}: {word} is {value:.3g}-fold, clipped to {MOST_FOLD:g}, the most a scenario takes")
    return told


def _say_what_is_unknown(profile: Profile, place: int, notes: list[str]) -> None:
    genes = [gene for gene, value in zip(GENES, profile.log2[place], strict=True) if not np.isfinite(value)]
    if genes:
        notes.append(f"{', '.join(genes)}: not measured in the reference; the fold stays 1")
    for number, name in enumerate(profile.names):
        lost = np.isfinite(profile.log2[place]) & ~np.isfinite(profile.log2[number])
        if lost.any():
            told = ", ".join(gene for gene, gone in zip(GENES, lost, strict=True) if gone)
            notes.append(f"{name}: {told} not measured; the fold stays 1")
    flat = [organ for organ, reach in zip(profile.organs, _reach(profile), strict=True) if not reach > 0.0]
    if flat:
        notes.append(f"{', '.join(flat)}: no score, or the same in all; tropism stays 1")


def _reach(profile: Profile) -> np.ndarray:
    """Return how far each score reaches between the clones, in its unit; 0 where nothing is known."""
    known = [column[np.isfinite(column)] for column in profile.scores.T]
    reach = np.array([np.ptp(column) if column.size else 0.0 for column in known])
    return np.where(profile.unit > 0.0, reach, 0.0)


def _one_line(text: str) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in text)


def _comment(source: str, how: str) -> str:
    lines = [f"Clones from {source}", *how.splitlines(), "The slope of tropism is an assumption, not a measurement."]
    return "".join(f"# {_one_line(line)}\n" for line in lines)


class _Dumper(yaml.SafeDumper):
    """Quote exactly what the reader of scenarios would take for something else than text."""

    yaml_implicit_resolvers = Loader.yaml_implicit_resolvers


def _yaml(document: Mapping[str, Any]) -> str:
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)
