"""Experiments of the literature, measured on the presets of the catalogue: what was found, and what comes out here.

Directions that were read in the source are asserted; magnitudes that are only recalled are shown with their range.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from verification import pictures
from verification.claim import AGREES, DIFFERS, SHOWN, Claim, Measured

from selfseed import catalog
from selfseed.engine import simulate
from selfseed.results import Run
from selfseed.results.estimates import Estimate, difference, ratio, share
from selfseed.results.measures import MEASURES, is_seeded, label_share, log_volume, seeds
from selfseed.scenario import Scenario

KIM = ("Kim et al. 2009", "10.1016/j.cell.2009.11.025")
HOURS = {
    "circulation.death_rate": 0.4,
    "circulation.arrest_lung": 0.001,
    "circulation.arrest_organ": 0.001,
    "circulation.arrest_liver_portal": 0.001,
}
"""Circulating cells of patients live for hours, Meng et al. 2004, https://doi.org/10.1158/1078-0432.CCR-04-1110"""


@lru_cache(maxsize=32)
def run_of(preset: str, seed: int, engine: str = "stochastic") -> Run:
    """Return a preset as it is in the catalogue, simulated with a seed; nothing varied over its open magnitudes."""
    return simulate(catalog.get(preset).model_copy(update={"uncertain": {}}), seed=seed, engine=engine)


def number_of(run: Run, arm: str) -> int:
    """Return the position of an arm."""
    return list(run.arrays["arm"].values).index(arm)


def compared(run: Run, measure: str, site: str, arm: str, other: str) -> Estimate:
    """Return by how much an arm exceeds another in a measure, animal by animal."""
    values = MEASURES[measure](run, site).astype(float)
    return difference(values[number_of(run, arm)], values[number_of(run, other)])


def seeds_of(run: Run, site: str, arm: str, route: str) -> np.ndarray:
    """Return the seeds of one route at a site (replicate)."""
    return run.arrays["seeds_by_route"].sel(arm=arm, site=site, route=route).values


def said(estimate: Estimate, form: str = ".3g", unit: str = "") -> str:
    """Return a number with its 95 % interval."""
    if estimate.value is None:
        return "nothing to count"
    interval = "" if estimate.low is None else f" ({estimate.low:{form}} to {estimate.high:{form}})"
    return f"{estimate.value:{form}}{interval}{unit}"


def direction(run: Run, site: str, pairs: list[tuple[str, str]], measure: str = "seeds") -> Measured:
    """Say whether in each pair of arms the first exceeds the second, beyond its 95 % interval.

    The control is the same question asked of an arm and itself: it must not be answered with yes.
    """
    found = {pair: compared(run, measure, site, *pair) for pair in pairs}
    holds = all(estimate.low is not None and estimate.low > 0.0 for estimate in found.values())
    itself = compared(run, measure, site, pairs[0][0], pairs[0][0])
    return Measured(
        text="; ".join(f"{first} − {second}: {said(estimate)}" for (first, second), estimate in found.items()),
        verdict=AGREES if holds else DIFFERS,
        control=f"an arm against itself: {said(itself)}, no direction",
        control_holds=not (itself.low or 0.0) > 0.0,
    )


def two_glands(seed: int) -> Measured:
    """Measure how many recipients are seeded, and that an empty gland is not."""
    run = run_of("kim2009-two-gland", seed)
    seeded = share(is_seeded(run, "recipient")[0])
    labelled = label_share(run, "recipient")[0][is_seeded(run, "recipient")[0]]
    empty = is_seeded(run, "empty gland").sum()
    without = share(is_seeded(run, "recipient")[number_of(run, "without return")])
    low, middle, high = np.quantile(labelled, [0.25, 0.5, 0.75])
    return Measured(
        text=f"{said(seeded, '.0%')} of recipients seeded, {middle:.0%} labelled cells in them (quartiles {low:.0%} to "
        f"{high:.0%}); {empty} empty glands",
        verdict=AGREES if seeded.low is not None and seeded.low > 0.5 and empty == 0 else DIFFERS,
        control=f"without return {said(without, '.0%')}",
        control_holds=without.value == 0.0,
        figure=lambda: pictures.estimates(
            {
                arm: share(animals)
                for arm, animals in zip(run.arrays["arm"].values, is_seeded(run, "recipient"), strict=True)
            },
            "share of recipients seeded",
        ),
    )


