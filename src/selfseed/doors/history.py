"""The commands of migration histories: infer one, score one, simulate patients whose history is known."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from selfseed.base.errors import Problem, ScenarioError, nearest
from selfseed.doors.talk import Talk

app = typer.Typer(
    name="history",
    no_args_is_help=True,
    help="Infer from a patient's clone tree or reads whether tumour cells came back, and test such inference.",
)

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]
Force = Annotated[bool, typer.Option("--force", help="Replace the results that are there.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say what was assumed too.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the numbers for a program to read.")]


@app.command()
def infer(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FILES]...",
            help="Read counts; frequency intervals; a tree that names its sites; or a tree and its labeling.",
        ),
    ] = None,
    tree: Annotated[Path | None, typer.Option(help="A clone tree: MACHINA, MACH2, Metient, Newick, NEXUS.")] = None,
    labeling: Annotated[Path | None, typer.Option(help="The sites where its clones were seen.")] = None,
    primary: Annotated[
        str | None, typer.Option(help="The site where the tumour began; 'unknown' compares all sites.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Directory for the answer. If absent: runs/<date>-<file>-<hash>.")
    ] = None,
    prior_reseeding: Annotated[
        float, typer.Option(help="P(reseeding) before this patient was looked at, between 0 and 1.")
    ] = 0.25,
    seed: Annotated[int, typer.Option(help="Where the random numbers start.")] = 0,
    budget: Annotated[float, typer.Option(metavar="SECONDS", help="Begin no new work after this time.")] = 20.0,
    purity: Annotated[
        list[str] | None, typer.Option(help="The share of tumour cells: a number, or SAMPLE=NUMBER, repeatable.")
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option(help="MEANING=COLUMN of a table of reads; repeat it, also to join columns.")
    ] = None,
    drop_altered: Annotated[
        bool, typer.Option("--drop-altered", help="Leave out mutations whose copy number is altered.")
    ] = False,
    keep_leaves: Annotated[
        bool, typer.Option("--keep-leaves", help="Of a tree: each leaf is a clone, whatever its name.")
    ] = False,
    pattern: Annotated[
        str, typer.Option(help="Patterns that the most parsimonious histories may have; PS,S,M: no reseeding.")
    ] = "PS,S,M,R",
    no_leave_out: Annotated[
        bool, typer.Option("--no-leave-out", help="Do not infer again without each site or sample.")
    ] = False,
    as_json: AsJson = False,
    force: Force = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Infer a patient's migration history: did circulating tumour cells come back, from where, how surely.

    The last line on stdout is the path of the page; with --json stdout is what summary.json holds.
    """
    from selfseed.doors import history_job as job
    from selfseed.history.evidence import check_numbers, choose_primary, read_patient

    names = _names_of(files or [], tree, labeling)
    check_numbers(prior=prior_reseeding, seed=seed, budget_seconds=budget)
    patterns = _patterns(pattern)
    patient = read_patient(
        *names,
        purity=_purity(purity),
        columns=_columns(column),
        drop_altered=drop_altered,
        clones_by_name=not keep_leaves,
    )
    chosen, reason = choose_primary(patient, primary)
    asked = f"{patient.files} {chosen} {prior_reseeding} {seed} {budget} {pattern} {purity} {column} {drop_altered}"
    order = job.Order(
        patient=patient,
        primary=chosen,
        reason=reason,
        prior=prior_reseeding,
        seed=seed,
        budget_seconds=budget,
        leave_out=not no_leave_out,
        patterns=patterns,
        out=out or job.default_folder(patient.files, asked),
        force=force,
    )
    outcome = job.carry_out(order, Talk(quiet, verbose))
    print(job.as_json(outcome.summary) if as_json else f"{job.told(outcome)}\n{order.out / job.PAGE}")


