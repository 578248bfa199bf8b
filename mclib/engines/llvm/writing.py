"""One function as LLVM IR text: nodes, loops and subroutines.

Every value that differs between lanes is a vector of as many lanes as go together.
Constants are splats; a loop is a basic block with a phi for each state.
"""

from collections.abc import Callable, Iterable, Sequence

from mclib.engines.llvm.lookups import Lookups
from mclib.engines.llvm.operations import (
    BINARY,
    BY_KIND,
    CASTS,
    INTRINSICS,
    KEEP,
    SCALAR,
    SUFFIX,
    UNROLL,
    literal,
)
from mclib.engines.plans import N_LANES, N_ROWS
from mclib.expressions.dtypes import Type
from mclib.expressions.nodes import Node, Subroutine, Table
from mclib.expressions.schedule import OUTSIDE, schedule

UNROLLED_NODES = 200
"""A loop of four turns over so many nodes at most is written out four times."""

STORED_ONE_BY_ONE = 32
"""Outputs at most that are stored without a loop; LLVM compares every two such stores."""


class FunctionWriter:
    """Writes one function; that of a subroutine shares declarations with its caller's."""

    def __init__(
        self,
        roots: Iterable[Node],
        width: int,
        within: "FunctionWriter | None" = None,
    ) -> None:
        self.regions = schedule(roots)
        self.width = width
        self.names: dict[Node, str] = {}
        self.counters: dict[int, str] = {}
        self.lines: list[str] = []
        self.declared: dict[str, str] = {} if within is None else within.declared
        self.routines: dict[Subroutine, str] = {} if within is None else within.routines
        self.functions: list[str] = [] if within is None else within.functions
        self.slots: dict[tuple[Node, ...], str] = {}
        self.allocations: list[str] = []
        self.tables: list[Table] = [] if within is None else within.tables
        self.lookups = Lookups(self, self.tables)
        self.names_of_results: dict[Node, list[str]] = {}
        self.n_names = 0
        self.n_firsts = 0
        self.around = (OUTSIDE, OUTSIDE)
        self.label = "entry"

    def vector(self, type_: Type) -> str:
        """Return the type of as many lanes as go together."""
        return f"<{self.width} x {SCALAR[type_]}>"

    def _fresh(self) -> str:
        self.n_names += 1
        return f"%v{self.n_names}"

    def emit(self, text: str) -> str:
        """Write an instruction and return the name of its value."""
        name = self._fresh()
        self.lines.append(f"  {name} = {text}")
        return name

    def do(self, text: str) -> None:
        """Write an instruction that has no value."""
        self.lines.append(f"  {text}")

    def _begin(self, label: str) -> None:
        self.lines.append(f"{label}:")
        self.label = label

    def _name(self, each: Node) -> str:
        if each.is_constant:
            return f"splat ({SCALAR[each.type]} {literal(each.payload, each.type)})"
        if each.op.name == "step" and each not in self.names:
            counter = self.counters[each.payload.identity]
            return self.splat(counter, Type.INT32)
        return self.names[each]

    def typed(self, each: Node) -> str:
        """Return the type and name of a node's value."""
        return f"{self.vector(each.type)} {self._name(each)}"

    def splat(self, scalar: str, type_: Type) -> str:
        """Write a scalar into all lanes."""
        kind = self.vector(type_)
        first = self.emit(f"insertelement {kind} poison, {SCALAR[type_]} {scalar}, i64 0")
        mask = f"<{self.width} x i32> zeroinitializer"
        return self.emit(f"shufflevector {kind} {first}, {kind} poison, {mask}")

    def _node(self, each: Node) -> str:
        name = each.op.name
        if name in _RENDER:
            return _RENDER[name](self, each)
        first = each.args[0]
        if name in BINARY or name in BY_KIND:
            op = BINARY.get(name) or BY_KIND[name][first.type.is_integer]
            return self.emit(f"{op} {self.typed(first)}, {self._name(each.args[1])}")
        if name in CASTS:
            return self.emit(
                f"{CASTS[name]} {self.typed(first)} to {self.vector(each.type)}"
            )
        intrinsic = f"@llvm.{INTRINSICS[name]}.v{self.width}{SUFFIX[each.type]}"
        kind = self.vector(each.type)
        self.declared[intrinsic] = (
            f"{kind} {intrinsic}({', '.join([kind] * len(each.args))})"
        )
        return self.emit(
            f"call {kind} {intrinsic}({', '.join(map(self.typed, each.args))})"
        )

    def _argument(self, each: Node) -> str:
        slot = self.emit(f"getelementptr i64, ptr %arguments, i64 {each.payload}")
        if each.type is Type.BOOLEAN:
            wide = self.emit(f"load i32, ptr {slot}, !invariant.load !0")
            return self.splat(self.emit(f"icmp ne i32 {wide}, 0"), each.type)
        scalar = self.emit(f"load {SCALAR[each.type]}, ptr {slot}, !invariant.load !0")
        return self.splat(scalar, each.type)

    def _block(self, each: Node) -> str:
        return self.splat("%block", Type.INT64)

    def _lane(self, each: Node) -> str:
        numbers = ", ".join(f"i32 {lane}" for lane in range(self.width))
        first = self.splat("%first_lane", Type.INT32)
        return self.emit(f"add {self.vector(Type.INT32)} {first}, <{numbers}>")

    def _step(self, each: Node) -> str:
        return self.splat(self.counters[each.payload.identity], Type.INT32)

    def _negative(self, each: Node) -> str:
        if each.type.is_integer:
            return self.emit(
                f"sub {self.vector(each.type)} zeroinitializer, {self._name(each.args[0])}"
            )
        return self.emit(f"fneg {self.typed(each.args[0])}")

    def _logical_not(self, each: Node) -> str:
        return self.emit(f"xor {self.typed(each.args[0])}, splat (i1 true)")

    def _where(self, each: Node) -> str:
        condition, a, b = each.args
        return self.emit(
            f"select {self.typed(condition)}, {self.typed(a)}, {self.typed(b)}"
        )

    def _load(self, each: Node) -> str:
        return self.lookups.load(each)

    def _pick(self, each: Node) -> str:
        kind = self.vector(each.type)
        counter = self.counters[each.args[0].payload.identity]
        slot = self.emit(
            f"getelementptr {kind}, ptr {self.slots[each.args[1:]]}, i32 {counter}"
        )
        return self.emit(f"load {kind}, ptr {slot}")

    def _lay_out(self, each: Node) -> None:
        """Put what `pick` chooses from where a counter can point at it."""
        values = each.args[1:]
        if values in self.slots:
            return
        kind = self.vector(each.type)
        slot = self.slots[values] = self._fresh()
        self.allocations.append(f"  {slot} = alloca [{len(values)} x {kind}]")
        for place, value in enumerate(values):
            pointer = self.emit(f"getelementptr {kind}, ptr {slot}, i32 {place}")
            self.do(f"store {self.typed(value)}, ptr {pointer}")

    def _shift_lanes(self, each: Node) -> str:
        places = ", ".join(
            f"i32 {(lane + each.payload) % N_LANES}" for lane in range(N_LANES)
        )
        kind = self.vector(each.type)
        mask = f"<{self.width} x i32> <{places}>"
        return self.emit(f"shufflevector {self.typed(each.args[0])}, {kind} poison, {mask}")

    def _extreme(self, each: Node) -> str:
        order = "olt" if each.op.name == "lesser" else "ogt"
        a, b = each.args
        is_wanted = self.emit(f"fcmp {order} {self.typed(a)}, {self._name(b)}")
        return self.emit(
            f"select {self.vector(Type.BOOLEAN)} {is_wanted}, {self.typed(a)}, "
            f"{self.typed(b)}"
        )

    def _first_lane(self, each: Node) -> str:
        # The first part of a block leaves the value where the other parts find it.
        wanted, a, before = each.args
        scalar, place = SCALAR[each.type], self.n_firsts
        self.n_firsts += 1
        slot = self.emit(f"getelementptr {scalar}, ptr %firsts, i64 {place}")
        left = self.emit(f"load {scalar}, ptr {slot}")
        own = self.emit(f"extractelement {self.typed(a)}, i64 0")
        is_first_part = self.emit("icmp eq i32 %first_lane, 0")
        first = self.emit(f"select i1 {is_first_part}, {scalar} {own}, {scalar} {left}")
        is_wanted = self.emit(f"extractelement {self.typed(wanted)}, i64 0")
        old = self.emit(f"extractelement {self.typed(before)}, i64 0")
        chosen = self.emit(f"select i1 {is_wanted}, {scalar} {first}, {scalar} {old}")
        self.do(f"store {scalar} {chosen}, ptr {slot}")
        return self.splat(chosen, each.type)

    def _result(self, each: Node) -> str:
        place: int = each.payload
        return self.names_of_results[each.args[0]][place]

    def _formal(self, each: Node) -> str:
        return f"%formal{each.payload}"

    def _call(self, each: Node) -> str:
        routine = each.payload
        name, kind = self._routine(routine)
        args = ", ".join(["ptr %arguments", *map(self.typed, each.args)])
        given = self.emit(f"call fastcc {kind} {name}({args})")
        self.names_of_results[each] = [
            self.emit(f"extractvalue {kind} {given}, {place}")
            for place in range(len(routine.results))
        ]
        return given

    def _routine(self, routine: Subroutine) -> tuple[str, str]:
        """Write the function of a subroutine once; return its name and type."""
        kind = (
            "{ " + ", ".join(self.vector(result.type) for result in routine.results) + " }"
        )
        if routine not in self.routines:
            name = self.routines[routine] = f"@{routine.name}.{len(self.routines)}"
            inner = FunctionWriter(routine.results, self.width, self)
            inner.region(OUTSIDE)
            made = f"{kind} poison"
            for place, result in enumerate(routine.results):
                made = f"{kind} " + inner.emit(
                    f"insertvalue {made}, {inner.typed(result)}, {place}"
                )
            formals = ", ".join(
                ["ptr noalias readonly %arguments"]
                + [
                    f"{self.vector(each.type)} %formal{i}"
                    for i, each in enumerate(routine.formals)
                ]
            )
            self.functions += [
                f"define internal fastcc {kind} {name}({formals}) {{",
                "entry:",
                *inner.allocations,
                *inner.lines,
                f"  ret {made}",
                "}",
            ]
        return self.routines[routine], kind

    def region(self, identity: int) -> None:
        """Write all nodes of a region, in order."""
        for each in self.regions.get(identity, ()):
            if each.op.name == "loop":
                self._loop(each)
            elif (
                each not in self.names and not each.is_constant and each.op.name != "state"
            ):
                self.names[each] = self._node(each)

    def _loop(self, each: Node) -> None:
        payload = each.payload
        n = payload.n_states
        # Identities differ from trace to trace; the text names cached code and must not.
        head = f"loop{len(self.counters)}"
        counter = self._fresh()
        self.counters[payload.identity] = counter
        starts = [self.typed(start) for start in each.args[:n]]
        inside = self.regions.get(payload.identity, ())
        for choice in inside:
            if choice.op.name == "pick":
                self._lay_out(choice)
        before = self.label
        self.do(f"br label %{head}")
        self._begin(head)
        at = len(self.lines)
        phis = [self._fresh() for _ in range(n)]
        for state in inside:
            if state.op.name == "state":
                self.names[state] = phis[state.payload[1]]
        self.region(payload.identity)
        self._store_values(each.args[2 * n :])
        following = self.emit(f"add i32 {counter}, 1")
        nexts = [self._name(arg) for arg in each.args[n : 2 * n]]
        goes_on = self.emit(f"icmp ult i32 {following}, {payload.n_steps}")
        if payload.ends_early:
            lanes = f"i{self.width}"
            left = self.emit(f"bitcast {self.typed(each.args[2 * n - 1])} to {lanes}")
            some = self.emit(f"icmp ne {lanes} {left}, 0")
            goes_on = self.emit(f"and i1 {goes_on}, {some}")
        end = self.label
        is_short = payload.n_steps <= N_ROWS and len(inside) <= UNROLLED_NODES
        is_simple = all(other.op.name != "loop" for other in inside)
        is_simple = is_simple and not payload.ends_early
        hint = UNROLL if is_short and is_simple else KEEP
        self.do(f"br i1 {goes_on}, label %{head}, label %{head}.end, !llvm.loop {hint}")
        heads = [f"  {counter} = phi i32 [ 0, %{before} ], [ {following}, %{end} ]"]
        for phi, start, new in zip(phis, starts, nexts, strict=True):
            kind, value = start.split(">", 1)
            heads.append(f"  {phi} = phi {kind}> [{value}, %{before} ], [ {new}, %{end} ]")
        self.lines[at:at] = heads
        self._begin(f"{head}.end")
        self.names_of_results[each] = nexts

    def _store_values(self, outputs: Sequence[Node]) -> None:
        # A loop also keeps the loops inside it alive; only numbers are stored.
        outputs = [each for each in outputs if each.op.name != "loop"]
        if not outputs:
            return
        group, row = (self.counters[each] for each in self.around)
        turn = self.emit(f"mul i32 {group}, {N_ROWS}")
        turn = self.emit(f"add i32 {turn}, {row}")
        turn = self.emit(f"zext i32 {turn} to i64")
        turn = self.emit(f"mul i64 {turn}, {N_LANES}")
        turn = self.emit(f"add i64 {turn}, %first_lane_wide")
        offset = self.emit(f"add i64 %start, {turn}")
        if len(outputs) > STORED_ONE_BY_ONE:
            self._store_many(outputs, offset)
            return
        for output in outputs:
            scalar = SCALAR[output.type]
            place = self.emit(f"getelementptr {scalar}, ptr %out, i64 {offset}")
            self.do(f"store {self.typed(output)}, ptr {place}, align 8")
            offset = self.emit(f"add i64 {offset}, %stride")

    def _store_many(self, outputs: Sequence[Node], offset: str) -> None:
        """Put outputs side by side, and store them from there in a loop."""
        type_ = outputs[0].type
        scalar, kind = SCALAR[type_], self.vector(type_)
        buffer = self._fresh()
        self.allocations.append(f"  {buffer} = alloca [{len(outputs)} x {kind}]")
        for slot, output in enumerate(outputs):
            pointer = self.emit(f"getelementptr {kind}, ptr {buffer}, i64 {slot}")
            self.do(f"store {self.typed(output)}, ptr {pointer}")
        number, following, before = self._fresh(), self._fresh(), self.label
        self.do("br label %storing")
        self._begin("storing")
        self.do(f"{number} = phi i64 [ 0, %{before} ], [ {following}, %storing ]")
        pointer = self.emit(f"getelementptr {kind}, ptr {buffer}, i64 {number}")
        value = self.emit(f"load {kind}, ptr {pointer}")
        far = self.emit(f"mul i64 {number}, %stride")
        place = self.emit(f"add i64 {offset}, {far}")
        pointer = self.emit(f"getelementptr {scalar}, ptr %out, i64 {place}")
        self.do(f"store {kind} {value}, ptr {pointer}, align 8")
        self.do(f"{following} = add i64 {number}, 1")
        goes_on = self.emit(f"icmp ult i64 {following}, {len(outputs)}")
        self.do(f"br i1 {goes_on}, label %storing, label %stored, !llvm.loop {KEEP}")
        self._begin("stored")


_RENDER: dict[str, Callable[[FunctionWriter, Node], str]] = {
    "lesser": FunctionWriter._extreme,
    "greater": FunctionWriter._extreme,
} | {
    name: getattr(FunctionWriter, f"_{name}")
    for name in (
        "argument",
        "block",
        "lane",
        "step",
        "negative",
        "logical_not",
        "where",
        "load",
        "pick",
        "shift_lanes",
        "first_lane",
        "result",
        "formal",
        "call",
    )
}