def derivatives(seed: int) -> Measured:
    """Compare the seeds of five metastatic derivatives with those of their parental lines."""
    breast = direction(
        run_of("kim2009-two-gland", seed), "recipient",
        [(donor, "parental donor") for donor in ("LM2 donor", "BoM donor", "BrM2 donor")],
    )  # fmt: skip
    colon = direction(run_of("kim2009-colon", seed), "recipient", [("LM1 donor", "SW620 donor")])
    melanoma = direction(run_of("kim2009-melanoma", seed), "recipient", [("BoM2 donor", "A375 donor")])
    return both(breast, colon, melanoma)


def both(*parts: Measured) -> Measured:
    """Return several measurements as one, which agrees if all do."""
    return Measured(
        text="; ".join(part.text for part in parts),
        verdict=AGREES if all(part.verdict == AGREES for part in parts) else DIFFERS,
        control="; ".join(dict.fromkeys(part.control for part in parts)),
        control_holds=all(part.control_holds for part in parts),
    )


def attractants(seed: int) -> Measured:
    """Silence IL-6, IL-8, or both in the recipient; its own growth is that of a mouse in which nothing returns."""
    run = run_of("kim2009-attractants", seed)
    names = ("IL-6 silenced", "IL-8 silenced", "both silenced")
    fall = direction(run, "recipient", [("control", name) for name in names])
    unseeded = simulate(
        catalog.get("kim2009-attractants").at("establishment.home", 0.0).model_copy(update={"uncertain": {}}), seed=seed
    )
    own = compared(unseeded, "log_volume_ratio", "recipient", "both silenced", "control").exp()
    off = seeds(run, "recipient").mean(axis=1)[number_of(run, "without attraction")]
    return Measured(
        text=f"seeds, {fall.text}; unseeded volume {said(own, '.3f')}-fold with both silenced",
        verdict=fall.verdict if 0.9 < (own.value or 0.0) < 1.1 else DIFFERS,
        control=f"{fall.control}; with attraction off {off:.1f} seeds a mouse, fewer than in any arm",
        control_holds=fall.control_holds and bool(off < seeds(run, "recipient")[: 1 + len(names)].mean(axis=1).min()),
    )


def native_growth(run: Run, site: str, arm: str, other: str) -> Estimate:
    """Return the ratio of the cells at a site that never left it, between two arms."""
    final = run.arrays.sel(site=site).isel(time=-1)
    logs = np.log((final["cells"].sum("clone") - final["seeded_cells"]).values)
    return difference(logs[number_of(run, arm)], logs[number_of(run, other)]).exp()


def infiltration(seed: int) -> Measured:
    """Silence FSCN1, MMP1, or both in the donor."""
    run = run_of("kim2009-infiltration", seed)
    one = direction(run, "recipient", [("control", "FSCN1 silenced"), ("control", "MMP1 silenced")])
    two = direction(run, "recipient", [("FSCN1 silenced", "both silenced"), ("MMP1 silenced", "both silenced")])
    return both(one, two)


def cxcl1_arrival(seed: int) -> Measured:
    """Silence CXCL1 in the donor: do as many cells arrive?"""
    run = run_of("kim2009-cxcl1", seed)
    values = seeds(run, "recipient").astype(float)
    arrival = ratio(values[number_of(run, "CXCL1 silenced")], values[0])
    fewer = ratio(values[number_of(run, "FSCN1 and MMP1 silenced")], values[0])
    return Measured(
        text=f"{said(arrival, '.2f')} times as many seeds",
        verdict=AGREES if arrival.value is not None and 0.85 <= arrival.value <= 1.15 else DIFFERS,
        control=f"with FSCN1 and MMP1 silenced {said(fewer, '.2f')}",
        control_holds=fewer.high is not None and fewer.high < 0.85,
    )


def cxcl1_effect(seed: int) -> Measured:
    """Silence CXCL1 in the donor: how much of the gain of growth is lost?"""
    run = run_of("kim2009-cxcl1", seed)
    volumes = log_volume(run, "recipient")
    gain = difference(volumes[0], volumes[number_of(run, "without return")])
    lost = difference(volumes[0], volumes[number_of(run, "CXCL1 silenced")])
    stroma = run.arrays["stroma"].sel(site="recipient").isel(time=-1)
    levels = [stroma.sel(arm=arm).mean().item() for arm in ("control", "CXCL1 silenced")]
    part = (lost.value or 0.0) / (gain.value or 1.0)
    return Measured(
        text=f"return makes the tumour {said(gain.exp(), '.2f')} times as large; of this {part:.0%} is lost (logarithms); stroma "
        f"{levels[0]:.2f} falls to {levels[1]:.2f} (1 is unseeded)",
        verdict=AGREES if part > 0.85 else DIFFERS,
        control="without return nothing is gained, by definition",
        control_holds=True,
        why="a patch of labelled cells is itself part of the tumour, whatever its CXCL1",
    )


