"""Records the arguments of PyTorch's compiled functions: `python tests/support/record/signatures.py`, with real torch.

Its library holds every signature as a text; which of them belong to a function, and in which order they are tried,
shows the error of a call that fits none.
"""

import json
import re
import sys
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path[0] = str(ROOT)  # this folder holds files named like the packages that they record

import torch  # noqa: E402

from funcgrad.torch._signatures import OLD, Signature  # noqa: E402

FILE = ROOT / "funcgrad" / "torch" / "signatures.json"
LIBRARY = Path(torch.__file__).parent / "lib" / "libtorch_python.so"
TOO_MANY = [object()] * 60
TEXTS = re.compile(rb"(?<=\x00)([a-zA-Z_0-9]+\([ -~]*\)(?:\|deprecated)?)(?=\x00)")

KINDS = {
    "Tensor": "Tensor",
    "Scalar": "Number",
    "int64_t": "int",
    "SymInt": "int",
    "double": "float",
    "bool": "bool",
    "IntArrayRef": "ints",
    "SymIntArrayRef": "ints",
    "ArrayRef<double>": "floats",
    "ScalarList": "Numbers",
    "TensorList": "Tensors",
    "ITensorListRef": "indices",
    "c10::List<::std::optional<Tensor>>": "indices",
    "ScalarType": "dtype",
    "Layout": "layout",
    "MemoryFormat": "memory_format",
    "Device": "device",
    "Generator": "Generator",
    "c10::string_view": "str",
    "PyObject*": "object",
}
PARAMETER = re.compile(r"(\S+?)((?:\[\d+\])?\??) (\w+.*)")


def in_our_words(rest):
    """A signature as funcgrad writes it; ValueError where it has a kind of argument that nobody can call it with."""
    inside, _, marks = rest.rpartition(")")
    parts = []
    for part in filter(None, inside.split(", ")):
        found = PARAMETER.fullmatch(part)
        if part != "*" and (found is None or found[1] not in KINDS):
            raise ValueError(part)
        parts.append(part if found is None else f"{KINDS[found[1]]}{found[2]} {found[3]}")
    return (OLD if marks == "|deprecated" else "") + ", ".join(parts)


def raw_signatures():
    """All signatures in the library by name: those that stand alone, and those at the end of a longer name's."""
    alone, ends = {}, {}
    for match in TEXTS.finditer(LIBRARY.read_bytes()):
        name, _, rest = match[1].decode().partition("(")
        alone.setdefault(name, set()).add(rest)
        for start in range(1, len(name)):
            ends.setdefault(name[start:], set()).add(rest)
    return alone, ends


def refusal(call):
    try:
        call(*TOO_MANY)
    except Exception as error:
        return str(error)
    return ""


def own_of(name, call, raw):
    """The signatures of one function, in its order; None if it takes nothing at all."""
    text, candidates = refusal(call), {}
    if "takes no arguments" in text:
        return None
    for rest in sorted(raw.get(name, ())):
        with suppress(ValueError):
            text_of_ours = in_our_words(rest)
            candidates[text_of_ours] = Signature.parse(text_of_ours)
    listed = re.findall(r"^ \* \((.*)\)$", text, re.M) or re.findall(r"but expected \((.*)\)$", text)
    if listed:
        own = [next((rest for rest, s in candidates.items() if str(s) == shown), None) for shown in listed]
        is_function = {"Tensor input" in shown for shown in listed}
        old = [r for r, s in candidates.items() if s.is_hidden and {"Tensor input" in str(s)} == is_function]
        return own + old
    count = re.search(r"takes (?:from (\d+) to )?(\d+) positional", text)
    named = re.search(r"argument '(\w+)' \(position 1\)", text)
    return [
        rest
        for rest, s in candidates.items()
        if (count and (s.most_positional, s.least) == (int(count[2]), int(count[1] or count[2])))
        or (named and s.parameters and s.parameters[0].name == named[1])
    ]


if __name__ == "__main__":
    (alone, ends), table, lost = raw_signatures(), {}, []
    homes = {
        "torch": (torch, ""),
        "torch.linalg": (torch.linalg, "linalg_"),
        "torch.fft": (torch.fft, "fft_"),
        "torch.special": (torch.special, "special_"),
        "torch.nn.functional": (torch.nn.functional, ""),
        "torch.Tensor": (torch.Tensor, ""),
    }
    for path, (home, prefix) in homes.items():
        rows = {}
        for name in sorted(dir(home)):
            value = getattr(home, name)
            is_compiled = type(value).__name__ in ("builtin_function_or_method", "method_descriptor")
            if name.startswith("_") or not is_compiled:
                continue
            known = value.__name__ if path == "torch.nn.functional" else prefix + name
            call = value if path != "torch.Tensor" else getattr(torch.ones(1), name)
            found = own_of(known, call, alone)
            if found is not None and (not found or None in found):  # the linker has put it at the end of another
                found = own_of(known, call, ends)
                found = found if len(found) == 1 else []
            if found is None:
                if path == "torch.Tensor":
                    rows[name] = []
            elif not found or None in found:
                lost.append(f"{path}.{name}")
            else:
                rows[name] = [known, *found] if known != name else ["", *found]
        table[path] = rows
    print({path: len(rows) for path, rows in table.items()}, len(lost), *lost)
    spaces = [
        f" {json.dumps(path)}: {{\n"
        + ",\n".join(f"  {json.dumps(n)}: {json.dumps(v)}" for n, v in rows.items())
        + "\n }"
        for path, rows in table.items()
    ]
    FILE.write_text("{\n" + ",\n".join(spaces) + "\n}\n")
