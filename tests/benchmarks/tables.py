"""What was measured, as tables in Markdown and as JSON."""

import datetime as dt
import importlib.metadata
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks import c_reference, mixture, rivals
from tests.benchmarks.plain_numpy import ONE_THREAD
from tests.benchmarks.requirements import Requirement
from tests.benchmarks.speed import Speed
from tests.benchmarks.workloads import TITLES, UNITS

COMMAND = "make bench"


def machine() -> dict[str, Any]:
    """Describe the machine, the day and the versions of what ran."""
    packages = ["numpy", "llvmlite", *rivals.PACKAGES.values()]
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "load": round(os.getloadavg()[0], 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "versions": {name: _version(name) for name in packages if _version(name)},
        "compilers": [_compiler(name) for name in c_reference.compilers()],
        "flags": " ".join(c_reference.FLAGS),
        "left out": rivals.missing(),
    }


def markdown(
    speeds: Sequence[Speed],
    costs: Mapping[str, Any],
    requirements: Sequence[Requirement],
    host: Mapping[str, Any],
) -> str:
    """Return everything as Markdown."""
    parts = [_origin(host), *(_speed_table(work, speeds) for work in TITLES)]
    parts += [_mixture_table(costs["mixture"]), _cost_table(costs)]
    return "\n\n".join([*parts, _requirement_table(requirements)])


def plain(
    speeds: Sequence[Speed],
    costs: Mapping[str, Any],
    requirements: Sequence[Requirement],
    host: Mapping[str, Any],
) -> dict[str, Any]:
    """Return everything as numbers, for JSON."""
    return {
        "machine": dict(host),
        "speed": [
            {
                "work": speed.work,
                "precision": speed.precision,
                "contender": timing.contender.name,
                "trials": timing.n_trials,
                "units_per_trial": UNITS[speed.work],
                "seconds": list(timing.seconds),
            }
            for speed in speeds
            for timing in speed.timings
        ],
        "costs": {
            **costs,
            "mixture": {name: vars(cost) for name, cost in costs["mixture"].items()},
        },
        "requirements": [vars(each) for each in requirements],
    }


def _origin(host: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in host["versions"].items())
    compilers = "; ".join(host["compilers"]) or "none"
    left_out = ", ".join(host["left out"]) or "none"
    return (
        f"{host['processor']}, {host['cores']} cores (shared; load {host['load']:g} at the "
        f"start), {host['system']}, {host['date']}, `{COMMAND}`. "
        f"Python {host['python']}, {versions}. "
        f"C: {compilers}, `{host['flags']}`. Not installed: {left_out}."
    )


def _speed_table(work: str, speeds: Sequence[Speed]) -> str:
    some = [speed for speed in speeds if speed.work == work]
    names = list(dict.fromkeys(name for speed in some for name in speed.names))
    head = "".join(f" {speed.precision} | × NumPy |" for speed in some)
    lines = [f"| {TITLES[work]} |{head}", "| --- |" + " ---: |" * (2 * len(some))]
    for name in names:
        cells = "".join(_cells(name, speed) for speed in some)
        lines.append(f"| {name} |{cells}")
    return "\n".join(lines)


def _cells(name: str, speed: Speed) -> str:
    if name not in speed.names:
        return " | |"
    rate, median = speed.rate(name), speed.median(name)
    ratio = speed.ratio(name, ONE_THREAD)
    return f" {_millions(rate)} ({_millions(median)}) | {_rounded(ratio)} |"


def _mixture_table(found: Mapping[str, mixture.Cost]) -> str:
    what = f"ten mixed distributions, {mixture.N_TRIALS:,} trials"
    lines = [
        f"| {what} | processor time | × NumPy | memory |",
        "| --- | ---: | ---: | ---: |",
    ]
    usual = found[mixture.NUMPY].seconds
    for name, cost in found.items():
        part = "" if cost.n_trials == mixture.N_TRIALS else f", of {cost.n_trials:,}"
        lines.append(
            f"| {name} | {_rounded(cost.seconds)} s | {_rounded(usual / cost.seconds)} | "
            f"{cost.megabytes:.0f} MB{part} |"
        )
    return "\n".join(lines)


def _cost_table(costs: Mapping[str, Any]) -> str:
    calls = costs["first calls"]
    rows = {
        "`import mclib` (NumPy's part)": (
            f"{costs['import']:.2f} s ({costs['import numpy']:.2f} s)"
        ),
        f"first call, new model of {calls['nodes']:.0f} nodes": f"{calls['new']:.3f} s",
        "first call, compiled by an earlier process": f"{calls['on disk']:.3f} s",
        "second call, 1,000 trials": f"{1e3 * calls['again']:.1f} ms",
        "one call, 1,000 trials, at its best": f"{1e3 * costs['small run']:.2f} ms",
        **{
            f"peak memory of a process, {n_trials:,} trials": f"{megabytes:.0f} MB"
            for n_trials, megabytes in costs["memory"].items()
        },
        "a run with seven exact quantiles, against moments alone": (
            f"{costs['quantiles'][0]:.1f}x the time"
        ),
        "the same, asked for in advance": f"{costs['quantiles'][1]:.1f}x the time",
        "a tornado of 20 inputs over 1,000,000 trials, against NumPy's sorts": (
            f"{costs['sensitivities']['tornado']:.2f}x the time"
        ),
        "Sobol' indices of Ishigami's function, against NumPy's evaluations": (
            f"{costs['sensitivities']['indices']:.2f}x the time"
        ),
        **{
            f"one {name} draw and its statistics, float64, one core": f"{cost:.2f} ns"
            for name, cost in costs["draws"].items()
        },
        **{
            f"a run of the sheet, sampler {name}, against independent trials": (
                f"{ratio:.2f}x the processor's time"
            )
            for name, ratio in costs["samplers"].items()
        },
    }
    lines = [f"| {what} | {cost} |" for what, cost in rows.items()]
    return "\n".join(["| besides the trials | |", "| --- | ---: |", *lines])


def _requirement_table(requirements: Sequence[Requirement]) -> str:
    lines = [
        f"| {each.law} | {each.measured} | {'yes' if each.holds else '**no**'} |"
        for each in requirements
    ]
    return "\n".join(["| required | measured | reached |", "| --- | ---: | --- |", *lines])


def _millions(rate: float) -> str:
    return f"{_rounded(rate / 1e6)} M"


def _rounded(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _compiler(name: str) -> str:
    said = subprocess.run([name, "--version"], capture_output=True, text=True, check=True)
    return f"{name} {said.stdout.splitlines()[0].split()[-1]}"


def _processor() -> str:
    from mclib.engines.llvm.compiling import host

    known = Path("/proc/cpuinfo")
    models = (
        [
            line.split(":")[1].strip()
            for line in known.read_text().splitlines()
            if line.startswith("model name")
        ]
        if known.exists()
        else []
    )
    return f"{models[0] if models else platform.processor()} ({host()[0]})"
