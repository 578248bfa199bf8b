"""Libraries of uncertainties in the SIPmath 3.0 format: read, used, drawn, written.

A library is a JSON file of metalogs, each with the seeds of a counter-based generator
(HDR), and perhaps a Gaussian copula; spreadsheets and other tools read it and draw the very
same numbers.
"""

import datetime as dt
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from mclib.correlating import couple
from mclib.dependence.elliptical import GaussianCopula
from mclib.dependence.matrices import lower_root
from mclib.distributions.metalogs import MOST_TERMS, Metalog
from mclib.distributions.normals import Normal
from mclib.errors import ArgumentError, law
from mclib.model import Model
from mclib.results.result import Result

Floats = NDArray[np.float64]

_ORDERS = (0.005, *(np.arange(1, 40) / 40.0).tolist(), 0.995)
_MATRIX = "correlationMatrix"


class Seeds(NamedTuple):
    """What the generator of one uncertainty is started with."""

    entity: int
    variable: int
    third: int = 0
    fourth: int = 0


def hdr_uniforms(seeds: Seeds, start: int, n: int) -> Floats:
    """Return the uniforms that every tool draws for these seeds.

    Parameters
    ----------
    seeds : Seeds
        Whole numbers from 0 on.
    start : int
        The first trial, counted from 1.
    n : int
        How many trials.

    Returns
    -------
    array of shape (n,)
        Strictly between 0 and 1.

    References
    ----------
    .. [1] D. W. Hubbard, "A Multi-Dimensional, Counter-Based Pseudo Random Number Generator
       as a Standard for Monte Carlo Simulations", Winter Simulation Conference, 2019.

    Examples
    --------
    >>> hdr_uniforms(Seeds(10, 2, 3, 4), 1, 3).round(8)
    array([0.18532938, 0.99370397, 0.09836427])
    """
    trials = np.arange(start, start + n, dtype=np.uint64)
    sums = []
    for weights, modulus, factor, offset, last in (
        ((2499997, 2000371, 1800451, 1796777, 2299603), 7450589, 4658, 7450581, 383),
        ((2246527, 2100869, 2399993, 1918303, 1624729), 7450987, 7580, 7560584, 17669),
    ):
        fixed = sum(w * s for w, s in zip(weights[1:], seeds, strict=True)) % modulus
        place = (trials * np.uint64(weights[0]) + np.uint64(fixed)) % np.uint64(modulus)
        divisor = place * np.uint64(factor) + np.uint64(offset)
        sums.append((np.uint64(999999999999989) % divisor) * np.uint64(last))
    first, second = sums[0] % np.uint64(99991), sums[1] % np.uint64(7440893)
    mixed = (first * np.uint64(7440893) + second) * np.uint64(1343) % np.uint64(1 << 32)
    return (mixed.astype(np.float64) + 0.5) / 2.0**32


