"""Functions of add-ins draw what their own manuals say: by mean and standard deviation."""

import math
from pathlib import Path

import pytest

import mclib as mc
from mclib.testing import assert_within_standard_errors
from tests.mclib.spreadsheets.sheets import written

ROOT_3 = math.sqrt(3)
EULER = 0.5772156649015329
FIFTH = math.pi / 5
LOG_LOGISTIC = 2 * math.sqrt(
    2 * FIFTH / math.sin(2 * FIFTH) - (FIFTH / math.sin(FIFTH)) ** 2
)

KNOWN = {
    "RiskNormal(100,10)": (100, 10),
    "_xll.RiskNormal(100,10)": (100, 10),
    "RiskLognorm(100,30)": (100, 30),
    "RiskLognorm2(1,0.5)": (math.exp(1.125), math.exp(1.125) * math.sqrt(math.expm1(0.25))),
    "RiskTriang(1,2,6)": (3, math.sqrt(14 / 12)),
    "RiskUniform(2,8)": (5, ROOT_3),
    "RiskPert(10,20,60)": (25, math.sqrt(75)),
    "RiskBeta(2,3)": (0.4, 0.2),
    "RiskBetaGeneral(2,3,10,20)": (14, 2),
    "RiskBetaSubj(0,2,2.5,10)": (2.5, None),
    "RiskLogLogistic(1,2,5)": (1 + 2 * FIFTH / math.sin(FIFTH), LOG_LOGISTIC),
    "RiskFrechet(1,2,5)": (1 + 2 * math.gamma(0.8), None),
    "RiskJohnsonSU(-1,2,3,4)": (3 + 4 * math.exp(0.125) * math.sinh(0.5), None),
    "RiskJohnsonSB(0,2,10,20)": (15, None),
    "RiskGamma(4,3)": (12, 6),
    "RiskErlang(4,3)": (12, 6),
    "RiskExpon(5)": (5, 5),
    "RiskWeibull(1,5)": (5, 5),
    "RiskRayleigh(2)": (2 * math.sqrt(math.pi / 2), 2 * math.sqrt(2 - math.pi / 2)),
    "RiskExtValue(1,2)": (1 + 2 * EULER, 2 * math.pi / math.sqrt(6)),
    "RiskExtValueMin(1,2)": (1 - 2 * EULER, 2 * math.pi / math.sqrt(6)),
    "RiskLogistic(1,2)": (1, 2 * math.pi / ROOT_3),
    "RiskLaplace(1,2)": (1, 2),
    "RiskInvgauss(2,8)": (2, 1),
    "RiskPareto(5,4)": (5, math.sqrt(5 * 16 / (16 * 3))),
    "RiskPareto2(4,5)": (1, math.sqrt(5 * 16 / (16 * 3))),
    "RiskStudent(5)": (0, math.sqrt(5 / 3)),
    "RiskChiSq(8)": (8, 4),
    "RiskBernoulli(0.2)": (0.2, 0.4),
    "RiskBinomial(10,0.2)": (2, math.sqrt(1.6)),
    "RiskPoisson(4)": (4, 2),
    "RiskNegbin(3,0.25)": (9, 6),
    "RiskGeomet(0.25)": (3, math.sqrt(12)),
    "RiskHypergeo(5,40,100)": (2, math.sqrt(2 * 0.6 * 95 / 99)),
    "RiskIntUniform(1,6)": (3.5, math.sqrt(35 / 12)),
    "RiskDiscrete({1,2,4},{3,2,5})": (2.7, math.sqrt(9.1 - 2.7**2)),
    "RiskDiscrete(D1:D3,E1:E3)": (390 / 15.5, None),
    "RiskDuniform({2,4,9})": (5, math.sqrt(101 / 3 - 25)),
    "RiskCumul(10,60,{15,25},{0.25,0.75})": (23.75, None),
    "RiskCumulD(10,60,{15,25},{0.75,0.25})": (23.75, None),
    "RiskGeneral(0,4,{1,2,3},{1,1,1})": (2, None),
    "RiskHistogrm(0,30,{1,2,1})": (15, None),
    "RiskTrigen(15,20,50,10,90)": (None, None),
    "RiskNormal(100,10,RiskShift(5))": (105, 10),
    "RiskUniform(0,10,RiskTruncate(2,8))": (5, ROOT_3),
    "RiskUniform(0,10,RiskTruncate(,4))": (2, 4 / math.sqrt(12)),
    'RiskNormal(100,10,RiskStatic(90),RiskUnits("kg"))': (100, 10),
    "RiskMakeInput(RiskUniform(2,8))": (5, ROOT_3),
    "PsiNormal(100,10)": (100, 10),
    "PsiLogNormal(100,30)": (100, 30),
    "PsiTriangular(1,2,6)": (3, math.sqrt(14 / 12)),
    "PsiBetaGen(2,3,10,20)": (14, 2),
    "PsiUniform(0,10,PsiTruncate(2,8))": (5, ROOT_3),
    "PsiDiscrete({1,2,4},{0.3,0.2,0.5})": (2.7, None),
    "PsiIntUniform(1,6)": (3.5, None),
    "CB.Normal(100,10)": (100, 10),
    "CB.Uniform(0,10,2,8)": (5, ROOT_3),
    "CB.Beta2(10,20,2,3)": (14, 2),
    "CB.Beta(2,3,10)": (4, 2),
    "CB.BetaPERT(10,20,60)": (25, math.sqrt(75)),
    "CB.Binomial(0.2,10)": (2, math.sqrt(1.6)),
    "CB.YesNo(0.2)": (0.2, 0.4),
    "CB.Exponential(0.2)": (5, 5),
    "CB.Gamma(1,3,4)": (13, 6),
    "CB.Weibull(1,5,1)": (6, 5),
    "CB.Geometric(0.25)": (4, math.sqrt(12)),
    "CB.NegBinomial(0.25,3)": (12, 6),
    "CB.MaxExtreme(1,2)": (1 + 2 * EULER, 2 * math.pi / math.sqrt(6)),
    "CB.Pareto(4,5)": (5, None),
    "CB.StudentT(3,2,5)": (3, 2 * math.sqrt(5 / 3)),
    "CB.DiscreteUniform(1,6)": (3.5, None),
    "VoseNormal(100,10)": (100, 10),
    "VoseLognormal(100,30)": (100, 30),
    "VosePERT(10,20,60)": (25, math.sqrt(75)),
    "VoseModPERT(10,20,60,4)": (25, math.sqrt(75)),
    "VoseGamma(4,3)": (12, 6),
    "VoseTriangle(1,2,6)": (3, math.sqrt(14 / 12)),
    "VoseCumulA(10,60,{15,25},{0.25,0.75})": (23.75, None),
    "VoseRelative(0,4,{1,2,3},{1,1,1})": (2, None),
    "RiskCauchy(3,2)": (None, None),
    "NORM.INV(RAND(),100,10)": (100, 10),
    "NORMINV(RAND(),100,10)": (100, 10),
    "LOGNORM.INV(RAND(),1,0.5)": (math.exp(1.125), None),
    "GAMMA.INV(RAND(),4,3)": (12, 6),
    "BETA.INV(RAND(),2,3,10,20)": (14, 2),
    "RAND()*6+2": (5, ROOT_3),
    "RANDBETWEEN(1,6)": (3.5, math.sqrt(35 / 12)),
    "-LN(RAND())*5": (5, 5),
    "NORM.INV(RAND()^1,100,10)": (100, 10),
    "100+10*NORM.S.INV(RAND())": (100, 10),
}


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> mc.Result:
    path = tmp_path_factory.mktemp("addins") / "draws.xlsx"
    cells = {f"Z{row}": f"={formula}" for row, formula in enumerate(KNOWN, 1)}
    plan = mc.Workbook(written(path, cells), outputs=dict(zip(KNOWN, cells, strict=True)))
    return mc.simulate(plan.model, 100_000, seed=7)


