"""Two kinds of cells in five sites and blood (METNET-12): selfseed's two loops beside five other simulators.

python bench/metnet.py --peers PYTHON [--figure FILE]

Kinds: E and M in the primary P, lung L, bone O, brain N and liver H, and in blood; 52 reactions, 120 days, K the
capacity of the primary. Each program runs in a process of its own and is stopped after ``LIMIT_S`` of CPU time.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from records import add, record

from selfseed import __version__
from selfseed.base.streams import replicate_key
from selfseed.engine.networks import Network, simulate_network
from selfseed.kernels.network import follow_network

TASK, EXACT, MEAN = "metnet", "metnet-events", "metnet-mean"
DAYS, SIZES = 120.0, (1e3, 1e6, 1e9)
SITES = {"P": 0.5, "L": 0.5, "O": 0.3, "N": 0.1, "H": 0.6}
LIMIT_S = 8.0
REFERENCE = 20_000
"""Exact replicates that the smallest network is compared with."""
ABSENT = {1e3: (0.7150, 0.8169, 0.9334, 0.6699), 1e6: (0.6745, 0.7896, 0.9243, 0.6234)}
"""Chance that lung, bone, brain, liver hold no cell: 20,000 exact replicates; semi-analytic for 10^6 and 10^9."""
PEERS = (
    ("libRoadRunner", "gillespie", 1e3), ("COPASI", "directMethod", 1e3), ("COPASI", "adaptivesa", 1e3),
    ("COPASI", "adaptivesa", 1e6), ("COPASI", "adaptivesa", 1e9), ("COPASI", "tauleap", 1e3),
    ("COPASI", "tauleap", 1e6), ("COPASI", "tauleap", 1e9), ("COPASI", "hybridlsoda", 1e3),
    ("COPASI", "hybridlsoda", 1e6), ("COPASI", "hybridlsoda", 1e9), ("GillesPy2", "SSACSolver", 1e3),
    ("GillesPy2", "TauLeapingCSolver", 1e3), ("GillesPy2", "TauLeapingCSolver", 1e6),
    ("GillesPy2", "TauHybridCSolver", 1e3), ("GillesPy2", "TauHybridCSolver", 1e6), ("rebop", "direct", 1e3),
    ("bngsim", "ssa", 1e3), ("bngsim", "psa", 1e6), ("libRoadRunner", "cvode", 1e6),
)  # fmt: skip


def metnet(capacity: float) -> tuple[Network, np.ndarray]:
    """Return the network and its start."""
    kinds = [f"{site}{kind}" for site in SITES for kind in "EM"] + ["BE", "BM"]
    moves: dict[tuple[str, str | None], float] = {("BE", None): 10.0, ("BM", None): 10.0}
    for site, weight in SITES.items():
        moves |= {
            (f"{site}E", f"{site}M"): 0.01, (f"{site}M", f"{site}E"): 0.05, (f"{site}E", "BE"): 1e-4,
            (f"{site}M", "BM"): 1e-3, ("BE", f"{site}E"): 0.5 * weight * 1e3 / capacity,
            ("BM", f"{site}M"): weight * 1e3 / capacity,
        }  # fmt: skip
    network = Network(
        kinds=tuple(kinds),
        site=tuple(kind[0] for kind in kinds),
        birth=(0.5, 0.3) * 5 + (0.0, 0.0),
        death=(0.3, 0.2) * 5 + (0.0, 0.0),
        crowding=(0.2, 0.1) * 5 + (0.0, 0.0),
        capacity={site: capacity if site == "P" else capacity / 10 for site in SITES},
        moves=moves,
    )
    return network, np.array([0.1 * capacity] + [0.0] * 11)


def expected(capacity: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the means and the covariance of the primary's E and M, by linear noise: exact as the capacity grows."""
    from scipy.integrate import solve_ivp

    rates = metnet(capacity)[0].rates()
    e, m = rates.birth[:2], rates.death[:2]
    crowd, k = rates.crowding[:2], rates.capacity[0]
    out = rates.move[:2].sum(axis=1)
    switch = rates.move[:2, :2]

    def change(_: float, values: np.ndarray) -> np.ndarray:
        cells, covariance = values[:2], values[2:].reshape(2, 2)
        death = m + crowd * cells.sum() / k
        drift = cells * (e - death - out) + switch.T @ cells
        slope = np.diag(e - death - out) + switch.T - np.outer(cells * crowd / k, np.ones(2))
        flow = cells[:, None] * switch
        noise = (
            np.diag(cells * (e + death + out - switch.sum(axis=1)) + flow.sum(axis=1) + flow.sum(axis=0))
            - flow
            - flow.T
        )
        half = slope @ covariance
        return np.concatenate([drift, (half + half.T + noise).ravel()])

    first = np.array([0.1 * capacity, 0, 0, 0, 0, 0], dtype=float)
    solved = solve_ivp(change, (0, DAYS), first, method="LSODA", rtol=1e-10, atol=1e-6)
    return solved.y[:2, -1], solved.y[2:, -1].reshape(2, 2)