@final
@dataclass(frozen=True)
class SipLibrary:
    """Uncertainties that are shared between tools.

    Attributes
    ----------
    name : str
        Of the library.
    distributions : mapping of str to Metalog
        The uncertainties.
    seeds : mapping of str to Seeds
        Of each, for `draws`.
    correlated : tuple of str
        Those that a Gaussian copula joins; none if they are independent.
    correlations : array of shape (n, n), optional
        Of the normal numbers behind those.
    provenance : str
        Where they come from.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def total(a=mc.Normal(40, 3), b=mc.Normal(60, 4)):
    ...     return {"total": a + b}
    >>> library = mc.SipLibrary.of_result(mc.simulate(total, 100_000, seed=7))
    >>> float(library.draws(10_000)["total"].mean().round(1))
    100.0
    """

    name: str
    distributions: Mapping[str, Metalog]
    seeds: Mapping[str, Seeds]
    correlated: tuple[str, ...] = ()
    correlations: Any = None
    provenance: str = ""

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> "SipLibrary":
        """Read a library.

        Raises
        ------
        ArgumentError
            If it is no SIPmath 3.0 library, or has something else than metalogs, HDR
            generators and one Gaussian copula.
        """
        try:
            content = json.loads(Path(path).read_text(encoding="utf-8"))
            kind = content["libraryType"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise law("path", "be a file with a SIPmath library", str(path)) from error
        if kind != "SIPmath_3_0":
            raise law("libraryType", "be SIPmath_3_0", kind)
        sources = {
            each["name"]: _seeds(each) for each in content.get("U01", {}).get("rng", [])
        }
        layers, correlations = _copula(content)
        found: dict[str, Metalog] = {}
        seeds: dict[str, Seeds] = {}
        places: dict[str, int] = {}
        for each in content["sips"]:
            name, source = each["name"], each["ref"]
            found[name] = _metalog(each)
            if source["source"] == "copula":
                source_name, places[name] = layers[source["copulaLayer"]]
            else:
                source_name = source["name"]
            seeds[name] = sources[source_name]
        order = list(places.values())
        matrix = None if correlations is None else correlations[np.ix_(order, order)]
        said = str(content.get("provenance", ""))
        return cls(str(content.get("name", "")), found, seeds, tuple(places), matrix, said)

    @classmethod
    def of_result(
        cls,
        result: Result,
        names: Sequence[str] | None = None,
        *,
        low: Mapping[str, float] | None = None,
        high: Mapping[str, float] | None = None,
        n_terms: int = 9,
        entity: int = 1,
        first_variable: int = 1,
    ) -> "SipLibrary":
        """Return the outputs of a run as a library.

        Parameters
        ----------
        result : Result
            Of a run.
        names : sequence of str, optional
            Which outputs; all by default.
        low, high : mapping of str to float, optional
            Ends of outputs that have some.
        n_terms : int, default 9
            Of a metalog, at most; it has fewer where so many would not increase.
        entity, first_variable : int, default 1
            Seeds: those of the second output are one more, and so on.

        Notes
        -----
        A metalog goes near 41 quantiles from P0.5 to P99.5, in least squares. Outputs are
        joined by the Gaussian copula that has their rank correlations.
        """
        wanted = tuple(result if names is None else names)
        found, seeds = {}, {}
        for place, name in enumerate(wanted):
            values = [each.value for each in result[name].quantile(list(_ORDERS))]
            ends = {"low": (low or {}).get(name), "high": (high or {}).get(name)}
            quantiles = dict(zip(_ORDERS, values, strict=True))
            found[name] = _nearest(quantiles, ends, n_terms)
            seeds[name] = Seeds(entity, first_variable + place)
        matrix = None
        if len(wanted) > 1:
            ranked = result.correlations().loc[list(wanted), list(wanted)].to_numpy()
            matrix = 2.0 * np.sin(np.pi * ranked / 6.0)
            np.fill_diagonal(matrix, 1.0)
        run = result.provenance
        said = f"{run.model_name} {run.model_hash[:12]}, seed {run.seed}"
        joined = wanted if matrix is not None else ()
        return cls(run.model_name, found, seeds, joined, matrix, said)

    def join(self, model: Model) -> Model:
        """Return a model whose inputs of these names are drawn as the library says.

        Raises
        ------
        ArgumentError
            If the model has no input of a name that the library has.

        Notes
        -----
        The draws are mclib's own, as many and on whichever engine you like; `draws` gives
        those of other tools.
        """
        known = [name for name in self.distributions if name in model.inputs]
        if not known:
            must = f"have inputs of the library ({', '.join(self.distributions)})"
            raise law("model", must, model)
        changed = model.with_parameters(
            **{name: self.distributions[name] for name in known}
        )
        places = [i for i, name in enumerate(self.correlated) if name in known]
        if len(places) < 2:
            return changed
        matrix = np.asarray(self.correlations)[np.ix_(places, places)]
        joined = [self.correlated[place] for place in places]
        return couple(changed, GaussianCopula(matrix), joined)

    def draws(self, n: int, *, start: int = 1) -> dict[str, Floats]:
        """Return the numbers that every tool draws from this library.

        Parameters
        ----------
        n : int
            How many trials.
        start : int, default 1
            The first of them.
        """
        uniforms = {name: hdr_uniforms(own, start, n) for name, own in self.seeds.items()}
        if self.correlated:
            standard = Normal(0.0, 1.0)
            root = lower_root(np.asarray(self.correlations, np.float64))
            scores = np.stack(
                [standard.quantile(uniforms[name]) for name in self.correlated]
            )
            for name, row in zip(self.correlated, root @ scores, strict=True):
                uniforms[name] = standard.cdf(row)
        return {
            name: np.asarray(each.quantile(uniforms[name]))
            for name, each in self.distributions.items()
        }

    def write(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write the library to a file.

        Raises
        ------
        ArgumentError
            If there is a file already and it may not be replaced.
        """
        if Path(path).exists() and not overwrite:
            raise law("path", "be new", str(path), "write `overwrite=True`.")
        Path(path).write_text(json.dumps(self._content(), indent=2), encoding="utf-8")

    def _content(self) -> dict[str, Any]:
        sources = {name: f"hdr{k}" for k, name in enumerate(self.distributions, start=1)}
        layers = {name: f"c{k}" for k, name in enumerate(self.correlated, start=1)}
        uniforms: dict[str, Any] = {
            "rng": [_source(sources[name], own) for name, own in self.seeds.items()]
        }
        shared: list[dict[str, Any]] = []
        if self.correlated:
            matrix = [
                {"row": a, "col": b, "value": float(self.correlations[i][j])}
                for i, a in enumerate(self.correlated)
                for j, b in enumerate(self.correlated[: i + 1])
            ]
            names = list(self.correlated)
            value = {"columns": names, "rows": names, "matrix": matrix}
            shared = [{"name": _MATRIX, "value": value}]
            copula = {
                "function": "GaussianCopula",
                "name": "Gaussian",
                "copulaLayer": list(layers.values()),
                "arguments": {
                    "correlationMatrix": {"type": "globalVariables", "value": _MATRIX},
                    "rng": [sources[name] for name in self.correlated],
                },
            }
            uniforms["copula"] = [copula]
        sips = []
        for name, each in self.distributions.items():
            own: dict[str, Any] = {"source": "rng", "name": sources[name]}
            if name in layers:
                own = {"source": "copula", "name": "Gaussian", "copulaLayer": layers[name]}
            sips.append(
                {
                    "name": name,
                    "ref": own,
                    "function": "Metalog_1_0",
                    "arguments": _arguments(each),
                    "metadata": {},
                }
            )
        return {
            "name": self.name,
            "objectType": "sipModel",
            "libraryType": "SIPmath_3_0",
            "dateCreated": dt.datetime.now(dt.UTC).strftime("%m-%d-%Y"),
            **({"globalVariables": shared} if shared else {}),
            "provenance": self.provenance,
            "U01": uniforms,
            "sips": sips,
            "version": "1",
        }


def _nearest(
    quantiles: Mapping[float, float], ends: Mapping[str, float | None], n_terms: int
) -> Metalog:
    """Return the metalog with the most terms that increases."""
    for n in range(min(n_terms, MOST_TERMS), 2, -1):
        try:
            return Metalog.from_quantiles(quantiles, n_terms=n, **ends)
        except ArgumentError:
            continue
    return Metalog.from_quantiles(quantiles, n_terms=2, **ends)


def _metalog(sip: Mapping[str, Any]) -> Metalog:
    if sip["function"] != "Metalog_1_0":
        must = "be Metalog_1_0"
        raise law(f"function of {sip['name']}", must, sip["function"])
    given = sip["arguments"]
    ends = (given.get("lowerBound"), given.get("upperBound"))
    low, high = (None if end in (None, "") else float(end) for end in ends)
    return Metalog([float(a) for a in given["aCoefficients"]], low, high)


def _arguments(metalog: Metalog) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if metalog.low is not None:
        found["lowerBound"] = float(metalog.low)
    if metalog.high is not None:
        found["upperBound"] = float(metalog.high)
    return {**found, "aCoefficients": np.asarray(metalog.coefficients).tolist()}


def _source(name: str, seeds: Seeds) -> dict[str, Any]:
    entity, variable, third, fourth = seeds
    arguments = {"counter": "PM_Index", "entity": entity, "varId": variable}
    arguments |= {"seed3": third, "seed4": fourth}
    return {"name": name, "function": "HDR_2_0", "arguments": arguments}


def _seeds(source: Mapping[str, Any]) -> Seeds:
    if source["function"] != "HDR_2_0":
        raise law(f"function of {source['name']}", "be HDR_2_0", source["function"])
    given = source["arguments"]
    return Seeds(*(int(given.get(key, 0)) for key in ("entity", "varId", "seed3", "seed4")))


def _copula(
    content: Mapping[str, Any],
) -> tuple[dict[str, tuple[str, int]], Floats | None]:
    """Return sources and places by layer, and the correlations of all layers."""
    copulas = content.get("U01", {}).get("copula", [])
    if not copulas:
        return {}, None
    if len(copulas) > 1 or copulas[0]["function"] != "GaussianCopula":
        must = "be one GaussianCopula"
        raise law("copula", must, [each["function"] for each in copulas])
    (copula,) = copulas
    name = copula["arguments"]["correlationMatrix"]["value"]
    shared = {each["name"]: each["value"] for each in content["globalVariables"]}
    value = shared[name]
    places = {column: place for place, column in enumerate(value["columns"])}
    matrix = np.eye(len(places))
    for each in value["matrix"]:
        i, j = places[each["row"]], places[each["col"]]
        matrix[i, j] = matrix[j, i] = float(each["value"])
    sources = copula["arguments"]["rng"]
    layers = {
        layer: (sources[place], place) for place, layer in enumerate(copula["copulaLayer"])
    }
    return layers, matrix
