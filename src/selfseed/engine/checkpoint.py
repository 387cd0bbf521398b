"""Outcomes of animals as bare arrays, to be kept on disk and read again bit by bit."""

from collections.abc import Mapping, Sequence

import numpy as np

from selfseed.engine.animal import Outcome
from selfseed.kernels.stochastic import Record

STACKED = ("ledger", "flow", "routes", "happened")


def pack(outcomes: Sequence[Outcome]) -> dict[str, np.ndarray]:
    """Return the arrays that hold ``outcomes``, all of one scenario."""
    arrays = {name: np.stack([getattr(outcome, name) for outcome in outcomes]) for name in STACKED}
    arrays |= {
        f"record.{name}": np.stack([getattr(outcome.record, name) for outcome in outcomes]) for name in Record._fields
    }
    for name in ("families", "clumps"):
        tables = [getattr(outcome, name) for outcome in outcomes]
        arrays[name] = np.concatenate(tables)
        arrays[f"{name}.sizes"] = np.array([table.size for table in tables])
    arrays["pooled"] = np.array([outcome.pooled for outcome in outcomes])
    return arrays


def unpack(arrays: Mapping[str, np.ndarray]) -> list[Outcome]:
    """Return the outcomes that `pack` put into ``arrays``."""
    tables = {name: np.split(arrays[name], np.cumsum(arrays[f"{name}.sizes"])[:-1]) for name in ("families", "clumps")}
    return [
        Outcome(
            record=Record(*(arrays[f"record.{name}"][number] for name in Record._fields)),
            families=tables["families"][number],
            clumps=tables["clumps"][number],
            pooled=int(arrays["pooled"][number]),
            **{name: arrays[name][number] for name in STACKED},
        )
        for number in range(len(arrays["pooled"]))
    ]
