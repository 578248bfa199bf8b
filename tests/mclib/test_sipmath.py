"""SIPmath libraries: known answers of the generator, files of others, there and back."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mclib as mc
from mclib.errors import ArgumentError
from mclib.sipmath import Seeds, hdr_uniforms
from mclib.testing import assert_within_standard_errors

# Of the reference implementation, for entity 10, variable 2, seeds 3 and 4, trials 1 to 9.
KNOWN = [
    0.18532938009593636,
    0.9937039703363553,
    0.09836426738183945,
    0.7941507144132629,
    0.7279702170053497,
    0.03101965703535825,
    0.41562155552674085,
    0.06352685287129134,
    0.8691775795305148,
]


def hdr(name: str, variable: int) -> dict[str, Any]:
    arguments = {"counter": "PM_Index", "entity": 10, "varId": variable}
    arguments |= {"seed3": 3, "seed4": 4}
    return {"name": name, "function": "HDR_2_0", "arguments": arguments}


LIBRARY = {
    "name": "plant",
    "objectType": "sipModel",
    "libraryType": "SIPmath_3_0",
    "dateCreated": "09-21-2021",
    "provenance": "somebody",
    "globalVariables": [
        {
            "name": "correlationMatrix",
            "value": {
                "columns": ["price", "units"],
                "rows": ["price", "units"],
                "matrix": [
                    {"row": "price", "col": "price", "value": 1},
                    {"row": "units", "col": "price", "value": 0.6},
                    {"row": "units", "col": "units", "value": 1},
                ],
            },
        }
    ],
    "U01": {
        "rng": [hdr("hdr1", 2), hdr("hdr2", 3), hdr("hdr3", 4)],
        "copula": [
            {
                "arguments": {
                    "correlationMatrix": {
                        "type": "globalVariables",
                        "value": "correlationMatrix",
                    },
                    "rng": ["hdr1", "hdr2"],
                },
                "function": "GaussianCopula",
                "name": "Gaussian",
                "copulaLayer": ["c1", "c2"],
            }
        ],
    },
    "sips": [
        {
            "name": "price",
            "ref": {"source": "copula", "name": "Gaussian", "copulaLayer": "c1"},
            "function": "Metalog_1_0",
            "arguments": {"aCoefficients": [20.0, 6.82679419970, 5.68899516642]},
            "metadata": {"mean": 3},
        },
        {
            "name": "units",
            "ref": {"source": "copula", "name": "Gaussian", "copulaLayer": "c2"},
            "function": "Metalog_1_0",
            "arguments": {
                "lowerBound": 0,
                "upperBound": "",
                "aCoefficients": [3.0, 0.2],
            },
        },
        {
            "name": "yield",
            "ref": {"source": "rng", "name": "hdr3"},
            "function": "Metalog_1_0",
            "arguments": {"lowerBound": 0, "upperBound": 1, "aCoefficients": [1.0, 0.5]},
        },
    ],
    "version": "1",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "plant.json"
    file.write_text(json.dumps(LIBRARY))
    return file


def changed(path: Path, text: str, other: str) -> Path:
    content = path.read_text()
    assert text in content
    path.write_text(content.replace(text, other))
    return path


def test_the_generator_gives_the_known_answers() -> None:
    assert KNOWN == hdr_uniforms(Seeds(10, 2, 3, 4), 1, 9).tolist()
    assert KNOWN[4:] == hdr_uniforms(Seeds(10, 2, 3, 4), 5, 5).tolist()


def test_its_numbers_are_uniform_far_out_and_for_large_seeds() -> None:
    u = hdr_uniforms(Seeds(2**40, 2**41, 12345, 2**33), 10**9, 100_000)

    assert abs(u.mean() - 0.5) < 5.0 / np.sqrt(12.0 * 100_000)
    assert 0.0 < u.min() < 1e-4
    assert 1.0 - 1e-4 < u.max() < 1.0


def test_a_library_of_another_tool_is_read(path: Path) -> None:
    library = mc.SipLibrary.read(path)

    assert list(library.distributions) == ["price", "units", "yield"]
    price = library.distributions["price"].quantile([0.01, 0.05, 0.95, 0.99])
    assert price == pytest.approx([1.439454, 7.436826, 47.638984, 64.179329], abs=1e-6)
    assert library.distributions["units"].support == (0.0, np.inf)
    assert library.distributions["yield"].support == (0.0, 1.0)
    assert library.correlated == ("price", "units")
    assert library.provenance == "somebody"


def test_draws_are_those_of_other_tools(path: Path) -> None:
    library = mc.SipLibrary.read(path)

    draws = library.draws(50_000)

    # The first layer of a copula is the generator's own.
    expected = library.distributions["price"].quantile(KNOWN)
    assert draws["price"][:9] == pytest.approx(expected, rel=1e-9)
    later = library.draws(5, start=5)
    assert later["units"] == pytest.approx(draws["units"][4:9], rel=1e-12)
    ranks = [np.argsort(np.argsort(draws[name])) for name in ("price", "units", "yield")]
    reached = np.corrcoef(ranks)
    spearman = 6.0 / np.pi * np.arcsin(0.3)
    assert reached[0, 1] == pytest.approx(spearman, abs=5.0 / np.sqrt(50_000))
    assert abs(reached[0, 2]) < 5.0 / np.sqrt(50_000)


def test_a_model_draws_its_inputs_as_the_library_says(path: Path) -> None:
    @mc.model
    def plant(price=mc.Normal(1, 1), units=mc.Normal(1, 1), fee=mc.Exponential(2)):
        return {"revenue": price * units, "is_dear": price > 20.0, "fee": fee}

    result = mc.simulate(mc.SipLibrary.read(path).join(plant), 200_000, seed=3)

    assert_within_standard_errors(result["is_dear"].mean, 0.5)
    assert_within_standard_errors(result["fee"].mean, 2.0)
    reached = result.correlations().loc["price", "units"]
    assert reached == pytest.approx(6.0 / np.pi * np.arcsin(0.3), abs=0.012)


def test_a_library_goes_there_and_back(path: Path, tmp_path: Path) -> None:
    library = mc.SipLibrary.read(path)

    library.write(tmp_path / "copy.json")
    again = mc.SipLibrary.read(tmp_path / "copy.json")

    assert again.seeds == library.seeds
    for name, values in library.draws(100).items():
        assert values.tolist() == again.draws(100)[name].tolist()
    with pytest.raises(ArgumentError, match="`path` must be new"):
        library.write(tmp_path / "copy.json")
    library.write(tmp_path / "copy.json", overwrite=True)


def test_outputs_of_a_run_become_a_library(tmp_path: Path) -> None:
    @mc.model
    def shop(units=mc.Gamma(4, 25), price=mc.Normal(20, 2)):
        return {"revenue": units * price, "cost": 5.0 * units + 100.0}

    result = mc.simulate(shop, 100_000, seed=3)
    library = mc.SipLibrary.of_result(result, low={"revenue": 0.0, "cost": 100.0})
    library.write(tmp_path / "shop.json")
    draws = mc.SipLibrary.read(tmp_path / "shop.json").draws(50_000)

    for name in ("revenue", "cost"):
        output = result[name]
        assert draws[name].mean() == pytest.approx(output.mean.value, rel=0.01)
        q = np.quantile(draws[name], [0.05, 0.5, 0.95])
        own = [each.value for each in output.quantile([0.05, 0.5, 0.95])]
        assert q == pytest.approx(own, rel=0.02)
    ranks = [np.argsort(np.argsort(draws[name])) for name in ("revenue", "cost")]
    own = result.correlations().loc["revenue", "cost"]
    assert np.corrcoef(ranks)[0, 1] == pytest.approx(own, abs=0.015)


@pytest.mark.parametrize(
    ("text", "other", "sentence"),
    [
        ("SIPmath_3_0", "SIPmath_2_0", "`libraryType` must be SIPmath_3_0"),
        ("Metalog_1_0", "Normal_1_0", "`function of price` must be Metalog_1_0"),
        ("HDR_2_0", "HDR_3_0", "`function of hdr1` must be HDR_2_0"),
        ("GaussianCopula", "ClaytonCopula", "`copula` must be one GaussianCopula"),
        ("{", "", "be a file with a SIPmath library"),
    ],
)
def test_what_is_no_library_is_refused(
    path: Path, text: str, other: str, sentence: str
) -> None:
    with pytest.raises(ArgumentError, match=sentence):
        mc.SipLibrary.read(changed(path, text, other))


def test_a_model_without_an_input_of_the_library_is_refused(path: Path) -> None:
    @mc.model
    def other(x=mc.Normal(0, 1)):
        return {"y": x}

    with pytest.raises(ArgumentError, match="have inputs of the library"):
        mc.SipLibrary.read(path).join(other)