@pytest.mark.parametrize("formula", KNOWN)
def test_an_addins_draws_have_their_mean_and_spread(
    result: mc.Result, formula: str
) -> None:
    mean, deviation = KNOWN[formula]

    output = result[formula]

    if mean is not None:
        assert_within_standard_errors(output.mean, mean)
    if deviation is not None:
        assert_within_standard_errors(output.standard_deviation, deviation)
    assert output.non_finite.total == 0


def test_a_trigen_has_its_percentiles(result: mc.Result) -> None:
    output = result["RiskTrigen(15,20,50,10,90)"]

    assert_within_standard_errors(output.probability_below(15), 0.1)
    assert_within_standard_errors(output.probability_above(50), 0.1)


def test_a_cauchy_has_its_median_and_quartile(result: mc.Result) -> None:
    output = result["RiskCauchy(3,2)"]

    assert_within_standard_errors(output.probability_below(3), 0.5)
    assert_within_standard_errors(output.probability_below(5), 0.75)


def test_a_general_has_straight_sides(result: mc.Result) -> None:
    output = result["RiskGeneral(0,4,{1,2,3},{1,1,1})"]

    # A trapezoid of area 3 whose first leg has half a unit.
    assert_within_standard_errors(output.probability_below(1), 0.5 / 3)
    assert_within_standard_errors(output.probability_below(2), 0.5)


BOOK = {
    "A1": "mean price",
    "B1": 20,
    "A2": "price",
    "B2": '=RiskNormal(B1,2,RiskName("unit price"),RiskCorrmat(E1:F2,1))',
    "A3": "units",
    "B3": "=RiskTriang(80,100,150,RiskCorrmat(E1:F2,2))",
    "A4": "losses",
    "B4": "=1000*RiskBernoulli(0.1)+100*RAND()",
    "A5": "help",
    "B5": '=RiskNormal(0,1,RiskIndepC("lead"))',
    "A6": "hand",
    "B6": '=RiskNormal(5,1,RiskDepC("lead",0.8))',
    "A7": "profit",
    "B7": '=RiskOutput("Profit")+B2*B3-B4+B5+B6',
    "A8": "spread",
    "B8": "=RiskOutput()+RiskPert(1,B3/10,40)",
    "E1": 1,
    "E2": -0.5,
    "F2": 1,
}


