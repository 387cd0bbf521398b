"""A scenario that takes a moment: two tumours in one mouse, one of which sheds; and a study that takes little more."""

from pathlib import Path

import selfseed

TEXT = """
selfseed: 1
title: Two small tumours
host: mouse
clones:
  mine: {}
  aggressive: {from: mine, label: GFP, expression: {MMP1: 5, FSCN1: 3, CXCL1: 8}, shedding: {rate: 2e-4}}
sites: {left: {organ: mammary_gland}, right: {organ: mammary_gland}}
procedures:
  - {implant: aggressive, site: left, cells: 1e5, at: 0 day}
  - {implant: mine, site: right, cells: 1e4, at: 2 day}
arms:
  control: {}
  IL-8 silenced: {knock_down: [{gene: IL8, clone: mine, remaining: 0.15}]}
  cut out: {add: [{resect: left, at: 8 day}]}
measurements: [{label_share: GFP, sites: right, at: 12 day, detection_limit: 1}, {volume: [left, right], every: 2 day}]
duration: 12 day
replicates: 6
"""

STUDY = """
selfseed-study: 1
title: Two small tumours
scenario: small.yaml
data: volumes.tsv
parameters:
  growth.initial_rate: {prior: lognormal, median: 0.5 /day, spread: 0.4}
noise:
  volume: {error: 0.1}
"""
DIFFERING = STUDY.replace("spread: 0.4}", "spread: 0.4, per: animal, between: 0.2}")


def write_study(folder: Path) -> None:
    """Write the scenario, the study of three animals, one more in which they differ, and the data of both."""
    (folder / "small.yaml").write_text(TEXT)
    (folder / "study.yaml").write_text(STUDY)
    (folder / "differing.yaml").write_text(DIFFERING)
    rows = [
        f"m{animal}\tcontrol\tleft\t{day}\tvolume\t{factor**day * volume}\tmm^3"
        for animal, factor in enumerate((0.95, 1.0, 1.05))
        for day, volume in ((6, 5.0), (12, 50.0))
    ]
    head = "animal\tarm\tsite\tday\tobservable\tvalue\tunit"
    (folder / "volumes.tsv").write_text("\n".join([head, *rows]) + "\n")


def scenario() -> selfseed.Scenario:
    return selfseed.read(TEXT)
