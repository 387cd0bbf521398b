"""One arm of an experiment as bare numbers, the only thing that the loops are told."""

from typing import NamedTuple

import numpy as np


class Setting(NamedTuple):
    """Hold every number that a loop needs, in the units of the loops: days, cells, mm^3, ng/ml, ml.

    S sites, C clones; genes stand in the order IL6, CXCL8, FSCN1, MMP1, CXCL1.
    """

    # the body
    place: np.ndarray  # int[S]   LUNG, LIVER, GUT or ORGAN
    normal_flow: np.ndarray  # float[S] share of the flow through the normal tissue of a site
    normal_arrest: np.ndarray  # float[S] chance of arrest in one passage of it
    elsewhere: np.ndarray  # float[3] see circulation.arrest_probabilities
    clearance: np.ndarray  # float[4] see circulation.arrest_probabilities
    output_ml_per_minute: float
    pace: np.ndarray  # float[S] growth relative to the organ in which growth was measured
    # clones
    law: np.ndarray  # int[S, C]
    growth: np.ndarray  # float[S, C, 6] initial rate, decay, capacity, exponent, max rate, turnover
    shedding: np.ndarray  # float[C] events per cell and day at the reference size
    responsiveness: np.ndarray  # float[C]
    expression: np.ndarray  # float[C, 5]
    infiltration: np.ndarray  # float[C] chance that an arrested cell crosses
    establishment: np.ndarray  # float[2, 2 S + 1, C] chance of a cell, a cluster to survive in the tumour of each
    # site, in its normal tissue, and anywhere else
    change: np.ndarray  # float[C, C] chance per division that one daughter is of the other clone
    open_routes: np.ndarray  # float[4] 1 where seeds that come by a route take root, 0 where none does
    # what treatment changes while it lasts, besides some of the above; see kernels.treatment
    kill: np.ndarray  # float[C] by how much of its growth chemotherapy slows a clone
    attacked: np.ndarray  # float[S, C] deaths per cell and day by killer cells
    irradiated: np.ndarray  # float[S] attraction of an irradiated tumour, see law.arrest_hazard
    passing: np.ndarray  # float[S + 1] share of the cells shed at a site (or injected) that no filter holds back
    # steps of the law
    density_per_mm3: float
    take: float
    reference_cells: float
    size_exponent: float
    most_fold: float
    cluster_share: float
    cluster_size: float
    rhythm: float
    rhythm_peak_hour: float
    tumour_flow: float
    tumour_flow_exponent: float
    baseline: float
    gains: np.ndarray  # float[2] IL-6, IL-8
    synergy: float
    secretion: np.ndarray  # float[2] ng per 10^6 cells and day
    tissue_loss_per_day: float
    half_occupied: np.ndarray  # float[2] ng/ml
    plasma_clearance: np.ndarray  # float[2] ml/day
    plasma_host: np.ndarray  # float[2] ng/ml
    new_clump_share: float
    dormant_share: float
    waking_per_day: float
    capacity_gain: float
    rate_gain: float
    lag_days: float
    native_weight: float