def growth(seed: int) -> Measured:
    """Compare recipients with and without return."""
    run = run_of("kim2009-two-gland", seed)
    volumes = log_volume(run, "recipient")
    gain = difference(volumes[0], volumes[number_of(run, "without return")]).exp()
    blocked = difference(
        volumes[number_of(run, "FSCN1 and MMP1 silenced")], volumes[number_of(run, "without return")]
    ).exp()
    return Measured(
        text=f"{said(gain, '.2f')} times as large",
        verdict=AGREES if gain.low is not None and gain.low > 1.0 else DIFFERS,
        control=f"with FSCN1 and MMP1 silenced {said(blocked, '.2f')}",
        control_holds=blocked.high is not None and gain.low is not None and blocked.high < gain.low,
    )


def injected(seed: int) -> Measured:
    """Inject labelled cells into mice with a tumour."""
    run = run_of("kim2009-injected-ctcs", seed)
    order = direction(
        run, "tumour",
        [("LM2", "parental"), ("BoM", "parental"), ("BrM2", "parental"), ("LM2", "FSCN1 and MMP1 silenced"),
         ("LM2", "IL-6 and IL-8 silenced")],
    )  # fmt: skip
    bare = is_seeded(run, "tumour")[number_of(run, "no tumour")].sum() + is_seeded(run, "empty gland").sum()
    found = share(is_seeded(run, "tumour")[0])
    return Measured(
        text=f"{said(found, '.0%')} of tumours seeded by LM2; seeds, {order.text}; {bare} glands without tumour",
        verdict=order.verdict if bare == 0 else DIFFERS,
        control=order.control,
        control_holds=order.control_holds,
    )


def recurrence(seed: int) -> Measured:
    """Cut a tumour out while labelled metastases live in the lung."""
    run = run_of("kim2009-recurrence", seed)
    found = {arm: share(is_seeded(run, "surgical bed")[number_of(run, arm)]) for arm in run.arrays["arm"].values}
    none = [found["metastases that shed nothing"].value, found["no metastases"].value, found["without return"].value]
    first = found["lung metastases"]
    return Measured(
        text=f"{said(first, '.0%')} of regrowths hold labelled cells; {said(found['complete surgery'], '.0%')} after complete surgery",
        verdict=AGREES if first.low is not None and first.low > 0.02 else DIFFERS,
        control=f"when metastases shed nothing {none[0]:.0%}, without metastases {none[1]:.0%}, without return {none[2]:.0%}",
        control_holds=none == [0.0, 0.0, 0.0],
    )


def half_life_s(host_preset: str, arm: str = "table") -> float:
    """Return the half-life of circulating cells of a preset's clone, a tumour of 1 g being there [s].

    The standing number over the cells released per day is the mean life; the half-life is that of an exponential.
    """
    run = run_of(host_preset, 1)
    position = int(np.argmin(np.abs(np.median(run.arrays["volume"].sel(arm=arm).values[..., 0], axis=0) - 1000.0)))
    from selfseed.engine.plan import plan_setting
    from selfseed.kernels.body import blood_counts, circulate, release_rates
    from selfseed.scenario import resolve

    resolved = next(one for one in resolve(run.scenario) if one.name == arm)
    setting = plan_setting(resolved)
    cells = np.median(run.arrays["cells"].sel(arm=arm).values[:, position], axis=0)
    sites, clones = cells.shape
    fate, ways, rates = np.zeros((clones, 3, 2 * sites + 1)), np.zeros((clones, 3)), np.zeros((sites, clones))
    circulate(setting, cells, -1, fate, ways)
    release_rates(setting, cells, 0.0, 0.0, rates)
    released = (rates * cells).sum() * (1.0 + setting.cluster_share * (setting.cluster_size - 1.0))
    return float(np.log(2.0) * 86400.0 * blood_counts(setting, cells, ways, 0.0)[0] / released)


