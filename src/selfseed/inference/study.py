"""A study: a scenario, what was measured, and which parameters are to be learnt from it, in one YAML file."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, cast

from selfseed import catalog
from selfseed.base.errors import ScenarioError, nearest
from selfseed.base.units import number_text, to_number
from selfseed.inference.data import DRAWS, Data, read_data
from selfseed.inference.noise import OBSERVABLES, Noise
from selfseed.inference.petab_table import DataFile, Seen
from selfseed.inference.prior import Kind, Prior
from selfseed.interchange.text import read_text
from selfseed.processes import PARAMETERS
from selfseed.scenario import Scenario, read
from selfseed.scenario.document import Refused, parse
from selfseed.scenario.problems import Finding, Path, shortened, to_problems

MOST_BYTES = 1_000_000
MOST_PARAMETERS, MOST_FILES = 30, 20
KEYS = ("selfseed-study", "title", "scenario", "data", "parameters", "noise")
PRIOR_KEYS = {
    "lognormal": ("median", "spread"), "loguniform": ("low", "high"),
    "normal": ("median", "spread"), "uniform": ("low", "high"),
}  # fmt: skip
PETAB_KEYS, SEEN_KEYS = ("petab", "observables", "arms"), ("observable", "site", "unit")
OF_CLONE, OF_NOISE = "clone:", "noise."
LARGEST_ERROR = 10.0


@dataclass(frozen=True)
class Fitted:
    """Name one parameter that is learnt.

    Attributes
    ----------
    name : str
        As in the table of parameters; ``clone:NAME growth.initial_rate`` for one clone; ``noise.volume`` for the
        error of an observable.
    prior : Prior
    per_animal : float or None
        Spread of the logarithm between animals beforehand, where each animal has its own value.
    unit : str
    """

    name: str
    prior: Prior
    per_animal: float | None
    unit: str


@dataclass(frozen=True)
class Study:
    """Hold what is asked of a calibration.

    Attributes
    ----------
    source, title : str
    scenario : Scenario
    parameters : tuple of Fitted
    data : Data
    noise : mapping of str to Noise
        Of every observable that was measured.
    files : tuple of path
        That were read: the study, its scenario where that is no preset, and its data.
    """

    source: str
    title: str
    scenario: Scenario
    parameters: tuple[Fitted, ...]
    data: Data
    noise: Mapping[str, Noise]
    files: tuple[FilePath, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the parameters, in their order."""
        return tuple(fitted.name for fitted in self.parameters)


def read_study(path: str | os.PathLike[str]) -> Study:
    """Read a study, its scenario and its data.

    Parameters
    ----------
    path : path
        Other files are named relative to this one.

    Raises
    ------
    ScenarioError
        With every mistake of the first file that has any, each at its line.
    """
    name = os.fspath(path)
    text = read_text(
        name,
    )
    if len(text) > MOST_BYTES:
        raise ScenarioError(
            name, to_problems([Finding((), "at most 1 MB", what="is too large", line=1)], None, {(): 1})
        )
    document = parse(text)
    reader = _Reader(document.value, document.findings, FilePath(name).parent)
    if isinstance(document.value, Mapping):
        study = reader.study(name)
    else:
        study = None
        if not document.findings:
            reader.refuse((), "must be a mapping that starts with 'selfseed-study: 1'")
    if reader.findings:
        raise ScenarioError(name, to_problems(reader.findings, document.value, document.lines))
    assert study is not None
    return study