def plan(tmp_path: Path, **arguments: object) -> mc.Workbook:
    return mc.Workbook(written(tmp_path / "addins.xlsx", BOOK, {}), **arguments)  # type: ignore[arg-type]


def test_inputs_and_outputs_are_those_of_the_addin(tmp_path: Path) -> None:
    ours = plan(tmp_path)

    assert ["unit price", "units", "losses, draw 1", "losses, draw 2", "help", "hand"] == [
        *ours.inputs
    ][:6]
    assert {"Profit": "Sheet!B7", "spread": "Sheet!B8"} == ours.outputs
    assert ours.model.inputs["unit price"] == mc.Normal(20, 2)


def test_draws_are_correlated_as_the_workbook_says(tmp_path: Path) -> None:
    ours = plan(tmp_path)

    table = mc.reached_correlations(ours.model, mc.simulate(ours.model, 50_000, seed=7))

    assert -0.5 == table.loc[("unit price", "units"), "target"]
    assert 0.8 == table.loc[("help", "hand"), "target"]
    assert (table["z"].abs() < 5).all()


def test_a_distribution_may_rest_on_a_parameter_or_a_draw(tmp_path: Path) -> None:
    ours = plan(tmp_path, parameters=["B1"], outputs={"price": "B2", "spread": "B8"})

    result = mc.simulate(ours.model, 50_000, seed=7, parameters={"mean price": 30})

    assert "unit price, probability" in ours.inputs
    assert_within_standard_errors(result["price"].mean, 30)
    # The mode's mean is that of the units, a tenth of 110.
    assert_within_standard_errors(result["spread"].mean, (1 + 4 * 11 + 40) / 6)


def test_what_is_cut_off_may_rest_on_a_parameter_and_not_on_a_draw(tmp_path: Path) -> None:
    cells = {
        "B1": 5,
        "B2": "=RiskUniform(0,B1,RiskTruncate(2,))",
        "B3": "=RiskUniform(0,B2,RiskTruncate(1,))",
    }
    path = written(tmp_path / "cut.xlsx", cells, {})

    ours = mc.Workbook(path, parameters={"high": "B1"}, outputs={"x": "B2"})

    result = mc.simulate(ours.model, 20_000, seed=7, parameters={"high": 10})
    assert_within_standard_errors(result["x"].mean, 6)
    with pytest.raises(mc.ArgumentError, match="Sheet!B3: it cuts off a distribution"):
        mc.Workbook(path, outputs={"y": "B3"})


def test_one_case_takes_the_draws_as_numbers(tmp_path: Path) -> None:
    ours = plan(tmp_path)

    case = ours.model(
        **{
            "unit price": 21.0,
            "units": 100.0,
            "losses, draw 1": 1.0,
            "losses, draw 2": 0.5,
            "help": 2.0,
            "hand": 3.0,
            "spread, probability": 0.5,
        }
    )

    assert 21 * 100 - 1_050 + 5 == case["Profit"]
    assert float(mc.PERT(1, 10, 40).quantile(0.5)) == pytest.approx(
        case["spread"], rel=1e-6
    )


def test_a_quantile_of_rand_may_rest_on_a_draw(tmp_path: Path) -> None:
    cells = {"B1": "=RANDBETWEEN(10,20)", "B2": "=NORM.INV(RAND(),B1,2)"}

    ours = mc.Workbook(written(tmp_path / "rand.xlsx", cells, {}), outputs={"x": "B2"})

    result = mc.simulate(ours.model, 50_000, seed=7)
    assert_within_standard_errors(result["x"].mean, 15)
    assert_within_standard_errors(result["x"].standard_deviation, math.sqrt(14))


REFUSED = {
    "=NORM.INV(RAND(),1)": "gives `NORM.INV` 2 arguments",
    "=RiskNormal(1)": "gives `RISKNORMAL` 1 parameters",
    "=RiskNormal(0,1,RiskLock())": "locked to one number",
    "=VoseNormal(0,1,0.5)": "a uniform number of its own",
    "=RiskSimtable({1,2})": "uses the function `RISKSIMTABLE`",
    '=RiskNormal("x",1)': "#VALUE! as a parameter",
}


@pytest.mark.parametrize("formula", REFUSED)
def test_what_an_addin_does_otherwise_is_refused(formula: str, tmp_path: Path) -> None:
    path = written(tmp_path / "refused.xlsx", {"B1": formula, "B2": "=B1+1"}, {})

    with pytest.raises(mc.ArgumentError, match=f"(?s)Sheet!B1.*{REFUSED[formula]}"):
        mc.Workbook(path, outputs=["B2"])


def test_a_law_that_parameters_break_is_told_with_the_cell(tmp_path: Path) -> None:
    path = written(tmp_path / "law.xlsx", {"B1": "=RiskNormal(1,-2)"}, {})

    with pytest.raises(mc.ArgumentError, match=r"at Sheet!B1: `standard_deviation` must"):
        mc.Workbook(path, outputs=["B1"])