def circulating(seed: int) -> Measured:
    """Measure half-life and number of circulating cells in mice."""
    run = run_of("ctc-kinetics", seed)
    volumes = np.median(run.arrays["volume"].sel(arm="table").values[..., 0], axis=0)
    position = int(np.argmin(np.abs(volumes - 1000.0)))
    per_ml = np.median(run.arrays["ctc_per_ml"].sel(arm="table", draw="vein").values[:, position])
    half_life, hours = half_life_s("ctc-kinetics"), half_life_s("ctc-kinetics-patients", "hours")
    return Measured(
        text=f"half-life {half_life:.0f} s; {per_ml:.0f} cells/ml at {volumes[position]:.0f} mm³",
        value=half_life,
        verdict=AGREES if 40.0 <= half_life <= 260.0 else DIFFERS,
        control=f"with the rate of Meng et al. 2004, in patients, {hours / 60:.0f} min: outside",
        control_holds=hours > 260.0,
    )


def butler(seed: int) -> Measured:
    """Compare the concentration in the artery with that in the blood that leaves the tumour."""
    from selfseed.engine.plan import plan_setting
    from selfseed.kernels.body import release_rates
    from selfseed.kernels.law import tumour_flow
    from selfseed.scenario import resolve

    run = run_of("ctc-kinetics", seed)
    setting = plan_setting(resolve(run.scenario)[0])
    volumes = np.median(run.arrays["volume"].sel(arm="table").values[..., 0], axis=0)
    position = int(np.argmin(np.abs(volumes - 1000.0)))
    cells = np.median(run.arrays["cells"].sel(arm="table").values[:, position], axis=0)
    rates = np.zeros_like(cells)
    release_rates(setting, cells, 0.0, 0.0, rates)
    released = (rates * cells).sum() * (1.0 + setting.cluster_share * (setting.cluster_size - 1.0))
    part = tumour_flow(volumes[position], setting.tumour_flow, setting.tumour_flow_exponent)
    per_day_ml = 1440.0 * setting.output_ml_per_minute * part / (1.0 + part)
    artery = float(np.median(run.arrays["ctc_per_ml"].sel(arm="table", draw="artery").values[:, position]))
    quotient = artery / (artery + released / per_day_ml)
    return Measured(
        text=f"1/{1 / quotient:.1f}",
        value=quotient,
        verdict=AGREES if quotient <= 1 / 12 else DIFFERS,
        control="a body that clears nothing would give 1",
        control_holds=quotient < 0.9,
        why="measured in rats of ten times the blood; a mouse with 1 g of tumour is a smaller vessel",
    )


def clusters(seed: int) -> Measured:
    """Trace lung metastases to single cells and to clusters."""
    run = run_of("aceto2014-clusters", seed)
    seeded = run.families[(run.families["kind"] == "seed") & (run.families["site"] == "lung")]
    alive = seeded[seeded["extinct_day"].isna()]
    shares = {
        arm: share((alive.loc[alive["arm"] == arm, "founders"] > 1).to_numpy()) for arm in run.arrays["arm"].values
    }
    middle, none = shares["clusters"], shares["no clusters"]
    ends = f"{said(shares['least efficient'], '.0%')} at 23-fold, {said(shares['most efficient'], '.0%')} at 50-fold efficiency"
    return Measured(
        text=f"{said(middle, '.0%')} of the foci that live come from clusters; {ends}",
        value=middle.value, low=middle.low, high=middle.high,
        verdict=SHOWN,
        control=f"when no clusters are shed {said(none, '.0%')}",
        control_holds=none.value == 0.0,
        figure=lambda: pictures.estimates(shares, "share of living lung foci founded by clusters"),
    )  # fmt: skip


def pattern(preset: str, seed: int, arm: str) -> dict[str, float]:
    """Return the shares of lung, liver, bone and brain in the seeds that metastasise."""
    run = run_of(preset, seed)
    metastatic = run.arrays["seeds_by_route"].sel(arm=arm, route="metastatic").sum("replicate")
    counts = {organ: float(metastatic.sel(site=organ)) for organ in ("bone", "lung", "liver", "brain")}
    return {organ: count / sum(counts.values()) for organ, count in counts.items()}


def tropism(cancer: str, expected: dict[str, float], seed: int) -> Measured:
    """Compare the pattern of organs with the published one, and what flow alone would give."""
    both_arms = {arm: pattern(f"lung-bone-brain-{cancer}", seed, arm) for arm in ("flow and tropism", "flow alone")}
    overlap = {arm: sum(min(found[o], expected[o]) for o in expected) for arm, found in both_arms.items()}
    words = ":".join(f"{100 * both_arms['flow and tropism'][organ]:.0f}" for organ in expected)
    return Measured(
        text=f"{'/'.join(expected)} {words}, overlap {overlap['flow and tropism']:.0%}; flow alone {overlap['flow alone']:.0%}",
        value=overlap["flow and tropism"],
        verdict=AGREES if overlap["flow and tropism"] >= 0.85 else DIFFERS,
        control=f"flow alone overlaps by {overlap['flow alone']:.0%}",
        control_holds=overlap["flow alone"] < 0.85,
        figure=lambda: pictures.organs(both_arms, expected),
        why="tropism was chosen to give this pattern: a check, not a prediction",
    )


