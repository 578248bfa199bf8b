"""A plan as CUDA C: one self-contained source that includes nothing.

The function made is

    program(first_block, n_blocks, stride, arguments, out)

A warp takes one canonical block at a time, a thread one of its 32 lanes, and any grid of
threads gives the same bits. `arguments` has one 8-byte slot for each of the plan's
arguments, then the addresses of its tables; it is handed over by value, where an
instruction reads it at no cost, unless it is too long for that. `out` holds records of
shape (n_blocks, n_outputs, 7) in float64, or outputs of shape (n_outputs, stride, 8, 4,
32), of which the first n_blocks are filled.
"""

from collections.abc import Iterable, Sequence

from mclib.engines.cuda.operations import C_TYPES, expression, from_slot, primitive_of
from mclib.engines.cuda.sources import Parts, Source
from mclib.engines.plans import BLOCK, N_LANES, N_ROWS, Plan
from mclib.expressions.dtypes import Type
from mclib.expressions.nodes import Loop, Node, Subroutine, Table, topological
from mclib.expressions.schedule import OUTSIDE, schedule
from mclib.expressions.tabulation import N_COEFFICIENTS, row_of

UNROLLED_OPS = 400
"""A loop of four turns over so many ops at most is written out four times.

Written out, a turn need not choose its word of a draw: 15 % fewer instructions for a
European option, 1 to 7 % for a sheet of ten inputs, which would take twice as long to
compile.
"""

_WIDE = {Type.FLOAT32: ("float4", 4, "xyzw"), Type.FLOAT64: ("double2", 2, "xy")}
"""What 16 bytes of a row come as: the type, how many numbers, and their names."""