class _Reader:
    """Turn the plain values of a study into what they mean, and note each mistake at its path."""

    def __init__(self, value: Any, findings: list[Finding], folder: FilePath):
        self.value = value
        self.findings = list(findings)
        self.folder = folder

    def refuse(self, path: Path, remedy: str, what: str | None = None) -> None:
        self.findings.append(Finding(path, remedy, what=what))

    def study(self, source: str) -> Study | None:
        self._keys((), self.value, KEYS)
        if self.value.get("selfseed-study") != 1:
            self.refuse(("selfseed-study",), "must be 1: the version of this format", None)
        title = self.value.get("title", "")
        if not isinstance(title, str) or len(title) > 500:
            self.refuse(("title",), "must be text of at most 500 characters")
        scenario = self._scenario()
        noise = self._noise()
        parameters = self._parameters(scenario, noise)
        files = self._files(scenario)
        if self.findings or scenario is None:
            return None
        learnt = {one.name.removeprefix(OF_NOISE) for one in parameters if one.name.startswith(OF_NOISE)}
        data = read_data(files, scenario, noise, learnt)
        self._agree(data, noise)
        given = self.value["scenario"]
        own = [] if given in catalog.names() else [self.folder / given]
        return Study(
            source, title, scenario, parameters, data, noise, (FilePath(source), *own, *(one.path for one in files))
        )

    def _keys(self, path: Path, value: Any, allowed: tuple[str, ...]) -> bool:
        if isinstance(value, Refused):
            return False
        if not isinstance(value, Mapping):
            self.refuse(path, "must be a mapping, like {name: value}")
            return False
        for key in value:
            if key not in allowed:
                close = nearest(str(key), allowed)
                remedy = f"unknown; did you mean '{close}'?" if close else f"unknown; allowed: {', '.join(allowed)}"
                self.refuse((*path, key), remedy, shortened(str(key)))
        return True

    def _scenario(self) -> Scenario | None:
        given = self.value.get("scenario")
        if not isinstance(given, str) or not given:
            self.refuse(("scenario",), "must name a preset of `selfseed list`, or a file beside the study", None)
            return None
        if given in catalog.names():
            return catalog.get(given)
        path = self.folder / given
        if path.suffix not in (".yaml", ".yml"):
            close = nearest(given, catalog.names())
            hint = f"did you mean '{close}'?" if close else "`selfseed list` shows the presets"
            self.refuse(("scenario",), f"neither a preset nor a YAML file; {hint}")
            return None
        return read(path)

    def _files(self, scenario: Scenario | None) -> list[DataFile]:
        given = self.value.get("data")
        entries = given if isinstance(given, list) else [given]
        if not entries or not all(isinstance(one, Mapping) or (isinstance(one, str) and one) for one in entries):
            self.refuse(("data",), "must be a table (TSV, CSV) beside the study, or a list of them", None)
            return []
        if len(entries) > MOST_FILES:
            self.refuse(("data",), f"must list at most {MOST_FILES} files", f"{len(entries)} files")
        paths: list[Path] = [("data", place) if isinstance(given, list) else ("data",) for place in range(len(entries))]
        return [self._file(path, entry, scenario) for path, entry in zip(paths, entries, strict=True)]

    def _file(self, path: Path, entry: Any, scenario: Scenario | None) -> DataFile:
        """Return one table; a mapping names one of PEtab, and says what its words mean."""
        if isinstance(entry, str):
            return DataFile(self.folder / entry)
        self._keys(path, entry, PETAB_KEYS)
        name = entry.get("petab")
        if not isinstance(name, str) or not name:
            self.refuse((*path, "petab"), "must name a table of measurements (TSV) beside the study", None)
            return DataFile(self.folder)
        sites, arms = (list(scenario.sites), list(scenario.arms)) if scenario else ([], [])
        seen, meant = {}, {}
        for one, told in self._named((*path, "observables"), entry).items():
            seen[one] = self._seen((*path, "observables", one), told, sites)
        for one, arm in self._named((*path, "arms"), entry).items():
            meant[one] = self._word((*path, "arms", one), arm, arms)
        return DataFile(self.folder / name, True, seen, meant)

    def _named(self, path: Path, entry: Mapping[str, Any]) -> Mapping[str, Any]:
        given = entry.get(str(path[-1]), {})
        if isinstance(given, Mapping):
            return given
        if not isinstance(given, Refused):
            self.refuse(path, "must be a mapping of the ids in the table, like {id: what it is}")
        return {}

    def _seen(self, path: Path, told: Any, sites: list[str]) -> Seen:
        if not self._keys(path, told, SEEN_KEYS):
            return Seen("")
        observable = self._word((*path, "observable"), told.get("observable"), list(OBSERVABLES))
        places = list(DRAWS) if observable == "ctc" else sites
        site = self._word((*path, "site"), told["site"], places) if "site" in told else ""
        if observable in OBSERVABLES and not site and len(places) > 1 and observable != "ctc":
            self.refuse((*path, "site"), f"missing; one of: {', '.join(places)}", "site")
        unit = str(told.get("unit", ""))
        if observable in OBSERVABLES and unit not in ("", "1"):
            try:
                to_number(f"1 {unit}", OBSERVABLES[observable].unit)
            except ValueError as error:
                self.refuse((*path, "unit"), str(error))
        return Seen(observable, site, unit)

    def _word(self, path: Path, word: Any, allowed: list[str]) -> str:
        if word not in allowed and allowed and not isinstance(word, Refused):
            close = nearest(str(word), allowed)
            hint = f"did you mean '{close}'?" if close else f"must be one of: {', '.join(allowed)}"
            self.refuse(path, hint, None if word is not None else str(path[-1]))
        return str(word)

    def _noise(self) -> dict[str, Noise]:
        given = self.value.get("noise")
        if given is None:
            self.refuse(("noise",), "missing; it says how each observable errs, like 'volume: {error: 0.1}'", "noise")
        if given is None or not self._keys(("noise",), given, tuple(OBSERVABLES)):
            return {}
        return {name: self._noise_of(name, given[name]) for name in given if name in OBSERVABLES}

    def _noise_of(self, observable: str, given: Any) -> Noise:
        path, needs = ("noise", observable), OBSERVABLES[observable].needs
        if not self._keys(path, given, tuple(needs)):
            return Noise(observable)
        numbers = {}
        for key, need in needs.items():
            if key not in given:
                if need.usual is None:
                    self.refuse((*path, key), f"missing; {need.meaning}", key)
                continue
            numbers[key] = self._number((*path, key), given[key], need.unit, need.low, need.high)
        return Noise(observable, **{key: value for key, value in numbers.items() if value is not None})

    def _number(self, path: Path, value: Any, unit: str, low: float, high: float) -> float | None:
        if isinstance(value, Refused):
            return None
        try:
            number = to_number(value, unit)
        except ValueError as error:
            self.refuse(path, str(error))
            return None
        if not low <= number <= high:
            self.refuse(path, f"must be from {number_text(low)} to {number_text(high)} {unit}".removesuffix(" 1"))
            return None
        return number

    def _parameters(self, scenario: Scenario | None, noise: Mapping[str, Noise]) -> tuple[Fitted, ...]:
        given = self.value.get("parameters")
        if not isinstance(given, Mapping) or not given:
            self.refuse(("parameters",), "must name the parameters to learn, each with its prior", None)
            return ()
        if len(given) > MOST_PARAMETERS:
            self.refuse(("parameters",), f"must be at most {MOST_PARAMETERS}", f"{len(given)} parameters")
            return ()
        found = [self._fitted(name, entry, scenario, noise) for name, entry in given.items()]
        return tuple(fitted for fitted in found if fitted is not None)

    def _fitted(self, name: str, entry: Any, scenario: Scenario | None, noise: Mapping[str, Noise]) -> Fitted | None:
        path = ("parameters", name)
        limits = self._limits(name, scenario, noise)
        kind = entry.get("prior") if isinstance(entry, Mapping) else None
        if isinstance(entry, Mapping) and kind not in PRIOR_KEYS:
            self.refuse((*path, "prior"), f"must be one of: {', '.join(PRIOR_KEYS)}", None if kind else "prior")
            return None
        if not self._keys(path, entry, ("prior", *PRIOR_KEYS.get(str(kind), ()), "per", "between")) or limits is None:
            return None
        unit, low, high = limits
        first, second = PRIOR_KEYS[str(kind)]
        missing = [key for key in (first, second) if key not in entry]
        for key in missing:
            self.refuse((*path, key), f"missing; a {kind} prior has {first} and {second}", key)
        if missing:
            return None
        widest = 20.0 if kind == "lognormal" else math.inf
        of_second = (
            ("1", 1e-6, widest)
            if kind == "lognormal"
            else (unit, *((low, high) if second == "high" else (1e-300, math.inf)))
        )
        centre = self._number((*path, first), entry[first], unit, low, high)
        width = self._number((*path, second), entry[second], *of_second)
        spread = self._per(path, entry)
        if centre is None or width is None:
            return None
        if kind in ("lognormal", "loguniform") and centre <= 0.0:
            self.refuse((*path, first), "must be above 0, as the prior is on a logarithmic scale")
            return None
        if second == "high" and width <= centre:
            self.refuse((*path, second), "must be above 'low'")
            return None
        if second == "high":
            low, high = centre, width
        return Fitted(name, Prior(cast(Kind, kind), centre, width, low, high), spread, unit)

    def _per(self, path: Path, entry: Mapping[str, Any]) -> float | None:
        if "per" not in entry:
            if "between" in entry:
                self.refuse((*path, "between"), "goes with 'per: animal'")
            return None
        if entry["per"] != "animal":
            self.refuse((*path, "per"), "must be animal")
            return None
        return self._number((*path, "between"), entry.get("between", 0.5), "1", 1e-3, 5.0)

    def _limits(
        self, name: str, scenario: Scenario | None, noise: Mapping[str, Noise]
    ) -> tuple[str, float, float] | None:
        """Return the unit of a parameter and what is allowed; None, and a mistake, for a name that is unknown."""
        if name.startswith(OF_NOISE):
            known = [f"{OF_NOISE}{one}" for one in noise if "error" in OBSERVABLES[one].needs]
            if name in known:
                return "1", 1e-6, LARGEST_ERROR
            self._unknown(name, known, "noise of the study")
            return None
        bare = name
        if name.startswith(OF_CLONE):
            clone, _, bare = name.removeprefix(OF_CLONE).partition(" ")
            clones = list(scenario.clones) if scenario else [clone]
            if clone not in clones:
                self._unknown(clone, clones, "scenario")
                return None
            own = [key for key, parameter in PARAMETERS.items() if parameter.scope == "clone"]
            if bare not in own:
                self._unknown(bare, own, "parameters of clones", name)
                return None
        if bare not in PARAMETERS:
            self._unknown(name, list(PARAMETERS), "table of parameters")
            return None
        parameter = PARAMETERS[bare]
        return parameter.unit, parameter.low, parameter.high

    def _unknown(self, word: str, allowed: list[str], where: str, name: str | None = None) -> None:
        """Note a name that is not known."""
        close = nearest(word, allowed)
        hint = f"; did you mean '{close}'?" if close else ""
        self.refuse(("parameters", name or word), f"not in the {where}{hint}", shortened(word))

    def _agree(self, data: Data, noise: Mapping[str, Noise]) -> None:
        for observable in sorted(set(data.observable)):
            if observable not in noise:
                self.refuse(("noise",), f"missing; the data hold {observable}: say how it errs", observable)