def lung_bone_brain(seed: int) -> Measured:
    """Count the seeds of each derivative in the organ that it was selected in."""
    run = run_of("lung-bone-brain", seed)
    return both(
        direction(run, "lung", [("LM2", "parental"), ("LM2", "BoM"), ("LM2", "BrM2")]),
        direction(run, "bone", [("BoM", "parental"), ("BoM", "LM2"), ("BoM", "BrM2")]),
        direction(run, "brain", [("BrM2", "parental"), ("BrM2", "LM2"), ("BrM2", "BoM")]),
        direction(run, "recipient", [("LM2", "parental"), ("BoM", "parental"), ("BrM2", "parental")]),
    )


PASSING = (1e-4, 1e-3, 1e-2, 0.1, 0.5, 0.9)
FOUNDING = (1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3)


@lru_cache(maxsize=1)
def ratios_of_routes() -> np.ndarray:
    """Return secondary over primary seeds in the mean field (founding, passing), a breast cancer of 540 days."""
    scenario = catalog.get("scott2013-primary-or-secondary").model_copy(update={"uncertain": {}})
    document = scenario.model_dump(by_alias=True, exclude_unset=True)
    document["arms"] = {
        f"{number}": {"parameters": {"circulation.arrest_lung": 1.0 - passes, "establishment.lung": founds}}
        for number, (founds, passes) in enumerate((founds, passes) for founds in FOUNDING for passes in PASSING)
    }
    run = simulate(Scenario.from_dict(document), engine="mean-field")
    seeds_home = run.arrays["seeds_by_route"].sel(site="breast").isel(replicate=0)
    quotient = seeds_home.sel(route="secondary") / seeds_home.sel(route="primary")
    return quotient.values.reshape(len(FOUNDING), len(PASSING))


def primary_or_secondary(seed: int) -> Measured:
    """Compare return by the two routes as the lung lets more cells pass, whatever the chance to take root there."""
    ratios = ratios_of_routes()
    falls = bool((np.diff(ratios, axis=1) < 0.0).all())
    row = FOUNDING.index(1e-4)
    return Measured(
        text="; ".join(f"{passes:g} pass: {value:.2g}" for passes, value in zip(PASSING, ratios[row], strict=True))
        + f" (chance to take root {FOUNDING[row]:g})",
        verdict=AGREES if falls else DIFFERS,
        control="in reverse order the ratio does not fall",
        control_holds=not (np.diff(ratios[:, ::-1], axis=1) < 0.0).all(),
        figure=lambda: pictures.ratio_map(PASSING, FOUNDING, ratios),
    )


def orders_of_magnitude(seed: int) -> Measured:
    """Look where secondary seeding is at least a hundred times as frequent as primary."""
    ratios = ratios_of_routes()
    behind_filter = ratios[:, 0]
    least = min((founds for founds, value in zip(FOUNDING, behind_filter, strict=True) if value >= 100.0), default=None)
    usual = behind_filter[FOUNDING.index(1e-7)]
    return Measured(
        text=f"behind a lung that one cell in 10^4 passes: {usual:.2g} at the default chance to take root there (1e-7), "
        + (f"100 or more from {least:g} on" if least else "never 100"),
        verdict=AGREES if usual >= 100.0 else DIFFERS,
        control=f"where nine in ten pass: {ratios[FOUNDING.index(1e-7), -1]:.1g}",
        control_holds=bool(ratios[FOUNDING.index(1e-7), -1] < 1.0),
        why="it holds where metastases are frequent; with one seed per 6 x 10^7 cells, and a year and a half, they are not",
    )


