"""What the files of a patient hold, where the tumour began, and the inference that fits both."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from selfseed.base.errors import Problem, ScenarioError
from selfseed.history import read
from selfseed.history.counts import Frequencies, ReadCounts
from selfseed.history.problems import check_primary
from selfseed.history.tree import CloneTree

if TYPE_CHECKING:
    from selfseed.history.answer import Answer

PathLike = str | os.PathLike[str]
Evidence = CloneTree | ReadCounts
UNKNOWN = "unknown"
"""What is said in place of a primary to have all sites compared."""

FROM_INTERVALS = (
    "Frequency intervals are taken for the 95 % intervals of read counts, each cluster for one mutation of its own."
)


@dataclass(frozen=True)
class Patient:
    """Hold what was read of one patient.

    Parameters
    ----------
    evidence : CloneTree or ReadCounts
    files : tuple of str
        Where it was read from.
    kind : {"tree", "reads", "frequencies"}
        What the files hold.
    primaries : tuple of str
        The sites that the files call primary; none where they do not say.
    notes : tuple of str
        What was assumed in reading.
    """

    evidence: Evidence
    files: tuple[str, ...]
    kind: str
    primaries: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def sites(self) -> tuple[str, ...]:
        """The sites, in the order of their names."""
        return self.evidence.sites

    @property
    def name(self) -> str:
        """The name of the first file, without its ending."""
        return os.path.splitext(os.path.basename(self.files[0]))[0]


def read_patient(
    *files: PathLike,
    purity: read.Purity | None = None,
    columns: Mapping[str, str | Sequence[str]] | None = None,
    drop_altered: bool = False,
    clones_by_name: bool = True,
) -> Patient:
    """Read a clone tree (with its labeling), a table of read counts, or one of frequency intervals.

    Parameters
    ----------
    *files : path
        One, or a tree and its labeling; see ``history.read.read``.
    purity, columns, drop_altered
        For tables of read counts; see ``history.read.read_counts``.
    clones_by_name : bool
        For trees: with False each leaf is a clone; see ``history.read.read_tree``.

    Raises
    ------
    ScenarioError
        With every problem of the files; or if all samples were taken from one site.
    """
    names = tuple(os.fspath(file) for file in files)
    for_counts = purity is not None or bool(columns) or drop_altered
    notes: tuple[str, ...] = ()
    found: CloneTree | ReadCounts | Frequencies
    if for_counts and len(files) == 1:
        found = read.read_counts(files[0], purity=purity, columns=columns, drop_altered=drop_altered)
    else:
        found = read.read(*files)
    if for_counts and not isinstance(found, ReadCounts):
        problem = Problem("purity, columns", "are for read counts", "a tree and its labeling need neither")
        raise ScenarioError(", ".join(names), [problem])
    if not clones_by_name and not isinstance(found, CloneTree):
        raise ScenarioError(", ".join(names), [Problem("leaves", "are of clone trees", "reads have none to keep")])
    kind = _kind(found)
    primaries = () if isinstance(found, CloneTree) else read.read_primaries(files[0])
    if isinstance(found, Frequencies):
        from selfseed.history.phylogeny import counts_from_frequencies

        found, notes = counts_from_frequencies(found), (FROM_INTERVALS,)
    if isinstance(found, CloneTree):
        every = _every_vertex(names)
        found, notes = (found, _merged(found, every)) if clones_by_name else (every, ())
    patient = Patient(found, names, kind, primaries, notes)
    _check_sites(patient)
    return patient


def choose_primary(patient: Patient, asked: str | None) -> tuple[str | None, str]:
    """Return the primary, None to have all sites compared, and a sentence that says why.

    Parameters
    ----------
    patient : Patient
    asked : str or None
        A site; ``unknown``; or None to take what the files say, if they do.

    Raises
    ------
    ScenarioError
        If ``asked`` is none of the sites.

    Examples
    --------
    >>> tree = CloneTree(("a", "b"), (-1, 0), (frozenset(["breast"]), frozenset(["lung"])))
    >>> choose_primary(Patient(tree, ("T.tree",), "tree"), "breast")
    ('breast', 'The primary is breast, as asked.')
    """
    if asked is not None and (asked != UNKNOWN or UNKNOWN in patient.sites):
        return check_primary(asked, patient.sites), f"The primary is {asked}, as asked."
    if asked is None and len(patient.primaries) == 1:
        return patient.primaries[0], f"The primary is {patient.primaries[0]}, as {patient.files[0]} says."
    return None, "No primary is given: every site is tried as the primary, and all are weighed on one scale."


def infer_history(
    source: Evidence | Frequencies | PathLike | Sequence[PathLike],
    primary: str | None = None,
    *,
    prior: float | None = None,
    seed: int = 0,
    budget_seconds: float = 20.0,
    leave_out: bool = True,
    say: Callable[[str], None] = lambda text: None,
) -> "Answer":
    """Infer where a patient's tumour cells came from, and whether they came back.

    Parameters
    ----------
    source : CloneTree, ReadCounts, Frequencies, or path, or paths
        What is known of the patient, or the files that hold it; see ``read_patient``.
    primary : str, optional
        The site where the tumour began. Without it, and where the files do not say, all sites are compared.
    prior : float, in (0, 1), optional
        The probability of reseeding before this patient was looked at; ``history.infer.PRIOR`` unless given.
    seed : int, 0 <= seed < 2**63
    budget_seconds : float, > 0 [s]
        From reads, no new work is begun after this time.
    leave_out : bool
        Whether to infer again without each site (of a tree) or sample (of reads).
    say : callable
        Is told what is done.

    Returns
    -------
    Answer

    Raises
    ------
    ScenarioError
        If the files have problems, or a number is out of its range.

    Examples
    --------
    >>> infer_history(("T.tree", "T.labeling"), "breast").p_reseeding    # doctest: +SKIP
    """
    from selfseed.history.infer import PRIOR, infer_from_reads, infer_from_tree

    wanted = PRIOR if prior is None else prior
    check_numbers(prior=wanted, seed=seed, budget_seconds=budget_seconds)
    patient = _patient(source)
    chosen, _ = choose_primary(patient, primary)
    evidence = patient.evidence
    if isinstance(evidence, CloneTree):
        return infer_from_tree(evidence, chosen, prior=wanted, seed=seed, leave_out=leave_out, say=say)
    return infer_from_reads(
        evidence, chosen, prior=wanted, seed=seed, budget_seconds=budget_seconds, leave_out=leave_out, say=say
    )


def check_numbers(*, prior: float, seed: int, budget_seconds: float) -> None:
    """Stop if a number is out of its range.

    Raises
    ------
    ScenarioError
        With each of them.
    """
    problems = []
    if not 0.0 < prior < 1.0:
        problems.append(Problem("prior of reseeding", f"= {prior:g}", "must be above 0 and below 1"))
    if not 0 <= seed < 2**63:
        problems.append(Problem("seed", f"= {seed}", "must be a whole number from 0 to 2^63 - 1"))
    if not 0.0 < budget_seconds <= 1e7:
        problems.append(Problem("budget", f"= {budget_seconds:g} s", "must be above 0, and at most 10,000,000 s"))
    if problems:
        raise ScenarioError("the question", problems)


def _patient(source: Evidence | Frequencies | PathLike | Sequence[PathLike]) -> Patient:
    if isinstance(source, Frequencies):
        from selfseed.history.phylogeny import counts_from_frequencies

        source = counts_from_frequencies(source)
    if isinstance(source, CloneTree | ReadCounts):
        patient = Patient(source, ("the patient",), _kind(source))
        _check_sites(patient)
        return patient
    return read_patient(source) if isinstance(source, str | os.PathLike) else read_patient(*source)


def _kind(found: Evidence | Frequencies) -> str:
    if isinstance(found, CloneTree):
        return "tree"
    return "reads" if isinstance(found, ReadCounts) else "frequencies"


def _every_vertex(files: Sequence[str]) -> CloneTree:
    """Return the tree of the files with each of its vertices for a clone."""
    tree, *labeling = sorted(files, key=lambda name: name.endswith(".labeling"))
    return read.read_tree(tree, *labeling, clones_by_name=False)


def _merged(tree: CloneTree, every: CloneTree) -> tuple[str, ...]:
    """Return notes on what reading took for granted: leaves that are no clones, and sites that were left out."""
    gone = [name for name in every.names if name not in tree.names]
    unseen = sum(not seen for seen in tree.observed)
    notes = []
    if len(every) > len(tree):
        number = len(every) - len(tree)
        named = f" ({', '.join(gone[:6])}{', ...' if len(gone) > 6 else ''})" if len(gone) == number else ""
        what = "leaf is taken for an occurrence" if number == 1 else "leaves are taken for occurrences"
        notes.append(f"{number} {what} of the clone above, by name{named}; all others are clones.")
    if unseen:
        notes.append(f"{unseen} of {len(tree)} clones were seen nowhere, only their descendants were.")
    notes.append("The clone tree, and where each clone was seen, are taken as certain.")
    return tuple(notes)


def _check_sites(patient: Patient) -> None:
    if len(patient.sites) > 1:
        return
    seen = f"only {patient.sites[0]!r} was sampled" if patient.sites else "no clone was seen anywhere"
    raise ScenarioError(", ".join(patient.files), [Problem("sites", seen, "a migration needs two sites or more")])
