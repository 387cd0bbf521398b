"""A scenario that takes a moment: two tumours in one mouse, one of which sheds."""

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


def scenario() -> selfseed.Scenario:
    return selfseed.read(TEXT)