def meeting_chance(host: str, volume_mm3: float, **parameters: float) -> float:
    """Return the chance that a circulating cell meets its own tumour of a given volume before it dies or is held."""
    from selfseed.engine.plan import plan_setting
    from selfseed.kernels.circulation import arrest_probabilities
    from selfseed.kernels.law import tumour_flow
    from selfseed.scenario import resolve

    organ = {"organ": "mammary_gland"}
    scenario = Scenario.from_dict({
        "selfseed": 1, "host": host, "clones": {"c": {}}, "sites": {"tumour": organ},
        "procedures": [{"implant": "c", "site": "tumour", "cells": 1e6, "at": 0}], "parameters": parameters,
        "measurements": [{"volume": ["tumour"], "at": 1}], "duration": 1, "replicates": 1,
    })  # fmt: skip
    setting = plan_setting(resolve(scenario)[0])
    part = tumour_flow(volume_mm3, setting.tumour_flow, setting.tumour_flow_exponent)
    fate = np.zeros((3, 3))
    arrest_probabilities(
        setting.place, np.array([part / (1 + part)]), np.array([1.0]), setting.normal_flow / (1 + part),
        setting.normal_arrest, setting.elsewhere, setting.clearance, fate,
    )  # fmt: skip
    return float(fate[0, 0])


def species(seed: int) -> Measured:
    """Compare the chance of a circulating cell to meet its own tumour in mouse and patient."""
    small, large = meeting_chance("mouse", 100.0), meeting_chance("mouse", 1000.0)
    patient = meeting_chance("human", 4000.0)
    hours = meeting_chance("human", 4000.0, **HOURS)
    inside = 0.02 <= small <= 0.13 and 0.11 <= large <= 0.43 and 1e-4 < patient < 2e-3
    return Measured(
        text=f"mouse {small:.1%} at 0.1 g, {large:.0%} at 1 g; patient {patient:.3%} at 4 g, {hours:.2%} if cells live for hours",
        value=patient,
        verdict=AGREES if inside else DIFFERS,
        control="with a tenth more flow to the tumour the chance rises by a tenth: "
        f"{meeting_chance('human', 4400.0) / patient:.2f}",
        control_holds=abs(meeting_chance("human", 4400.0) / patient - 1.1) < 0.01,
    )


def osteosarcoma(seed: int) -> Measured:
    """Suppress IL-6 or IL-8 in the recipient."""
    return direction(
        run_of("osteosarcoma-il6-il8", seed),
        "hind limb",
        [("control", "IL-6 suppressed"), ("control", "IL-8 suppressed")],
    )


def osteosarcoma_growth(seed: int) -> Measured:
    """Look whether suppressing IL-8 slows the tumour's own cells."""
    run = run_of("osteosarcoma-il6-il8", seed)
    own = native_growth(run, "hind limb", "IL-8 suppressed", "control")
    return Measured(
        text=f"own cells of the recipient {said(own, '.2f')}-fold",
        verdict=AGREES if own.high is not None and own.high < 1.0 else DIFFERS,
        control="IL-8 is no growth factor in the law",
        control_holds=True,
        why="the law knows IL-8 as an attractant alone",
    )


def coumans(seed: int) -> Measured:
    """Count the cells shed per seed in an organ, in a breast cancer."""
    run = run_of("coumans2013", seed)
    ledger = run.arrays["ledger"].sel(arm="table")
    shed = ledger.sel(entry=["died_in_blood", "lost_at_wall", "not_established"]).sum("entry").values
    taken = run.arrays["seeds_by_route"].sel(arm="table", route="metastatic").sum("site").values
    shed_per_seed = ratio(shed, taken)
    value = shed_per_seed.value or np.inf
    return Measured(
        text=f"one seed per {value:.2g} cells",
        value=value,
        verdict=AGREES if 6e7 / 2 < value < 6e7 * 2 else DIFFERS,
        control="release per gram in place of diameter leaves the efficiency, not the number",
        control_holds=True,
        why="the table was set by this figure: a check. Most of these seeds sleep or die out early; metastases that live "
        "are rarer by an order of magnitude",
    )


def coumans_count(seed: int) -> Measured:
    """Count circulating cells when the tumour has a diameter of 2.7 mm."""
    run = run_of("coumans2013", seed)
    target = np.pi / 6.0 * 2.7**3
    found = {}
    for arm in ("table", "per gram"):
        volumes = np.median(run.arrays["volume"].sel(arm=arm, site="breast").values, axis=0)
        counts = np.median(run.arrays["ctc_per_ml"].sel(arm=arm, draw="vein").values, axis=0)
        found[arm] = float(np.interp(target, volumes, counts)) * 1000.0
    return Measured(
        text=f"{found['table']:.1f} cells per litre",
        value=found["table"],
        verdict=AGREES if 3.0 <= found["table"] <= 15.0 else DIFFERS,
        control=f"with release per gram {found['per gram']:.2f}",
        control_holds=found["per gram"] < 3.0,
        why="release of small tumours is capped (shedding.most_fold): with the published count at 10^5 cells per mm³ they "
        "would lose cells faster than they grow",
    )


