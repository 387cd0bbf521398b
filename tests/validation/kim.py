"""The two-gland experiment, whole or in part."""

from selfseed import catalog
from selfseed.scenario import Scenario

PRESET = "kim2009-two-gland"
CONTROL = "LM2 donor"


def kim(*arms, switch_off=(), **parameters):
    """Return the experiment with some of its arms and copies, without its ranges, with other parameters."""
    document = catalog.get(PRESET).model_dump(by_alias=True, exclude_unset=True)
    document["arms"] = {name: document["arms"][name] for name in arms or document["arms"]}
    document["switch_off"], document["uncertain"] = switch_off, {}
    document["parameters"] = dict(document.get("parameters", {})) | parameters
    return Scenario.from_dict(document)