class _Function:
    """Writes the statements of one function."""

    def __init__(
        self, roots: Iterable[Node], parts: Parts, routines: dict[Subroutine, str]
    ) -> None:
        self.parts = parts
        self.routines = routines
        self.regions = schedule(roots)
        self.names: dict[Node, str] = {}
        self.results: dict[Node, list[str]] = {}
        self.counters: dict[int, str] = {}
        self.rows: dict[tuple[Table, Node], list[str]] = {}
        self.lines: list[str] = []
        self.depth = 1
        self.n_names = 0
        self.around = (OUTSIDE, OUTSIDE)

    def fresh(self, letter: str) -> str:
        self.n_names += 1
        return f"{letter}{self.n_names}"

    def do(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    def open(self, text: str) -> None:
        self.do(f"{text} {{")
        self.depth += 1

    def close(self) -> None:
        self.depth -= 1
        self.do("}")

    def name(self, each: Node) -> str:
        match each.op.name:
            case "constant":
                return self.parts.constant(each)
            case "step":
                return self.counters[each.payload.identity]
            case "result":
                place: int = each.payload
                return self.results[each.args[0]][place]
            case "formal":
                return f"a{each.payload}"
            case "lane" | "block" as placeholder:
                return placeholder
            case _:
                return self.names[each]

    def value(self, each: Node) -> str:
        """Return what computes a node from the names of its arguments."""
        if each.op.name == "argument":
            return from_slot(f"arguments.slots[{each.payload}]", each.type)
        args = [self.name(arg) for arg in each.args]
        if each.op.name == "load":
            return self.loaded(each, args[0])
        if primitive := primitive_of(each):
            self.parts.use(primitive, each.type)
        return expression(each, args)

    def loaded(self, each: Node, index: str) -> str:
        """Return a number of a table; those of a row come together, 16 bytes at a time."""
        table, row = self.parts.table(each.payload), row_of(each)
        if row is None:
            return f"__ldg({table} + {index})"
        key = (each.payload, row[0])
        if key not in self.rows:
            wide, n, fields = _WIDE[each.type]
            self.rows[key] = []
            for start in range(0, N_COEFFICIENTS, n):
                name, place = self.fresh("w"), f"{self.name(row[0])} + {start}u"
                address = f"(const {wide}*)({table} + {place})"
                self.do(f"const {wide} {name} = __ldg({address});")
                self.rows[key] += [f"{name}.{field}" for field in fields]
        return self.rows[key][row[1]]

    def compute(self, each: Node) -> None:
        match each.op.name:
            case "constant" | "step" | "state" | "result" | "formal" | "lane" | "block":
                pass
            case "loop":
                self.loop(each)
            case "call":
                self.call(each)
            case _:
                name = self.names[each] = self.fresh("v")
                self.do(f"const {C_TYPES[each.type]} {name} = {self.value(each)};")

    def call(self, each: Node) -> None:
        routine = each.payload
        given = [self.fresh("v") for _ in routine.results]
        for name, result in zip(given, routine.results, strict=True):
            self.do(f"{C_TYPES[result.type]} {name};")
        handed = ["arguments", *map(self.name, each.args), *given]
        self.do(f"{self.routine(routine)}({', '.join(handed)});")
        self.results[each] = given

    def routine(self, routine: Subroutine) -> str:
        """Write the function of a subroutine once; return its name."""
        if routine not in self.routines:
            name = self.routines[routine] = f"{routine.name}_{len(self.routines)}"
            body = _Function(routine.results, self.parts, self.routines)
            body.region(OUTSIDE)
            for place, result in enumerate(routine.results):
                body.do(f"r{place} = {body.name(result)};")
            types = (C_TYPES[each.type] for each in (*routine.formals, *routine.results))
            names = [f"a{k}" for k in range(len(routine.formals))]
            names += [f"&r{k}" for k in range(len(routine.results))]
            handed = (f"{type_} {name}" for type_, name in zip(types, names, strict=True))
            parameters = ", ".join(["const Arguments& arguments", *handed])
            self.parts.functions += [
                f"static __device__ __forceinline__ void {name}({parameters})",
                "{",
                *body.lines,
                "}",
                "",
            ]
        return self.routines[routine]

    def region(self, identity: int) -> None:
        for each in self.regions.get(identity, ()):
            self.compute(each)

    def loop(self, each: Node) -> None:
        loop = each.payload
        starts, nexts = each.args[: loop.n_states], each.args[loop.n_states :]
        carried = self.results[each] = [self.fresh("s") for _ in starts]
        for name, start in zip(carried, starts, strict=True):
            self.do(f"{C_TYPES[start.type]} {name} = {self.name(start)};")
        inside = self.regions.get(loop.identity, [])
        for state in inside:
            if state.op.name == "state":
                self.names[state] = carried[state.payload[1]]
        counter = self.counters[loop.identity] = self.fresh("i")
        self.do("#pragma unroll" if is_written_out(loop, inside) else "#pragma unroll 1")
        goes_on = f"{counter} < {loop.n_steps}u"
        if loop.ends_early:
            goes_on += f" && {carried[-1]}"
        self.open(f"for (unsigned int {counter} = 0u; {goes_on}; ++{counter})")
        self.region(loop.identity)
        self.store_outputs(nexts[loop.n_states :])
        self.carry(carried, nexts[: loop.n_states])
        self.close()

    def carry(self, carried: Sequence[str], nexts: Sequence[Node]) -> None:
        """Assign all states at once; one that is another's next value is copied first."""
        values = []
        for following in nexts:
            value = self.name(following)
            if value in carried:
                copy = self.fresh("v")
                self.do(f"const {C_TYPES[following.type]} {copy} = {value};")
                value = copy
            values.append(value)
        for name, value in zip(carried, values, strict=True):
            self.do(f"{name} = {value};")

    def store_outputs(self, kept: Sequence[Node]) -> None:
        # A loop also keeps the loops inside it alive; only numbers are stored.
        outputs = [each for each in kept if each.op.name != "loop"]
        if not outputs:
            return
        group, row = (self.counters[each] for each in self.around)
        place = f"index * {BLOCK} + ({group} * {N_ROWS}u + {row}) * {N_LANES}u + lane"
        self.do(f"const long long place = {place};")
        for number, output in enumerate(outputs):
            self.do(f"out[{number} * stride * {BLOCK} + place] = {self.name(output)};")

    def program(self, plan: Plan) -> None:
        self.around = (plan.body.payload.identity, plan.rows)
        outside = self.regions[OUTSIDE]
        self.do(f"const unsigned int lane = threadIdx.x % {N_LANES}u;")
        self.do(f"const unsigned int warps = blockDim.x / {N_LANES}u;")
        self.do("const long long n_warps = (long long)gridDim.x * warps;")
        self.do(
            "const long long warp = (long long)blockIdx.x * warps"
            f" + threadIdx.x / {N_LANES}u;"
        )
        for each in outside:
            if each.is_uniform:
                self.compute(each)
        self.open("for (long long index = warp; index < n_blocks; index += n_warps)")
        self.do(
            "const unsigned long long block = (unsigned long long)(first_block + index);"
        )
        for each in outside:
            if not each.is_uniform:
                self.compute(each)
        if plan.records:
            self.open("if (lane == 0u)")
            for place, record in enumerate(plan.records):
                self.do(
                    f"out[index * {len(plan.records)} + {place}] = {self.name(record)};"
                )
            self.close()
        self.close()


def is_written_out(loop: Loop, inside: Sequence[Node]) -> bool:
    """Whether the turns of a loop over these nodes are written one after the other."""
    has_loop = any(each.op.name == "loop" for each in inside) or loop.ends_early
    return loop.n_steps <= N_ROWS and not has_loop and n_ops(inside) <= UNROLLED_OPS


def n_ops(nodes: Iterable[Node]) -> int:
    """Return how many ops nodes are, with those of the subroutines that they call."""
    total = 0
    for each in nodes:
        total += n_ops(topological(each.payload.results)) if each.op.name == "call" else 1
    return total


def function_of(routine: Subroutine) -> tuple[str, str]:
    """Return the name and the CUDA C of a subroutine that stands alone.

    It takes ``Arguments``, which it does not read, its arguments and its results.
    """
    parts = Parts(0)
    name = _Function([], parts, {}).routine(routine)
    return name, "\n".join(parts.written())


def render(plan: Plan) -> Source:
    """Return the CUDA C of a plan."""
    parts = Parts(len(plan.arguments))
    body = _Function(plan.roots, parts, {})
    body.program(plan)
    return parts.source(body.lines, Type.FLOAT64 if plan.records else plan.precision)