@app.command()
def score(
    true_tree: Annotated[Path, typer.Argument(metavar="TRUE.tree")],
    true_labeling: Annotated[Path, typer.Argument(metavar="TRUE.labeling")],
    tree: Annotated[Path, typer.Argument(metavar="INFERRED.tree")],
    labeling: Annotated[Path, typer.Argument(metavar="INFERRED.labeling")],
    nodes: Annotated[Path | None, typer.Option(help="Which clone each inferred vertex belongs to (map.nodes).")] = None,
    primary: Annotated[
        str | None, typer.Option(help="The site where the tumour began. If absent: where each root stands.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Hold an inferred migration history against the true one."""
    from selfseed.history.problems import check_primary
    from selfseed.history.read import read_history
    from selfseed.history.score import score as compare

    true, inferred = read_history(true_tree, true_labeling), read_history(tree, labeling, nodes)
    if primary is not None:
        check_primary(primary, sorted({*true.site, *inferred.site}), "the command")
    found = compare(true, inferred, primary=primary)
    print(json.dumps(found) if as_json else _scores(found))


@app.command()
def simulate(
    out: Annotated[Path, typer.Option(help="Directory for the patients.")],
    count: Annotated[int, typer.Option(min=1, help="Patients.")] = 10,
    seed: Annotated[int, typer.Option(min=0, help="Where the random numbers start.")] = 0,
    kind: Annotated[
        list[str] | None,
        typer.Option(help="What may seed what: mS, S, M, R or free; repeat it for several, in turn. If absent: all."),
    ] = None,
    sites: Annotated[int | None, typer.Option(help="Growth ends when more sites are detectable.")] = None,
    coverage: Annotated[float | None, typer.Option(help="Mean reads a mutation.")] = None,
    purity: Annotated[float | None, typer.Option(help="The share of tumour cells in each sample.")] = None,
    broad: Annotated[bool, typer.Option("--broad", help="Draw every setting anew for each patient.")] = False,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Simulate patients whose migration history is known, in the files of MACHINA's benchmark.

    The last line on stdout is the path of the directory.
    """
    from selfseed.doors import history_patients

    given = {"detectable_sites": sites, "coverage": coverage, "purity": purity}
    plan = history_patients.make_plan(out, count, seed, kind or [], given, broad=broad, force=force)
    print(history_patients.carry_out(plan, Talk(quiet)))
    print(out)


@app.command()
def schema() -> None:
    """Print the JSON Schema of summary.json."""
    from selfseed.history.summary import SCHEMA

    print(json.dumps(SCHEMA, indent=2))


def _names_of(files: list[Path], tree: Path | None, labeling: Path | None) -> list[Path]:
    """Return the files to read, given one after another or by option."""
    if tree is not None and files:
        remedy = "give the tree once: as --tree, or as a file"
        raise ScenarioError("the command", [Problem("--tree", f"beside {files[0]}", remedy)])
    names = [tree] if tree is not None else list(files)
    if not names:
        remedy = "name a table of reads, or --tree T --labeling L"
        raise ScenarioError("the command", [Problem("FILES", "none is given", remedy)])
    if labeling is None:
        return names
    if len(names) > 1:
        raise ScenarioError("the command", [Problem("--labeling", f"beside {len(names)} files", "give it once")])
    return [*names, labeling]


def _patterns(text: str) -> tuple[str, ...]:
    from selfseed.history.refinement_search import PATTERNS

    words = tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    problems = [Problem("--pattern", repr(word), f"must be among {','.join(PATTERNS)}") for word in words]
    wrong = [problem for word, problem in zip(words, problems, strict=True) if word not in PATTERNS]
    if not words:
        wrong = [Problem("--pattern", repr(text), f"must name some of {','.join(PATTERNS)}")]
    if wrong:
        raise ScenarioError("the command", wrong)
    return words


def _purity(given: list[str] | None) -> float | dict[str, float] | None:
    """Return one purity for all samples, or one for each sample named."""
    if not given:
        return None
    found: dict[str, float] = {}
    problems = []
    for text in given:
        sample, _, number = text.rpartition("=")
        try:
            found[sample] = float(number)
        except ValueError:
            problems.append(Problem("--purity", repr(text), "a number above 0, at most 1; or SAMPLE=NUMBER"))
    if len(found) > 1 and "" in found:
        problems.append(
            Problem("--purity", "one for all, and some by sample", "give one number, or each sample its own")
        )
    if problems:
        raise ScenarioError("the command", problems)
    return found.get("", found)


def _columns(given: list[str] | None) -> dict[str, list[str]]:
    """Return which columns hold what; a meaning given several times has its columns joined."""
    from selfseed.interchange.counts import MEANINGS

    found: dict[str, list[str]] = {}
    problems = []
    for text in given or []:
        meaning, equals, name = text.partition("=")
        close = nearest(meaning, MEANINGS)
        if not equals or not name or meaning not in MEANINGS:
            hint = f"did you mean '{close}=...'?" if close and equals else f"MEANING=COLUMN, of {', '.join(MEANINGS)}"
            problems.append(Problem("--column", repr(text), hint))
        found.setdefault(meaning, []).append(name)
    if problems:
        raise ScenarioError("the command", problems)
    return found


def _scores(found: dict[str, Any]) -> str:
    lines = [
        f"{name:<16} F1 {part['f1']:.3f}  recall {part['recall']:.3f}  precision {part['precision']:.3f}"
        for name, part in found.items()
        if isinstance(part, dict) and "f1" in part
    ]
    for side in ("true", "inferred"):
        told = found[side]
        reseeded = ", ".join(told["reseed_sites"]) or "none"
        lines.append(
            f"{side:<16} {told['pattern']}: {told['mu']} migrations, {told['gamma']} comigrations, "
            f"{told['sigma']} seeding sites; reseeded: {reseeded}"
        )
    right = "right" if found["pattern_right"] else "wrong"
    lines.append(
        f"{'call':<16} reseeding {found['reseed_call']}, into the primary {found['reseed_primary_call']}, "
        f"pattern {right}"
    )
    return "\n".join(lines)


@app.command()
def calibrate(
    patients: Annotated[int, typer.Option(min=1, help="Patients with known truth.")] = 100,
    simulator: Annotated[
        str, typer.Option(help="'engine': the stochastic engine, never learned from; 'seeding': the one learned from.")
    ] = "engine",
    track: Annotated[str, typer.Option(help="'tree': infer from the true clone tree; 'reads': from reads.")] = "tree",
    prior_reseeding: Annotated[float, typer.Option(help="P(reseeding) before a patient was looked at.")] = 0.25,
    seed: Annotated[int, typer.Option(min=0, help="Where the random numbers start.")] = 0,
    budget: Annotated[float, typer.Option(metavar="SECONDS", help="For each patient, from reads.")] = 20.0,
    workers: Annotated[int, typer.Option(min=1, help="Processes to use; never changes a number.")] = 1,
    out: Annotated[Path, typer.Option(help="Directory for the tables.")] = Path("calibration"),
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Hold probabilities of reseeding against the truth of virtual patients: scores and the reliability curve.

    The last line on stdout is the path of the reliability curve.
    """
    from selfseed.doors import history_calibrate as job
    from selfseed.history.evidence import check_numbers

    check_numbers(prior=prior_reseeding, seed=seed, budget_seconds=budget)
    for option, value, allowed in (("--simulator", simulator, job.SIMULATORS), ("--track", track, job.TRACKS)):
        if value not in allowed:
            close = nearest(value, allowed)
            hint = f"; did you mean '{close}'?" if close else ""
            raise ScenarioError(
                "the question", [Problem(option, repr(value), f"must be one of {', '.join(allowed)}{hint}")]
            )
    plan = job.Plan(out, patients, simulator, track, prior_reseeding, seed, budget, workers, force)
    print(job.carry_out(plan, Talk(quiet)))