def one_way(seed: int) -> Measured:
    """Close all return."""
    run = run_of("metaspread-one-way", seed)
    volumes = log_volume(run, "tumour")
    gain = difference(volumes[0], volumes[number_of(run, "without return")]).exp()
    again = run.arrays["seeds_by_route"].sel(arm="without return", route=["primary", "secondary", "cross"]).sum().item()
    return Measured(
        text=f"the tumour with return is {said(gain, '.2f')} times as large",
        verdict=AGREES if gain.low is not None and gain.low > 1.0 else DIFFERS,
        control=f"{again:.0f} seeds came back where return is closed",
        control_holds=again == 0.0,
    )


def conglomerate(seed: int) -> Measured:
    """Compare a tumour whose seeds found clumps with one whose seeds join the mass."""
    run = run_of("norton-conglomerate", seed)
    volumes = np.median(run.arrays["volume"].values[..., 0], axis=1)
    days = run.arrays["time"].values
    early, late = int(np.argmin(np.abs(days - 20.0))), -1
    fold = volumes[number_of(run, "every seed")] / volumes[number_of(run, "none")]
    joined = volumes[number_of(run, "none")] / volumes[number_of(run, "without return")]
    return Measured(
        text=f"{fold[early]:.3f} times as large on day 20, {fold[late]:.1f} on day 80",
        verdict=AGREES if fold[early] < 1.02 and fold[late] > 2.0 else DIFFERS,
        control=f"when all seeds join the mass {joined[late]:.3f} times a tumour without return",
        control_holds=abs(joined[late] - 1.0) < 0.02,
        figure=lambda: pictures.curves(
            days,
            {
                "every seed founds a clump": volumes[number_of(run, "every seed")],
                "half of the seeds do": volumes[0],
                "all join the mass": volumes[number_of(run, "none")],
                "without return": volumes[number_of(run, "without return")],
            },
        ),
    )


def chain_of_sites(seed: int) -> Measured:
    """Read a Markov chain from the flow of seeds between sites, in the mean field."""
    run = run_of("newton-sites", seed, "mean-field")
    sites = list(run.arrays["site"].values)
    counts = run.arrays["flow"].sel(arm="control", stage="established", source=sites).isel(replicate=0).values
    chain = counts / counts.sum(axis=1, keepdims=True)
    home, lung = sites.index("breast"), sites.index("lung")
    return Measured(
        text=f"of the seeds of the breast {chain[home, home]:.0%} come back to it and {chain[home, lung]:.1%} go to the lung; of "
        f"those of the lung {chain[lung, home]:.0%} go to the breast and {chain[lung, lung]:.0%} stay",
        verdict=SHOWN,
        control="rows of a chain sum to one",
        control_holds=bool(np.allclose(chain.sum(axis=1), 1.0)),
        why="the published matrix of 50 sites was not at hand",
    )


def _not_in_the_law(reason: str) -> Callable[[int], Measured]:
    return lambda seed: Measured(text="not measured", verdict=SHOWN, control="none", control_holds=True, why=reason)


BREAST = {"bone": 0.505, "lung": 0.238, "liver": 0.198, "brain": 0.059}
COLON = {"liver": 0.66, "lung": 0.27, "bone": 0.05, "brain": 0.02}
MELANOMA = {"lung": 24 / 66, "brain": 21 / 66, "liver": 17 / 66, "bone": 4 / 66}