def accuracy(cells: np.ndarray, capacity: float, reference: tuple[np.ndarray, np.ndarray]) -> dict[str, float]:
    """Return the largest distance from the reference in standard errors: of means, covariances, and absences."""
    count, (mean, covariance) = len(cells), reference
    own = np.sqrt(1.0 + (count / REFERENCE if capacity == SIZES[0] else 0.0))  # the reference is a sample, too
    primary = cells[:, :2]
    apart = primary - primary.mean(axis=0)
    products = apart[:, :, None] * apart[:, None, :]
    chances = np.array(ABSENT[min(capacity, 1e6)])
    absent = np.stack([cells[:, 2 * site] + cells[:, 2 * site + 1] == 0 for site in range(1, 5)], axis=-1).mean(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        of_mean = (primary.mean(axis=0) - mean) / (primary.std(axis=0, ddof=1) / np.sqrt(count))
        of_spread = (products.mean(axis=0) - covariance) / (products.std(axis=0) / np.sqrt(count))
        of_absence = (absent - chances) / np.sqrt(chances * (1 - chances) / count)
    found = {"mean": of_mean / own, "covariance": of_spread / own, "absence": of_absence / own}
    return {f"z of {name}": round(float(np.nanmax(np.abs(values))), 1) for name, values in found.items()}


def exact_reference(replicates: int, seed: int) -> tuple[np.ndarray, np.ndarray, float, float]:
    """Return mean and covariance by exact replicates at K = 10^3, and events and replicates per CPU second."""
    network, start = metnet(1e3)
    rates, cells, events = network.rates(), np.empty((replicates, 12)), 0
    follow_network(rates, start, 1.0, 10**9, np.uint64(1), cells[0])
    began = time.process_time()
    for number in range(replicates):
        done, _ = follow_network(rates, start, DAYS, 10**12, np.uint64(replicate_key(seed, number)), cells[number])
        events += done
    spent = time.process_time() - began
    return cells[:, :2].mean(axis=0), np.cov(cells[:, :2].T), events / spent, replicates / spent


def own(capacity: float, step: float, replicates: int, seed: int = 5) -> tuple[np.ndarray, float]:
    """Return the cells of many replicates, and the CPU seconds of one."""
    network, start = metnet(capacity)
    simulate_network(network, start, 1.0, seed=1, replicates=1, step_day=step, threads=1)
    began = time.process_time()
    cells = simulate_network(network, start, DAYS, seed=seed, replicates=replicates, step_day=step, threads=1)
    return cells, (time.process_time() - began) / replicates


def by_peer(python: str, program: str, method: str, capacity: float) -> dict[str, Any]:
    """Return what a program reached within the limit: CPU seconds, replicates, their final cells."""
    network, start = metnet(capacity)
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model.xml"
        model.write_text(to_sbml(network, start), encoding="utf-8")
        question = {
            "program": program, "method": method, "model": str(model), "days": DAYS, "limit_s": LIMIT_S,
            "kinds": network.kinds, "start": start.tolist(), "reactions": reactions(network),
        }  # fmt: skip
        script = Path(__file__).with_name("peer_networks.py")
        try:
            done = subprocess.run(
                [python, str(script)], input=json.dumps(question), capture_output=True, text=True, cwd=folder,
                timeout=4 * LIMIT_S + 60,
            )  # fmt: skip
            return json.loads(done.stdout.splitlines()[-1])
        except (subprocess.TimeoutExpired, json.JSONDecodeError, IndexError) as error:
            return {"replicates": 0, "cpu_s": LIMIT_S, "error": type(error).__name__}


def reactions(network: Network) -> list[tuple[str, str, list[str], list[str]]]:
    """Return name, rate law, reactants and products of every reaction."""
    found = []
    for number, kind in enumerate(network.kinds):
        site, (birth, death, crowding) = (
            network.site[number],
            (values[number] for values in (network.birth, network.death, network.crowding)),
        )
        if birth:
            found.append((f"birth_{kind}", f"{birth!r} * {kind}", [kind], [kind, kind]))
        if death or crowding:
            here = " + ".join(other for other, place in zip(network.kinds, network.site, strict=True) if place == site)
            law = f"{kind} * ({death!r} + {crowding / network.capacity[site]!r} * ({here}))"
            found.append((f"death_{kind}", law, [kind], []))
    for (source, target), rate in network.moves.items():
        law = f"{rate!r} * {source}"
        found.append((f"move_{source}_{target or 'nowhere'}", law, [source], [target] if target else []))
    return found


def to_sbml(network: Network, start: np.ndarray) -> str:
    """Return the network as SBML level 3 of single cells."""
    import libsbml

    def side(tag: str, kinds: list[str]) -> str:
        each = "".join(
            f'<speciesReference species="{kind}" stoichiometry="{kinds.count(kind)}" constant="true"/>'
            for kind in dict.fromkeys(kinds)
        )
        return f"<{tag}>{each}</{tag}>" if kinds else ""

    species = "".join(
        f'<species id="{kind}" compartment="body" initialAmount="{cells!r}" substanceUnits="item" '
        'hasOnlySubstanceUnits="true" boundaryCondition="false" constant="false"/>'
        for kind, cells in zip(network.kinds, start.tolist(), strict=True)
    )
    listed = ""
    for name, law, sources, targets in reactions(network):
        maths = libsbml.writeMathMLToString(libsbml.parseL3Formula(law)).partition("?>")[2]
        others = [kind for kind in network.kinds if kind in law and kind not in sources]
        modifiers = "".join(f'<modifierSpeciesReference species="{kind}"/>' for kind in others)
        listed += (
            f'<reaction id="{name}" reversible="false">{side("listOfReactants", sources)}'
            f"{side('listOfProducts', targets)}"
            + (f"<listOfModifiers>{modifiers}</listOfModifiers>" if modifiers else "")
            + f"<kineticLaw>{maths}</kineticLaw></reaction>"
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" '
        'version="2"><model id="metnet" substanceUnits="item" extentUnits="item">'
        '<listOfCompartments><compartment id="body" size="1" constant="true"/>'
        f"</listOfCompartments><listOfSpecies>{species}</listOfSpecies><listOfReactions>{listed}</listOfReactions>"
        "</model></sbml>"
    )


def main() -> None:
    """Measure, and keep the records."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--peers", help="a Python that has the other programs")
    parser.add_argument("--figure", type=Path)
    asked = parser.parse_args()
    mean, covariance, events_per_s, exact_per_s = exact_reference(REFERENCE, seed=11)
    references = {1e3: (mean, covariance), **{size: expected(size) for size in SIZES[1:]}}
    found = [
        record(EXACT, "selfseed, event by event", "K = 10^3", version=__version__, cpu_seconds=1e6 / events_per_s,
               ratio_to_selfseed=1.0,
               note=f"{events_per_s:.3g} events and {exact_per_s:.0f} replicates per CPU second"),
    ]  # fmt: skip
    spent: dict[float, float] = {}
    curves = {}
    for size in SIZES:
        for step in (2.0, 1.0, 0.5, 0.25, 0.125):
            cells, seconds = own(size, step, 10_000)
            curves[size, step] = cells
            if step in (1.0, 0.5, 0.25):
                spent.setdefault(size, 0.0)
                spent[size] = seconds if step == 0.5 else spent[size]
                found.append(
                    record(TASK, f"selfseed, steps of {step:g} day", _size(size), version=__version__,
                           cpu_seconds=seconds, accuracy=accuracy(cells, size, references[size]),
                           note=f"{1 / seconds:.0f} replicates per CPU second")
                )  # fmt: skip
            print(size, step, f"{1 / seconds:.0f} per CPU s", accuracy(cells, size, references[size]), flush=True)
    for one in found:
        if one["task"] == TASK:
            size = next(size for size in SIZES if _size(size) == one["size"])
            one["ratio_to_selfseed"] = one["cpu_seconds"] / spent[size]
    add(found)
    if asked.figure:
        draw(curves, references, asked.figure)
    if asked.peers:
        for program, method, size in PEERS:
            add(
                _judged(
                    by_peer(asked.peers, program, method, size), program, method, size, references, spent, events_per_s
                )
            )


def _judged(told, program, method, size, references, spent, events_per_s) -> list[dict[str, Any]]:
    name, count = f"{program}, {method}", told["replicates"]
    print(name, size, {key: value for key, value in told.items() if key != "cells"}, flush=True)
    common = {"version": told.get("version")}
    if count == 0:
        note = f"no replicate within {told['cpu_s']:.0f} CPU seconds ({told.get('error', 'stopped')})"
        return [record(TASK, name, _size(size), note=note, **common)]
    each = told["cpu_s"] / count
    if method == "cvode":
        return [record(MEAN, name, _size(size), cpu_seconds=each, note="mean field, 120 days", **common)]
    cells = np.array(told["cells"])
    rows = [
        record(TASK, name, _size(size), cpu_seconds=each, ratio_to_selfseed=each / spent[size],
               accuracy=accuracy(cells, size, references[size]) if count >= 20 else None,
               note=f"{1 / each:.3g} replicates per CPU second, {count} run", **common),
    ]  # fmt: skip
    if method in ("gillespie", "directMethod", "SSACSolver", "direct", "ssa"):
        per_s = 1.045e5 / each
        rows.append(
            record(EXACT, name, _size(size), cpu_seconds=1e6 / per_s, ratio_to_selfseed=events_per_s / per_s,
                   note=f"{per_s:.3g} events per CPU second, from 1.045e5 events in a replicate", **common)
        )  # fmt: skip
    return rows


def draw(curves: dict[tuple[float, float], np.ndarray], references: dict[float, Any], path: Path) -> None:
    """Draw the error of the step: means, spreads and absences against the references."""
    from selfseed.views.style import drawing, grid, new_figure, place

    with drawing():
        figure = new_figure(2.6, 8.2)
        place(figure, left=0.7, right=0.1, bottom=0.8, top=0.35, wspace=0.42)
        panels = ("mean of E in the primary", "standard deviation of E", "chance of no cell in the lung")
        for number, title in enumerate(panels):
            axes = figure.add_subplot(1, 3, number + 1)
            for size, colour, shift in zip(SIZES, ("#0072b2", "#d55e00", "#009e73"), (0.94, 1.0, 1.06), strict=True):
                steps = sorted(step for one, step in curves if one == size)
                value, error = np.array(
                    [_error_of(curves[size, step], size, references[size])[number] for step in steps]
                ).T
                axes.errorbar(np.array(steps) * shift, 100 * value, yerr=200 * error, color=colour, marker="o",
                              markersize=3, linewidth=0.8, label=f"K = {_power(size)}")  # fmt: skip
            axes.axhline(0.0, color="black", linewidth=0.6)
            axes.set_xscale("log", base=2)
            axes.set_xticks([0.125, 0.25, 0.5, 1, 2], ["1/8", "1/4", "1/2", "1", "2"])
            axes.minorticks_off()
            axes.set_title(title, fontsize=8)
            axes.set_xlabel("step (day)")
            grid(axes, "y")
        figure.axes[0].set_ylabel("error (%)")
        figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="lower left", ncols=3)
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None, dpi=150)


def _error_of(cells, size, reference):
    """Return (relative error, its standard error) of the mean, the deviation and the absence."""
    mean, covariance = reference
    values, count = cells[:, 0], len(cells)
    chance = ABSENT[min(size, 1e6)][0]
    absent = (cells[:, 2] + cells[:, 3] == 0).mean()
    deviation = np.sqrt(covariance[0, 0])
    return (
        (values.mean() / mean[0] - 1, values.std() / mean[0] / np.sqrt(count)),
        (values.std(ddof=1) / deviation - 1, np.sqrt(0.5 / count)),
        (absent / chance - 1, np.sqrt((1 - chance) / chance / count)),
    )


def _power(size: float) -> str:
    return "10" + str(round(np.log10(size))).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _size(size: float) -> str:
    return f"K = 10^{round(np.log10(size))}"


if __name__ == "__main__":
    main()
