"""Where the public names live that are imported only when they are first asked for.

``import mclib`` stays light this way. Most distributions are listed by their own room.
"""

_NAMES: dict[str, tuple[str, ...]] = {
    "mclib.correlating": (
        "correlate",
        "couple",
        "reached_correlations",
    ),
    "mclib.decisions.comparing": ("compare",),
    "mclib.decisions.optimizing": (
        "Constraint",
        "optimize",
    ),
    "mclib.decisions.seeking": ("goal_seek",),
    "mclib.decisions.stressing": ("reverse_stress",),
    "mclib.decisions.sweeping": ("sweep",),
    "mclib.decisions.trees": (
        "Chance",
        "Decision",
    ),
    "mclib.dependence.archimedean": (
        "ClaytonCopula",
        "FrankCopula",
        "GumbelCopula",
        "JoeCopula",
    ),
    "mclib.dependence.elliptical": (
        "GaussianCopula",
        "StudentTCopula",
    ),
    "mclib.dependence.empirical": (
        "EmpiricalCopula",
        "table_row",
    ),
    "mclib.dependence.matrices": ("CorrelationRepaired",),
    "mclib.dependence.reordering": ("reorder",),
    "mclib.distributions.compounds": (
        "Aggregate",
        "compound",
        "layer",
        "panjer",
    ),
    "mclib.distributions.elicited": (
        "from_interval",
        "three_point",
        "trigen",
    ),
    "mclib.fitting.copulas": ("fit_copula",),
    "mclib.fitting.metalogs": ("fit_metalog",),
    "mclib.fitting.ranking": ("fit",),
    "mclib.fitting.series": ("fit_process",),
    "mclib.processes.diffusions": (
        "BrownianMotion",
        "GeometricBrownianMotion",
        "JumpDiffusion",
        "OrnsteinUhlenbeck",
    ),
    "mclib.processes.series": (
        "ARMA",
        "RegimeSwitching",
        "Seasonal",
    ),
    "mclib.processes.square_roots": (
        "CoxIngersollRoss",
        "Heston",
    ),
    "mclib.processes.volatility": (
        "EGARCH",
        "GARCH",
        "GJR",
    ),
    "mclib.projects.project": ("Project",),
    "mclib.projects.risks": ("risk_register",),
    "mclib.rare.importance": ("importance",),
    "mclib.reports.publishing": ("publish",),
    "mclib.reports.reporting": ("report",),
    "mclib.samplers.halton": ("HaltonSequence",),
    "mclib.samplers.plain": (
        "Antithetic",
        "Independent",
    ),
    "mclib.samplers.sobol": ("SobolSequence",),
    "mclib.samplers.strata": (
        "LatinHypercube",
        "Stratified",
    ),
    "mclib.sensitivity.effects": ("ShapleyEffects",),
    "mclib.sensitivity.indices": ("SobolIndices",),
    "mclib.sensitivity.morris": ("morris",),
    "mclib.sensitivity.screening": ("ElementaryEffects",),
    "mclib.sensitivity.shapley": ("shapley_effects",),
    "mclib.sensitivity.sobol": ("sobol_indices",),
    "mclib.sipmath": ("SipLibrary",),
    "mclib.spreadsheets.workbook": ("Workbook",),
    "mclib.stopping": ("Tolerance",),
    "mclib.widgets.exploring": ("explore",),
}

HOMES = {name: home for home, names in _NAMES.items() for name in names}
"""By public name: the module that has it."""