CLAIMS = (
    Claim("experiment 1", "Most recipients are seeded, empty glands never", *KIM, "published",
          "most seeded; recalled: 85 %, 5 to 30 % labelled cells; no empty gland", two_glands),
    Claim("experiment 2", "Metastatic derivatives seed more than their parental lines", *KIM, "published",
          "each of five derivatives above its parent", derivatives),
    Claim("experiment 3", "Silencing IL-6 or IL-8 in the recipient lowers seeding, not its own growth", *KIM, "published",
          "fewer seeds; own growth within 10 %", attractants),
    Claim("experiment 4", "Silencing FSCN1 or MMP1 in the seeding cell lowers seeding, both more", *KIM, "published",
          "fewer seeds with either, fewest with both", infiltration),
    Claim("experiment 5a", "Silencing CXCL1 leaves arrival", *KIM, "published", "seeds within 15 %", cxcl1_arrival),
    Claim("experiment 5b", "Silencing CXCL1 takes the gain of growth", *KIM, "published", "the gain is gone", cxcl1_effect),
    Claim("experiment 6", "Seeded tumours are larger", *KIM, "published", "larger; recalled: 1.3 to 3 times", growth),
    Claim("experiment 7", "Regrowth after surgery is seeded by lung metastases", *KIM, "published",
          "labelled cells in regrowths; none if metastases shed nothing", recurrence),
    Claim("injected cells", "Injected cells enter a tumour, not an empty gland", *KIM, "published",
          "derivatives above parental cells; no gland without tumour", injected),
    Claim("experiment 8a", "Circulating cells of mice have half-lives of 40 to 260 s", "Hamza et al. 2021",
          "10.1038/s41467-021-25917-5", "published", "40 to 260 s", circulating),
    Claim("experiment 8b", "The artery holds at most a twelfth of what leaves the tumour", "Butler & Gullino 1975, Cancer Res 35:512",
          "", "published", "at most 1/12, in rats", butler),
    Claim("experiment 9", "About half of the lung foci come from clusters", "Aceto et al. 2014", "10.1016/j.cell.2014.07.013",
          "memory", "about half; none without plakoglobin", clusters),
    Claim("experiment 10", "Of injected B16 cells 1 % live after a day, 400 lead to 80 colonies", "Fidler 1970, J Natl Cancer Inst",
          "", "published", "1 % at 24 h; 0.2 colonies per cell of day 14",
          _not_in_the_law("the law settles at once whether an arrested cell crosses; it keeps no cells waiting at the wall")),
    Claim("experiment 14a", "Organs of breast cancer", "Wu et al. 2017", "10.18632/oncotarget.15856", "published",
          "bone:lung:liver:brain 51:24:20:6", lambda seed: tropism("breast", BREAST, seed)),
    Claim("experiment 14b", "Organs of colon cancer", "Engstrand et al. 2018", "10.1186/s12885-017-3925-x", "published",
          "liver at least half", lambda seed: tropism("colon", COLON, seed)),
    Claim("experiment 14c", "Organs of melanoma", "a series of 92 patients, 2013", "", "published",
          "lung, brain, liver 24:21:17", lambda seed: tropism("melanoma", MELANOMA, seed)),
    Claim("experiment 14d", "Derivatives go to the organ they were selected in, and return", *KIM, "published",
          "LM2 to lung, BoM to bone, BrM2 to brain; all return more than the parental line", lung_bone_brain),
    Claim("experiment 19a", "Secondary over primary seeding falls as the lung lets cells pass", "Scott et al. 2013",
          "10.1098/rsif.2013.0011", "published", "falls with the share that passes", primary_or_secondary, "mean field"),
    Claim("experiment 19b", "Behind the lung filter secondary seeding is orders of magnitude likelier", "Scott et al. 2013",
          "10.1098/rsif.2013.0011", "published", "at least 100", orders_of_magnitude, "mean field"),
    Claim("experiment 20", "A cell meets its own tumour far more often in a mouse than in a patient",
          "Hamza et al. 2021 and Coumans et al. 2013", "10.1186/1471-2407-13-283", "derived",
          "mouse 2-13 % at 0.1 g, 11-43 % at 1 g; patient about 0.05 %", species),
    Claim("experiment 21a", "Suppressing IL-6 or IL-8 lowers seeding in osteosarcoma", "Zhang et al. 2016, Liu et al. 2019",
          "10.18632/oncotarget.6371", "published", "fewer seeds", osteosarcoma),
    Claim("experiment 21b", "Suppressing IL-8 slows osteosarcoma", "Liu et al. 2019", "10.1038/s41419-019-1795-7", "published",
          "smaller tumours", osteosarcoma_growth),
    Claim("efficiency", "One metastasis per 60 million cells shed", "Coumans et al. 2013", "10.1186/1471-2407-13-283", "published",
          "6e7 cells", coumans),
    Claim("count at 2.7 mm", "A tumour of 2.7 mm holds 9 (sd 6) circulating cells per litre", "Coumans et al. 2013",
          "10.1186/1471-2407-13-283", "published", "9 (3 to 15) per litre", coumans_count),
    Claim("one way", "A model without return misses growth", "Franssen et al. 2019", "10.1007/s11538-019-00597-x", "derived",
          "the tumour with return is larger", one_way),
    Claim("conglomerate", "Clumps of their own show late, and then dominate", "Norton 2005", "10.1634/theoncologist.10-6-370",
          "derived", "nothing on day 20; more than twice as large on day 80", conglomerate),
    Claim("chain of sites", "Sites form a Markov chain", "Newton et al. 2012", "10.1371/journal.pone.0034637", "published",
          "a chain with return to the primary", chain_of_sites),
)  # fmt: skip
