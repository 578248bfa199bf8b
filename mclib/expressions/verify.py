"""What a legal graph is: checked between passes, so that a fault is found at once."""

from collections.abc import Iterable

from mclib.errors import InternalError, TraceError
from mclib.expressions.dtypes import FLOATS, INTEGERS, Type
from mclib.expressions.nodes import Node, topological
from mclib.expressions.ops import OPS

_FAMILIES = {
    "F": FLOATS,
    "I": INTEGERS,
    "N": FLOATS | INTEGERS,
    "B": frozenset({Type.BOOLEAN}),
    "R": frozenset({Type.REAL}),
    "A": frozenset(Type),
    "int32": frozenset({Type.INT32}),
    "int64": frozenset({Type.INT64}),
    "float32": frozenset({Type.FLOAT32}),
    "float64": frozenset({Type.FLOAT64}),
}


def result_type(name: str, args: tuple[Node, ...]) -> Type:
    """Return the type of op `name` on `args`.

    Raises
    ------
    TraceError
        If the op's signature does not admit these types.
    """
    op = OPS[name]
    bound = _bind(name, op.argument_types, args)
    letter = op.result_type
    if letter in bound:
        return bound[letter]
    if letter == "B":
        return Type.BOOLEAN
    if letter == "R":
        return Type.REAL
    if name == "float_bits":
        return args[0].type.bits_type
    if letter in _FAMILIES and len(_FAMILIES[letter]) == 1:
        return next(iter(_FAMILIES[letter]))
    message = f"the type of {name!r} is its creator's choice."
    raise InternalError(message)


def _bind(name: str, letters: tuple[str, ...], args: tuple[Node, ...]) -> dict[str, Type]:
    if len(letters) != len(args):
        message = f"{name!r} must have {len(letters)} arguments; got {len(args)}."
        raise InternalError(message)
    bound: dict[str, Type] = {}
    for letter, arg in zip(letters, args, strict=True):
        wanted = bound.get(letter)
        if arg.type not in _FAMILIES[letter] or (wanted is not None and wanted != arg.type):
            got = ", ".join(each.type.value for each in args)
            message = f"`{name}` must have arguments of one fitting type; got {got}."
            raise TraceError(message)
        bound[letter] = arg.type
    return bound


def verify(roots: Iterable[Node], *, machine: bool, after: str) -> None:
    """Check every node below `roots`.

    Parameters
    ----------
    roots : iterable of Node
        Where to begin.
    machine : bool
        Whether only machine ops and machine types may occur.
    after : str
        The pass that made this graph, for the message.

    Raises
    ------
    InternalError
        If a node breaks its op's signature.
    """
    for each in topological(roots):
        fault = _fault(each, machine=machine)
        if fault:
            message = (
                f"mclib produced an illegal graph after `{after}`: {fault} in {each!r}; "
                "this is a bug in mclib.\nhint: send the model that led here with an issue."
            )
            raise InternalError(message)


def _fault(each: Node, *, machine: bool) -> str:
    if machine and not each.op.machine:
        return "an op that engines do not render"
    if machine and each.type is Type.REAL:
        return "a type that is not a machine's"
    letters = each.op.argument_types
    if each.op.name == "loop":
        return _loop_fault(each)
    if each.op.name == "call":
        return _call_fault(each)
    if letters != ("...",):
        try:
            bound = _bind(each.op.name, letters, each.args)
        except (TraceError, InternalError) as error:
            return str(error)
        wanted = bound.get(each.op.result_type)
        if wanted is not None and wanted is not each.type:
            return f"type {each.type.value} instead of {wanted.value}"
    return ""


def _call_fault(each: Node) -> str:
    for formal, arg in zip(each.payload.formals, each.args, strict=True):
        if formal.type is not arg.type:
            return f"{arg.type.value} handed over for {formal.type.value}"
    return ""


def _loop_fault(each: Node) -> str:
    n_states = each.payload.n_states
    if len(each.args) < 2 * n_states:
        return f"{len(each.args)} arguments for {n_states} states"
    pairs = zip(each.args[:n_states], each.args[n_states : 2 * n_states], strict=True)
    for start, following in pairs:
        if start.type is not following.type:
            return f"a state that turns from {start.type.value} into {following.type.value}"
    if each.payload.ends_early:
        last = each.args[n_states - 1].type if n_states else None
        if last is not Type.BOOLEAN:
            return "an end that no last state tells"
    return ""
