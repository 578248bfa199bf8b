"""Other libraries, each as its documentation suggests; those not installed are left out.

An import takes seconds, so each library is imported when its contenders are made.
"""

import importlib.util
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.benchmarks import workloads as w
from tests.benchmarks.contenders import Contender

PACKAGES = {
    "numba": "numba",
    "JAX": "jax",
    "numexpr": "numexpr",
    "QuantLib": "QuantLib",
    "monaco": "monaco",
}


def missing() -> list[str]:
    """Name the libraries that are not installed."""
    return [name for name, package in PACKAGES.items() if not _is_here(package)]


def contenders(work: str, precision: str) -> Iterator[Contender]:
    """Every rival that is installed and has a way to compute this workload."""
    for name, make in _MAKERS.items():
        if _is_here(PACKAGES[name]):
            yield from make(work, precision)


def _is_here(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def _numba(work: str, precision: str) -> Iterator[Contender]:
    # Its random numbers are float64 whatever the model's arithmetic is.
    if precision == "float64":
        from tests.benchmarks import naive_numba

        run = naive_numba.RUNS[work]
        yield Contender("numba, plain loop", work, precision, lambda n: run(n) / n)


def _jax(work: str, precision: str) -> Iterator[Contender]:
    from tests.benchmarks import jitted_jax

    multiple = jitted_jax.CHUNK[work]
    yield Contender("JAX jit", work, precision, jitted_jax.run(work, precision), multiple)


def _numexpr(work: str, precision: str) -> Iterator[Contender]:
    if work != "european":
        return
    import numexpr

    generator = np.random.Generator(np.random.SFC64(1))
    of, chunk = np.dtype(precision).type, 1 << 16
    numbers = {"spot": of(w.SPOT), "strike": of(w.STRIKE), "drift": of(w.DRIFT)}
    numbers |= {"spread": of(w.SPREAD), "discount": of(w.DISCOUNT), "zero": of(0)}
    end = "spot * exp(drift + spread * z)"
    formula = f"discount * where({end} > strike, {end} - strike, zero)"

    def run(n_trials: int) -> float:
        total = 0.0
        for _ in range(n_trials // chunk):
            z = generator.standard_normal(chunk, dtype=np.dtype(precision))
            values = numexpr.evaluate(formula, {**numbers, "z": z})
            total += float(values.sum(dtype=np.float64))
        return total / n_trials

    yield Contender("numexpr", work, precision, run, chunk)


def _quantlib(work: str, precision: str) -> Iterator[Contender]:
    if (work, precision) != ("european", "float64"):
        return
    import QuantLib

    ql: Any = QuantLib

    today = ql.Date(2, 1, 2026)
    ql.Settings.instance().evaluationDate = today
    days = ql.Actual365Fixed()
    flat = ql.YieldTermStructureHandle(ql.FlatForward(today, w.RATE, days))
    spread = ql.BlackConstantVol(today, ql.NullCalendar(), w.VOLATILITY, days)
    process = ql.BlackScholesProcess(
        ql.QuoteHandle(ql.SimpleQuote(w.SPOT)), flat, ql.BlackVolTermStructureHandle(spread)
    )
    option = ql.VanillaOption(
        ql.PlainVanillaPayoff(ql.Option.Call, w.STRIKE), ql.EuropeanExercise(today + 365)
    )

    def run(n_trials: int) -> float:
        engine = ql.MCEuropeanEngine(
            process, "pseudorandom", timeSteps=1, requiredSamples=n_trials, seed=42
        )
        option.setPricingEngine(engine)
        return float(option.NPV())

    yield Contender("QuantLib, MCEuropeanEngine", work, precision, run)


def _monaco(work: str, precision: str) -> Iterator[Contender]:
    if (work, precision) != ("european", "float64"):
        return
    import monaco
    from scipy import stats

    def prepare(case: Any) -> tuple[float]:
        return (case.invals["z"].val,)

    def calculate(z: float) -> tuple[float]:
        end = w.SPOT * math.exp(w.DRIFT + w.SPREAD * z)
        return (w.DISCOUNT * max(end - w.STRIKE, 0.0),)

    def finish(case: Any, value: float) -> None:
        case.addOutVal("value", value)

    functions = {
        monaco.SimFunctions.PREPROCESS: prepare,
        monaco.SimFunctions.RUN: calculate,
        monaco.SimFunctions.POSTPROCESS: finish,
    }

    def run(n_trials: int) -> float:
        simulation = monaco.Sim(
            name="european",
            ndraws=n_trials,
            fcns=functions,
            firstcaseismedian=False,
            seed=42,
            singlethreaded=True,
            verbose=False,
            debug=False,
            savecasedata=False,
            savesimdata=False,
        )
        simulation.addInVar(name="z", dist=stats.norm, distkwargs={})
        simulation.runSim()
        return float(np.mean(simulation.outvars["value"].nums))

    yield Contender("monaco", work, precision, run, 256)


_MAKERS: dict[str, Callable[[str, str], Iterator[Contender]]] = {
    "numba": _numba,
    "JAX": _jax,
    "numexpr": _numexpr,
    "QuantLib": _quantlib,
    "monaco": _monaco,
}
