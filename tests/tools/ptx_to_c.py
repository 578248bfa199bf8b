"""PTX to C++, one statement per instruction, to run what NVRTC emits without a device.

PTX says exactly what each instruction computes; what this proves is therefore the
compiler's front end (no contraction, no flushed denormals, no wrong rounding), not the last
step from PTX to machine code. A register is its bits; the instruction's type says how they
are read. The subset is what these programs use, and an instruction beyond it is an error.
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

_WORDS = Path(__file__).with_name("ptx_words.h")

_SPECIAL_REGISTERS = {
    "%tid.x": "threadIdx.x",
    "%ntid.x": "blockDim.x",
    "%ctaid.x": "blockIdx.x",
    "%nctaid.x": "gridDim.x",
}
_BITS = {"f32": "b32", "f64": "b64", "pred": "pred"}

_INFIX = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "div": "/",
    "and": "&",
    "or": "|",
    "xor": "^",
}
_COMPARE = {
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
    "eq": "==",
    "ne": "!=",
    "lo": "<",
    "ls": "<=",
    "hi": ">",
    "hs": ">=",
}


def translate(ptx: str) -> str:
    """Return C++ for the one entry of a PTX module.

    It defines ``program_of_ptx(const unsigned char *parameters)``, to be compiled after
    ``fiber_shim.h``; the parameters lie where a C struct would have them.
    """
    match = re.search(
        r"\.visible \.entry (\w+)\(([^)]*)\)[^{]*\{\n(.*?)\n\}", ptx, re.DOTALL
    )
    if match is None:
        message = "this PTX has no entry."
        raise ValueError(message)
    _, parameters, body = match.groups()
    lines = [
        f'#include "{_WORDS}"',
        *_constants(ptx),
        "static void program_of_ptx(const unsigned char *parameters)",
        "{",
        *_declarations(body),
        *_parameter_addresses(parameters),
    ]
    lines += [
        statement for line in body.split("\n") if (statement := _statement(line.strip()))
    ]
    return "\n".join([*lines, "}", ""])


def _constants(ptx: str) -> list[str]:
    found = re.findall(
        r"^\.const \.align (\d+) \.b8 (\w+)\[\d+\] = \{([^}]*)\};", ptx, re.MULTILINE
    )
    return [
        f"alignas({align}) static const b8 bytes_of_{name}[] = {{{values}}};\n"
        f"static const u64 {name} = (u64)bytes_of_{name};"
        for align, name, values in found
    ]


def _declarations(body: str) -> list[str]:
    lines = []
    for type_, letters, count in re.findall(r"\.reg \.(\w+)\s+%(\w+?)<(\d+)>;", body):
        names = ", ".join(_name(f"{letters}{number}") for number in range(int(count)))
        if names:
            lines.append(f"    {_BITS.get(type_, type_)} {names};")
    return lines


def _parameter_addresses(parameters: str) -> list[str]:
    lines = []
    offset = 0
    found = re.findall(
        r"\.param (?:\.align (\d+) )?\.\w(\d+)\s+(\w+)(?:\[(\d+)\])?", parameters
    )
    for align, width, name, length in found:
        size = int(length) if length else int(width) // 8
        step = int(align) if align else size
        offset = -(-offset // step) * step
        lines.append(f"    const u64 {name} = (u64)parameters + {offset};")
        offset += size
    return lines


def _statement(line: str) -> str:
    line = line.split("//")[0].strip()
    if not line or line.startswith(".") or line in "{}":
        return ""
    if line.endswith(":"):
        return f"{line.lstrip('$')};"
    match = re.fullmatch(r"(?:@(!?)%(\w+)\s+)?([\w.]+)\s*(.*);", line)
    if match is None:
        message = f"not PTX as we know it: {line}"
        raise ValueError(message)
    negated, guard, mnemonic, operands = match.groups()
    made = _instruction(mnemonic.split("."), _split(operands), line)
    return f"    if ({negated}{_name(guard)}) {{ {made} }}" if guard else f"    {made}"


def _split(operands: str) -> list[str]:
    return (
        [each.strip() for each in re.split(r",(?![^{]*\})", operands)] if operands else []
    )


def _instruction(words: Sequence[str], operands: Sequence[str], line: str) -> str:
    base, type_ = words[0], words[-1]
    if base in {"bra", "ret"}:
        return f"goto {operands[0].lstrip('$')};" if base == "bra" else "return;"
    if base in {"ld", "st"}:
        return _memory(words, operands)
    if base == "mov" and any(each.startswith("{") for each in operands):
        return _repack(operands)
    if base == "shfl":
        target, _, predicate = operands[0].partition("|")
        value, source, clamp, mask = (_read(each, "b32") for each in operands[1:])
        if words[1:3] != ["sync", "idx"]:
            message = f"another shuffle than by index: {line}"
            raise ValueError(message)
        made = (
            f"{_name(target)} = (u32)fibers::shuffle({mask}, {value}, {source} & {clamp});"
        )
        return made + (f" {_name(predicate)} = true;" if predicate else "")
    result = _EXPRESSIONS.get(base)
    if result is None:
        message = f"an instruction that the translator does not know: {line}"
        raise ValueError(message)
    made, made_type = result(words, operands[1:], type_)
    bits = _BITS.get(made_type, made_type)
    return f"{_name(operands[0])} = view<{bits}>(({made_type})({made}));"


def _name(register: str) -> str:
    # PTX calls a register %f32, which here is a type.
    return "reg_" + register.strip().lstrip("%")


def _read(operand: str, type_: str) -> str:
    """Return an operand as a value of a type."""
    if operand in _SPECIAL_REGISTERS:
        return _SPECIAL_REGISTERS[operand]
    if operand.startswith("%"):
        return f"view<{type_}>({_name(operand)})"
    if re.match(r"0[fd][0-9A-Fa-f]+$", operand):
        bits = "u64" if operand[1] == "d" else "u32"
        return f"view<{type_}>(({bits})0x{operand[2:]}ull)"
    if re.match(r"-?\d", operand):
        # The most negative number has no literal of its own in C.
        return f"({type_}){int(operand, 0) & (2**64 - 1)}ull"
    return operand


def _address(operand: str) -> str:
    base, _, offset = operand.strip("[]").partition("+")
    return f"{_read(base, 'u64')} + {offset or 0}"


def _memory(words: Sequence[str], operands: Sequence[str]) -> str:
    type_ = words[-1]
    place, register = (operands[1], operands[0]) if words[0] == "ld" else operands
    width = int(type_[1:]) // 8
    statements = []
    for number, each in enumerate(register.strip("{}").split(",")):
        address = f"{_address(place)} + {number * width}"
        if words[0] == "ld":
            bits = _BITS.get(type_, type_)
            statements.append(f"{_name(each)} = load<{bits}>({address});")
        else:
            statements.append(f"store<{type_}>({address}, {_read(each.strip(), type_)});")
    return " ".join(statements)


def _repack(operands: Sequence[str]) -> str:
    """Split a 64-bit register into halves, or join them."""
    target, source = operands
    if target.startswith("{"):
        low, high = map(_name, target.strip("{}").split(","))
        whole = f"view<b64>({_name(source)})"
        return f"{low} = (u32){whole}; {high} = (u32)({whole} >> 32);"
    low, high = (_read(each.strip(), "b32") for each in source.strip("{}").split(","))
    return f"{_name(target)} = (u64){high} << 32 | {low};"


Made = tuple[str, str]
"""A C++ expression and the PTX type of its value."""


def _arithmetic(words: Sequence[str], operands: Sequence[str], type_: str) -> Made:
    a, b = (_read(each, type_) for each in operands[:2])
    if type_.startswith("f"):
        if "rn" not in words or "ftz" in words or "approx" in words:
            message = f"a float operation that is not rounded to nearest: {'.'.join(words)}"
            raise ValueError(message)
        return f"{a} {_INFIX[words[0]]} {b}", type_
    if type_ == "pred":
        return f"{a} {_INFIX[words[0]]} {b}", type_
    if "wide" in words:
        wide = f"{type_[0]}{2 * int(type_[1:])}"
        return f"({wide}){a} * ({wide}){b}", wide
    if "hi" in words:
        return f"(unsigned __int128)(u64){a} * (u64){b} >> {type_[1:]}", type_
    unsigned = f"u{type_[1:]}"
    a, b = (_read(each, unsigned) for each in operands[:2])
    return f"{a} {_INFIX[words[0]]} {b}", unsigned


def _multiply_add(words: Sequence[str], operands: Sequence[str], type_: str) -> Made:
    a, b, c = operands
    if words[0] == "fma":
        if "ftz" in words:
            message = f"a float operation that flushes denormals: {'.'.join(words)}"
            raise ValueError(message)
        return f"std::fma({', '.join(_read(each, type_) for each in operands)})", type_
    product, wide = _arithmetic(["mul", *words[1:]], [a, b], type_)
    return f"({wide})({product}) + {_read(c, wide)}", wide


def _one(template: str, *, same_type: str | None = None) -> Callable[..., Made]:
    def made(words: Sequence[str], operands: Sequence[str], type_: str) -> Made:
        if "ftz" in words or "approx" in words:
            message = f"a float operation that is not exact: {'.'.join(words)}"
            raise ValueError(message)
        read_as = same_type + type_[1:] if same_type else type_
        values = (_read(each, read_as) for each in operands)
        return template.format(*values, type=read_as), read_as

    return made


def _estimate(words: Sequence[str], operands: Sequence[str], type_: str) -> Made:
    # What follows an estimate refines it: the shim's is wrong in its last places.
    if "approx" in words:
        name = {"rcp": "reciprocal", "rsqrt": "root"}[words[0]]
        return f"{name}_estimate_of({_read(operands[0], type_)})", type_
    return _one("1 / {0}")(words, operands, type_)


def _negate(words: Sequence[str], operands: Sequence[str], type_: str) -> Made:
    return f"-{_read(operands[0], type_)}", type_


def _complement(words: Sequence[str], operands: Sequence[str], type_: str) -> Made:
    sign = "!" if type_ == "pred" else "~"
    return sign + _read(operands[0], type_), type_


def _extreme(words: Sequence[str], operands: Sequence[str], type_: str) -> Made:
    if not type_.startswith("f") or len(words) != 2:
        message = f"another minimum or maximum than of floats: {'.'.join(words)}"
        raise ValueError(message)
    a, b = (_read(each, type_) for each in operands)
    return f"{'greater' if words[0] == 'max' else 'lesser'}({a}, {b})", type_


def _shift(words: Sequence[str], operands: Sequence[str], type_: str) -> Made:
    if type_.startswith("b"):
        type_ = "u" + type_[1:]
    way = "left" if words[0] == "shl" else "right"
    return (
        f"shift_{way}<{type_}>({_read(operands[0], type_)}, {_read(operands[1], 'u32')})",
        type_,
    )


def _compare(words: Sequence[str], operands: Sequence[str], type_: str) -> Made:
    a, b = (_read(each, type_) for each in operands[:2])
    how = words[1]
    if how in {"num", "nan"}:
        is_number = f"{a} == {a} && {b} == {b}"
        return (is_number if how == "num" else f"!({is_number})"), "pred"
    if how.endswith("u") and type_.startswith("f"):
        # Unordered comparisons hold with NaN: they are the opposite failing.
        opposite = {"lt": "ge", "le": "gt", "gt": "le", "ge": "lt", "eq": "ne", "ne": "eq"}
        if how == "neu":
            return f"{a} != {b}", "pred"
        if how == "equ":
            return f"!({a} < {b} || {a} > {b})", "pred"
        return f"!({a} {_COMPARE[opposite[how[:-1]]]} {b})", "pred"
    if how == "ne" and type_.startswith("f"):
        return f"{a} < {b} || {a} > {b}", "pred"
    made = f"{a} {_COMPARE[how]} {b}"
    if len(words) > 3:
        return f"({made}) {_INFIX[words[2]]} {_read(operands[2], 'pred')}", "pred"
    return made, "pred"


def _choose(words: Sequence[str], operands: Sequence[str], type_: str) -> Made:
    a, b = (_read(each, type_) for each in operands[:2])
    return f"{_read(operands[2], 'pred')} ? {a} : {b}", type_


def _convert(words: Sequence[str], operands: Sequence[str], type_: str) -> Made:
    to = words[-2]
    value = _read(operands[0], type_)
    if "rmi" in words:
        return f"std::floor({value})", to
    is_known = (
        "rn" in words or "rzi" in words or not {"ftz", "sat", "rm", "rp"} & set(words)
    )
    if not is_known or "ftz" in words:
        message = f"a conversion that the translator does not know: {'.'.join(words)}"
        raise ValueError(message)
    return f"({to}){value}", to


def _copy(words: Sequence[str], operands: Sequence[str], type_: str) -> Made:
    return _read(operands[0], type_), type_


_EXPRESSIONS: dict[str, Callable[..., Made]] = {
    **dict.fromkeys(_INFIX, _arithmetic),
    "fma": _multiply_add,
    "mad": _multiply_add,
    "neg": _negate,
    "not": _complement,
    "abs": _one("std::fabs({0})"),
    "sqrt": _one("std::sqrt({0})"),
    "rcp": _estimate,
    "rsqrt": _estimate,
    "max": _extreme,
    "min": _extreme,
    "bfi": _one("insert_bits<{type}>({0}, {1}, {2}, {3})", same_type="u"),
    "brev": _one("reversed_bits({0})"),
    "prmt": _one("permute_bytes({0}, {1}, {2})"),
    "shl": _shift,
    "shr": _shift,
    "setp": _compare,
    "selp": _choose,
    "cvt": _convert,
    "cvta": _copy,
    "mov": _copy,
}
