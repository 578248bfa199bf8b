"""The parts of a CUDA C source around its statements, and how they are put together."""

from collections.abc import Sequence
from dataclasses import dataclass

from mclib.engines.cuda import primitives
from mclib.engines.cuda.operations import C_TYPES, fits_an_instruction, literal
from mclib.expressions.dtypes import Type
from mclib.expressions.nodes import Node, Table

ENTRY = "program"
"""What the function is called."""

THREADS = 128
"""Threads of a thread block: four warps."""

SLOTS_BY_VALUE = 500
"""A launch has 4096 bytes for its parameters on every device and driver."""

CONSTANTS = 4096
"""Constant memory has room for 8192 numbers, some of which the compiler takes."""

_HEAD = """\
extern "C" __global__ void __launch_bounds__({threads})
{entry}(const long long first_block, const long long n_blocks, const long long stride,
        {arguments}, {out}* __restrict__ out)
{{"""

_BY_VALUE = "const Arguments arguments"
_BY_ADDRESS = "const Arguments* __restrict__ address"


@dataclass(frozen=True)
class Source:
    """CUDA C and what it must be given.

    Attributes
    ----------
    text : str
        The source.
    tables : tuple of Table
        Whose addresses follow the arguments.
    n_slots : int
        How many slots `arguments` has.
    by_value : bool
        Whether a launch hands over the slots themselves or their address.
    """

    text: str
    tables: tuple[Table, ...]
    n_slots: int
    by_value: bool


class Parts:
    """What the functions of one source have in common.

    Attributes
    ----------
    functions : list of str
        Lines of the functions that the program calls.
    """

    def __init__(self, n_arguments: int) -> None:
        self.functions: list[str] = []
        self._n_arguments = n_arguments
        self._tables: dict[Table, int] = {}
        self._constants: dict[str, int] = {}
        self._primitives: dict[str, None] = {}

    def use(self, primitive: str, type_: Type) -> None:
        """Write a function of `primitives` into the source, if it is not there yet."""
        if primitive == "wide_product":
            self._primitives[primitives.wide_product()] = None
        else:
            made = {
                "tame_quotient": primitives.tame_quotient,
                "tame_root": primitives.tame_root,
            }[primitive]
            self._primitives[made(C_TYPES[type_])] = None

    def table(self, table: Table) -> str:
        """Return a table's address, which lies in a slot."""
        place = self._n_arguments + self._tables.setdefault(table, len(self._tables))
        return f"((const {C_TYPES[table.type]}*)arguments.slots[{place}])"

    def constant(self, each: Node) -> str:
        """Return a constant; one that fits no instruction lies in constant memory."""
        text = literal(each.payload, each.type)
        if each.type is not Type.FLOAT64 or fits_an_instruction(each.payload):
            return text
        if text not in self._constants and len(self._constants) == CONSTANTS:
            return text
        return f"constants[{self._constants.setdefault(text, len(self._constants))}]"

    @property
    def n_slots(self) -> int:
        """How many slots `Arguments` has; C++ has no empty arrays."""
        return max(1, self._n_arguments + len(self._tables))

    def written(self) -> list[str]:
        """Return the lines of all that the functions share, and of the functions."""
        lines = [f"struct Arguments {{ unsigned long long slots[{self.n_slots}]; }};", ""]
        if self._constants:
            numbers = (f"    {text}," for text in self._constants)
            lines += ["__constant__ double constants[] = {", *numbers, "};", ""]
        return [*lines, *self._primitives, *self.functions]

    def source(self, statements: Sequence[str], out: Type) -> Source:
        """Put a program together that stores numbers of type `out`."""
        n_slots = self.n_slots
        by_value = n_slots <= SLOTS_BY_VALUE
        head = _HEAD.format(
            threads=THREADS,
            entry=ENTRY,
            arguments=_BY_VALUE if by_value else _BY_ADDRESS,
            out=C_TYPES[out],
        )
        opening = [] if by_value else ["    const Arguments& arguments = *address;"]
        lines = [*self.written(), head, *opening, *statements, "}", ""]
        return Source("\n".join(lines), tuple(self._tables), n_slots, by_value)
