"""What each mechanism did adds up to the whole, and what they do together is told."""

from itertools import combinations

import numpy as np
import pytest
from tests.validation.kim import CONTROL, kim

from selfseed.base.errors import ScenarioError
from selfseed.engine import simulate
from selfseed.inference.why import GROUPS, TOGETHER, _crossed, explain_why
from selfseed.processes import GENES

GROUP = ("a", "b", "c")


@pytest.fixture(scope="module")
def run():
    return simulate(kim(CONTROL, "IL-8 silenced"), seed=5, replicates=12)


@pytest.fixture(scope="module")
def why(run):
    return explain_why(run)


def known(effects, pairs=0.0):
    """Return outcomes without each subset of three parts; each adds its effect, each pair that is on ``pairs`` more."""
    chosen = [some for size in range(4) for some in combinations(GROUP, size)]
    values = {}
    for off in chosen:
        on = [part for part in GROUP if part not in off]
        together = pairs * len(on) * (len(on) - 1) / 2
        values[frozenset(off)] = np.full(4, 1.0 + sum(effects[part] for part in on) + together)
    return values | {frozenset(["return"]): np.full(4, 1.0)}


def parts_of(values):
    return {part.part: part for part in _crossed("growth", "mechanism", GROUP, values)}


def parts(why, outcome, kind):
    return {part.part: part for part in why.parts if (part.outcome, part.kind) == (outcome, kind)}


def test_parts_that_do_not_act_together_are_told_as_they_were_made():
    effects = {"a": 0.5, "b": 0.2, "c": -0.1}
    told = parts_of(known(effects))
    for part, effect in effects.items():
        assert told[part].last.value == pytest.approx(effect)
        assert told[part].alone.value == pytest.approx(effect)
        assert told[part].shapley.value == pytest.approx(effect)
    assert told["a x b"].alone.value == pytest.approx(0.0)
    assert told["a x b x c"].alone.value == pytest.approx(0.0)


def test_what_two_do_together_is_an_interaction_and_is_shared_fairly():
    told = parts_of(known({"a": 0.5, "b": 0.2, "c": -0.1}, pairs=0.3))
    assert told["a x b"].alone.value == pytest.approx(0.3)
    assert told["a x b x c"].alone.value == pytest.approx(0.0)
    assert told["a"].last.value == pytest.approx(0.5 + 2 * 0.3)
    assert told["a"].shapley.value == pytest.approx(0.5 + 0.3)


def test_an_interaction_a_tenth_too_large_would_be_noticed():
    told = parts_of(known({"a": 0.5, "b": 0.2, "c": -0.1}, pairs=0.33))
    assert told["a x b"].alone.value != pytest.approx(0.3, rel=0.05)


def test_the_arm_simulated_again_is_the_same_to_the_last_bit(why):
    assert why.same_bits


@pytest.mark.parametrize("outcome", ["growth", "seeded", "metastasis"])
@pytest.mark.parametrize("kind", GROUPS)
def test_what_parts_do_alone_and_together_adds_up_to_the_effect_of_return(why, outcome, kind):
    alone = sum(part.alone.value for part in parts(why, outcome, kind).values())
    assert alone == pytest.approx(parts(why, outcome, "return")["return"].last.value)


def test_fair_shares_add_up_to_what_the_group_does(why):
    routes = parts(why, "growth", "route")
    fair = sum(routes[route].shapley.value for route in GROUPS["route"])
    assert fair + routes["none of them"].alone.value == pytest.approx(
        parts(why, "growth", "return")["return"].last.value
    )


def test_every_gene_is_silenced_alone_and_with_the_others(why):
    genes = parts(why, "seeded", "gene")
    assert set(genes) == {*GENES, TOGETHER, "interaction"}
    lost = sum(genes[gene].last.value for gene in GENES)
    assert genes["interaction"].last.value == pytest.approx(genes[TOGETHER].last.value - lost)


def test_another_arm_and_site_can_be_asked_for(run):
    why = explain_why(run, arm="IL-8 silenced", site="donor")
    assert (why.arm, why.site, why.same_bits) == ("IL-8 silenced", "donor", True)


@pytest.mark.parametrize("asked", [{"arm": "LM2 doner"}, {"site": "recipent"}])
def test_an_unknown_arm_or_site_is_refused_with_the_nearest_name(run, asked):
    with pytest.raises(ScenarioError, match="did you mean '(LM2 donor|recipient)'?"):
        explain_why(run, **asked)
