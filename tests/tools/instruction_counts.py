"""Instructions per trial, counted in the machine code that NVRTC makes.

A loop is a branch backwards; how often it goes round stands in the source, for loops that
are kept as loops. The way through a division's or square root's slow path, which only
denormals and their like take, is left out. What remains times the number of lanes is what a
device must issue, so that the count bounds the speed and shows a program that has become
slower.
"""

import importlib.util
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

_SLOW_PATH = 16
"""Instructions that may stand around the call of a slow path."""

_FLOAT64 = frozenset({"DFMA", "DADD", "DMUL", "DSETP", "DMNMX"})
_UNITS = frozenset({"MUFU", "I2F", "F2I", "F2F", "FRND", "POPC", "FLO", "BREV"})


@dataclass(frozen=True)
class Instruction:
    """One machine instruction: its address, what it does, and where it may branch to."""

    address: int
    name: str
    target: int | None
    is_conditional: bool


def disassembler() -> str:
    """Return the path of nvdisasm, from its wheel or from PATH."""
    spec = importlib.util.find_spec("nvidia")
    folders = (
        []
        if spec is None
        else [Path(each) for each in spec.submodule_search_locations or ()]
    )
    wheels = [folder / "cu13" / "bin" / "nvdisasm" for folder in folders]
    found = next((str(path) for path in wheels if path.is_file()), shutil.which("nvdisasm"))
    if found is None:
        message = "nvdisasm was not found; the wheel `nvidia-cuda-nvdisasm` has it."
        raise FileNotFoundError(message)
    return found


def disassemble(cubin: bytes) -> list[Instruction]:
    """Return the instructions of a program, in order."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "program.cubin"
        path.write_bytes(cubin)
        listing = subprocess.run(
            [disassembler(), "--print-code", str(path)],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    labels: dict[str, int] = {}
    waiting: list[str] = []
    found: list[tuple[int, str, str, bool]] = []
    for line in listing.splitlines():
        if label := re.match(r"(\.L_\w+|\$\w+):", line):
            waiting.append(label[1])
        elif code := re.match(
            r"\s+/\*([0-9a-f]{4,})\*/\s+(@!?\w+ )?\s*([\w.]+)(.*?);", line
        ):
            address = int(code[1], 16)
            labels.update(dict.fromkeys(waiting, address))
            waiting.clear()
            found.append((address, code[3], code[4], code[2] is not None))
    return [
        Instruction(address, name, _target(name, rest, labels), is_conditional)
        for address, name, rest, is_conditional in found
        if name != "NOP"
    ]


def _target(name: str, rest: str, labels: dict[str, int]) -> int | None:
    label = re.search(r"`\((\S+)\)", rest)
    return labels.get(label[1]) if label and name.startswith("BRA") else None


def turns_of(source: str) -> list[int]:
    """Return how often the loops go round that the compiler keeps, from the outside in."""
    kept = re.findall(r"#pragma unroll 1\n\s*for \(\w+ \w+ \w+ = 0u; \w+ < (\d+)u;", source)
    return [1, *map(int, kept)]


def counts_per_lane(instructions: list[Instruction], turns: list[int]) -> Counter[str]:
    """Return how many instructions of each name a lane issues for one block.

    Parameters
    ----------
    instructions : list of Instruction
        A program's machine code.
    turns : list of int
        How often the loops go round, from the outside in: 1 for the loop over blocks, which
        goes round once per block. Loops side by side go round equally often.
    """
    loops = _loops(instructions)
    skipped = _slow_paths(instructions)
    counts: Counter[str] = Counter()
    for each in instructions:
        depth = sum(first <= each.address <= last for first, last in loops)
        if not depth or each.address in skipped:
            continue
        weight = 1
        for count in turns[:depth]:
            weight *= count
        counts[each.name.split(".")[0]] += weight
    return counts


def _loops(instructions: list[Instruction]) -> list[tuple[int, int]]:
    """Return the first and last address of each loop; several ways back are one loop."""
    # Behind the last exit lies what is hardly ever taken, with branches back into the body.
    end = max(each.address for each in instructions if each.name == "EXIT")
    ends: dict[int, int] = {}
    for each in instructions:
        if each.target is not None and each.target < each.address < end:
            ends[each.target] = max(ends.get(each.target, 0), each.address)
    return list(ends.items())


def _slow_paths(instructions: list[Instruction]) -> set[int]:
    skipped: set[int] = set()
    for place, each in enumerate(instructions):
        if each.target is None or not each.is_conditional or each.target <= each.address:
            continue
        between = [
            other
            for other in instructions[place + 1 : place + 1 + _SLOW_PATH]
            if other.address < each.target
        ]
        is_whole = len(between) < _SLOW_PATH
        if is_whole and any(other.name.startswith("CALL") for other in between):
            skipped.update(other.address for other in between)
    return skipped


def cycles(counts: Counter[str]) -> tuple[float, str]:
    """Return the cycles that a warp takes on a Hopper scheduler, and what bounds them.

    A scheduler issues one instruction a cycle; its float64 unit takes one every other
    cycle, its unit of special functions one in eight.
    """
    needs = {
        "issue": float(counts.total()),
        "float64": 2.0 * sum(counts[name] for name in _FLOAT64),
        "special": 8.0 * sum(counts[name] for name in _UNITS),
    }
    bound = max(needs, key=needs.__getitem__)
    return needs[bound], bound
