"""A discounted cash flow of 20 years as a workbook, and the same by hand in NumPy."""

from pathlib import Path
from typing import Any

import numpy as np
import openpyxl

import mclib as mc

N_YEARS = 20
INPUTS = {
    "Assumptions!B2": mc.Normal(1_000, 60),
    "Assumptions!B3": mc.Triangular(0.00, 0.03, 0.07),
    "Assumptions!B4": mc.Normal(50, 3),
    "Assumptions!B5": mc.Uniform(0.00, 0.03),
    "Assumptions!B6": mc.Normal(26, 2),
    "Assumptions!B7": mc.Uniform(0.01, 0.03),
    "Assumptions!B8": mc.Triangular(6_000, 8_000, 12_000),
    "Assumptions!B9": mc.Normal(60_000, 5_000),
    "Assumptions!B10": mc.Uniform(0.2, 0.3),
    "Assumptions!B11": mc.Uniform(0.06, 0.10),
    "Assumptions!B12": mc.Uniform(0.05, 0.15),
    "Assumptions!B13": mc.Triangular(2_000, 3_000, 5_000),
}
OUTPUTS = {
    "npv": "Model!B24",
    "irr": "Model!B25",
    "lowest cash": "Model!B26",
    "mean profit": "Model!B27",
    "years above plan": "Model!B28",
    "weighted revenue": "Model!B29",
}
LABELS = (
    "volume",
    "growth",
    "price",
    "inflation",
    "unit cost",
    "cost growth",
    "fixed cost",
    "investment",
    "tax rate",
    "discount rate",
    "working capital",
    "upkeep",
)
BRACKETS = ((0, 0.00), (40_000, 0.01), (55_000, 0.02), (70_000, 0.035), (100_000, 0.05))


def write(path: Path) -> None:
    """Write the workbook: 12 inputs, about 300 formulas."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Assumptions"
    sheet["A1"] = "assumption"
    for row, (label, cell) in enumerate(zip(LABELS, INPUTS, strict=True), start=2):
        sheet[f"A{row}"] = label
        sheet[f"B{row}"] = INPUTS[cell].mean
    sheet["D1"], sheet["E1"] = "revenue from", "discount"
    for row, (start, discount) in enumerate(BRACKETS, start=2):
        sheet[f"D{row}"], sheet[f"E{row}"] = start, discount
    _years(book.create_sheet("Model"))
    book.save(path)


def _years(model: Any) -> None:
    titles = ("year", "volume", "price", "revenue", "discount", "net revenue", "unit cost")
    titles += ("variable cost", "fixed cost", "depreciation", "profit before tax", "tax")
    titles += ("profit", "working capital", "cash flow", "above plan")
    for column, title in enumerate(titles, start=1):
        model.cell(1, column, title)
    a = "Assumptions!$B$"
    for year in range(N_YEARS + 1):
        r = year + 2
        model[f"A{r}"] = year
        if year == 0:
            model[f"N{r}"] = f"={a}12*{a}2*{a}4"
            model[f"O{r}"] = f"=-{a}9-N{r}"
            continue
        p = r - 1
        model[f"B{r}"] = f"={a}2" if year == 1 else f"=B{p}*(1+{a}3)"
        model[f"C{r}"] = f"={a}4*(1+{a}5)^(A{r}-1)"
        model[f"D{r}"] = f"=B{r}*C{r}"
        model[f"E{r}"] = f"=VLOOKUP(D{r},Assumptions!$D$2:$E$6,2)"
        model[f"F{r}"] = f"=D{r}*(1-E{r})"
        model[f"G{r}"] = f"={a}6*(1+{a}7)^(A{r}-1)"
        model[f"H{r}"] = f"=B{r}*G{r}"
        model[f"I{r}"] = f"={a}8+IF(MOD(A{r},5)=0,{a}13,0)"
        model[f"J{r}"] = f"=IF(A{r}<=10,{a}9/10,0)"
        model[f"K{r}"] = f"=F{r}-H{r}-I{r}-J{r}"
        model[f"L{r}"] = f"=MAX(0,K{r})*{a}10"
        model[f"M{r}"] = f"=K{r}-L{r}"
        model[f"N{r}"] = f"=IF(A{r}={N_YEARS},0,{a}12*D{r})"
        model[f"O{r}"] = f"=M{r}+J{r}-(N{r}-N{p})"
        model[f"P{r}"] = f"=IF(AND(M{r}>5000,O{r}>MIN(8000,I{r})),1,0)"
    last = N_YEARS + 2
    for row, (label, formula) in enumerate(
        (
            ("npv", f"=O2+NPV({a}11,O3:O{last})"),
            ("irr", f"=IRR(O2:O{last})"),
            ("lowest cash", f"=MIN(O3:O{last})"),
            ("mean profit", f"=AVERAGE(M3:M{last})"),
            ("years above plan", f"=SUM(P3:P{last})"),
            ("weighted revenue", f"=SUMPRODUCT(A3:A{last},F3:F{last})/SUM(A3:A{last})"),
        ),
        start=24,
    ):
        model[f"A{row}"], model[f"B{row}"] = label, formula


def by_hand(x: dict[str, Any]) -> dict[str, Any]:
    """Return the same outputs for arrays of draws, shape (n_trials,), by name of input."""
    n = np.shape(x["volume"])
    years = np.arange(1, N_YEARS + 1)
    stock = x["working capital"] * x["volume"] * x["price"]
    cash = [-x["investment"] - stock]
    profits, counts, weighted = [], np.zeros(n), np.zeros(n)
    starts, discounts = (np.array(each, float) for each in zip(*BRACKETS, strict=True))
    for year in years:
        units = x["volume"] * (1 + x["growth"]) ** (year - 1)
        revenue = units * x["price"] * (1 + x["inflation"]) ** (year - 1)
        net = revenue * (1 - discounts[np.searchsorted(starts, revenue, side="right") - 1])
        variable = units * x["unit cost"] * (1 + x["cost growth"]) ** (year - 1)
        fixed = x["fixed cost"] + (x["upkeep"] if year % 5 == 0 else 0.0)
        depreciation = x["investment"] / 10 if year <= 10 else 0.0
        before = net - variable - fixed - depreciation
        profit = before - np.maximum(before, 0.0) * x["tax rate"]
        held = 0.0 if year == N_YEARS else x["working capital"] * revenue
        cash.append(profit + depreciation - (held - stock))
        stock = held
        profits.append(profit)
        counts += (profit > 5_000) & (cash[-1] > np.minimum(8_000, fixed))
        weighted += year * net
    flows = np.stack(cash)
    return {
        "npv": (flows / (1 + x["discount rate"]) ** np.arange(N_YEARS + 1)[:, None]).sum(0),
        "irr": _rates(flows),
        "lowest cash": flows[1:].min(0),
        "mean profit": np.mean(profits, axis=0),
        "years above plan": counts,
        "weighted revenue": weighted / years.sum(),
    }


def _rates(flows: Any) -> Any:
    """Return the rates of return by halving: nothing that a workbook's IRR does."""
    low, high = np.full(flows.shape[1], -0.9), np.full(flows.shape[1], 5.0)
    powers = np.arange(len(flows))[:, None]
    for _ in range(80):
        middle = (low + high) / 2
        is_positive = (flows / (1 + middle) ** powers).sum(0) > 0
        low, high = np.where(is_positive, middle, low), np.where(is_positive, high, middle)
    return (low + high) / 2
