"""The definition language: one statement per line, comments from # to the end of the line.

    protocol NAME = NUMBER version N [sessions]
    const NAME = VALUE
    struct NAME {
            FIELD: TYPE
    }
    op NAME = NUMBER (ARGUMENT: TYPE, …) -> (RESULT: TYPE, …) [changes]

Comment lines right before a statement document it; before `protocol` a blank
line may lie between. A comment after a statement documents that line.
"""

import os
import re
from dataclasses import dataclass, field
from typing import Optional

from .layout import Place, place_arguments, place_results

SIZES = {"u8": 1, "u16": 2, "u32": 4, "u64": 8, "i32": 4, "i64": 8}
SCALARS = ("u8", "u16", "u32", "u64", "i32", "i64", "cap")
OPERATION_LAST = 0xfeff  # from 0xff00 on: operations that every protocol has
STRING_MAXIMUM = 4096
FRAME_MAXIMUM = 16384  # bytes of strings and structures on a handler's stack, which has 64 KiB

C_KEYWORDS = frozenset(
    "auto break case char const continue default do double else enum extern float for goto if inline int "
    "long register restrict return short signed sizeof static struct switch typedef union unsigned void "
    "volatile while bool true false asm typeof".split())
# Names of parameters and local variables in generated code.
RESERVED = frozenset(
    "arguments begin call client error in_length input operations place reply request results "
    "written".split())

TOKEN = re.compile(r"\s*([A-Za-z_]\w*|[0-9]\w*|->|[=:(){},])", re.ASCII)
IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")


class DefinitionError(Exception):
    """A wrong definition; its text is FILE:LINE: what is wrong."""

    def __init__(self, file, line, message):
        super().__init__(f"{file}:{line}: {message}")


@dataclass
class Constant:
    name: str
    text: str  # the value as spelled
    value: int
    doc: list
    note: str
    gap: bool  # whether a blank line is before it


@dataclass
class Field:
    name: str
    type: str
    offset: int
    doc: list
    note: str


@dataclass
class Structure:
    name: str
    doc: list
    note: str
    line: int
    fields: list = field(default_factory=list)
    size: int = 0


@dataclass
class Value:
    """An argument or a result. `kind`: scalar, string, in, out."""
    name: str
    kind: str
    type: str = ""  # of a scalar
    maximum: int = 0  # of a string, bytes
    structure: Optional[Structure] = None  # of in and out; None for bytes
    place: Optional[Place] = None  # of a scalar; of a string's length where that is sent

    @property
    def bits(self):
        return 64 if self.kind == "scalar" and self.type in ("u64", "i64", "cap") else 32

    @property
    def spelling(self):
        """The type as in the definition."""
        if self.kind == "scalar":
            return self.type
        if self.kind == "string":
            return f"string({self.maximum})"
        return f"{self.kind} {self.structure.name}" if self.structure else self.kind


@dataclass
class Operation:
    name: str
    number: int
    arguments: list
    results: list
    changes: bool
    doc: list
    note: str

    def of_kind(self, *kinds):
        return [argument for argument in self.arguments if argument.kind in kinds]

    @property
    def strings(self):
        return self.of_kind("string")

    @property
    def data_in(self):
        return next(iter(self.of_kind("in")), None)

    @property
    def data_out(self):
        return next(iter(self.of_kind("out")), None)

    @property
    def out_bytes(self):
        return self.data_out if self.data_out and not self.data_out.structure else None

    @property
    def out_structure(self):
        return self.data_out if self.data_out and self.data_out.structure else None

    @property
    def has_results(self):
        """Whether there is a structure of results: scalars, or the length of OUT bytes."""
        return bool(self.results or self.out_bytes)


@dataclass
class Protocol:
    file: str
    line: int
    name: str
    number: int
    version: int
    sessions: bool
    doc: list
    constants: list = field(default_factory=list)
    structures: list = field(default_factory=list)
    operations: list = field(default_factory=list)


class Line:
    """The tokens of one line, to be taken from the left."""

    def __init__(self, file, number, text):
        self.file, self.number = file, number
        self.tokens = []
        position = 0
        text = text.rstrip()
        while position < len(text):
            match = TOKEN.match(text, position)
            if not match:
                self.error(f"unexpected character {text[position:].lstrip()[0]!r}")
            self.tokens.append(match.group(1))
            position = match.end()

    def error(self, message):
        raise DefinitionError(self.file, self.number, message)

    def peek(self):
        return self.tokens[0] if self.tokens else None

    def accept(self, token):
        if self.peek() == token:
            self.tokens.pop(0)
            return True
        return False

    def expect(self, token):
        if not self.accept(token):
            self.error(f"expected {token!r}, found {self.found()}")

    def found(self):
        return repr(self.tokens[0]) if self.tokens else "the end of the line"

    def name(self, what):
        if not self.tokens or not IDENTIFIER.fullmatch(self.tokens[0]):
            self.error(f"expected {what} (lower case, digits, _), found {self.found()}")
        return self.tokens.pop(0)

    def number_token(self, what, lowest, highest):
        """A number within its range, as spelled and as a value."""
        if not self.tokens or not self.tokens[0][0].isdigit():
            self.error(f"expected {what}, found {self.found()}")
        text = self.tokens.pop(0)
        try:
            value = int(text, 0)
        except ValueError:
            self.error(f"{text!r} is not a number")
        if not lowest <= value <= highest:
            self.error(f"{what} must be from {lowest:#x} to {highest:#x}")
        return text, value

    def integer(self, what, lowest, highest):
        return self.number_token(what, lowest, highest)[1]

    def end(self):
        if self.tokens:
            self.error(f"unexpected {self.found()}")


class Parser:
    def __init__(self, file):
        self.file = file
        self.protocol = None
        self.structure = None  # the one whose fields are being read
        self.doc = []
        self.gap = True
        self.claimed = {}

    def claim(self, line, *key):
        """Every generated C name is taken once: `key` is a name space and the name in it."""
        if key in self.claimed:
            line.error(f"{key[-1]} is already defined (or made) by line {self.claimed[key]}")
        self.claimed[key] = line.number

    def parse(self, text):
        number = 0
        for number, raw in enumerate(text.split("\n"), 1):
            code, mark, note = raw.partition("#")
            note = note.strip()
            if "*/" in note or "/*" in note:
                raise DefinitionError(self.file, number, "a comment may not contain /* or */")
            if code.strip():
                self.statement(Line(self.file, number, code), note)
                self.doc, self.gap = [], False
            elif mark:
                self.doc.append(note)
            else:
                self.doc, self.gap = [] if self.protocol else self.doc, True
        if not self.protocol:
            raise DefinitionError(self.file, max(number - 1, 1), "no protocol statement")
        if self.structure:
            raise DefinitionError(self.file, self.structure.line, f"struct {self.structure.name} has no end")
        if not self.protocol.operations:
            raise DefinitionError(self.file, self.protocol.line, "the protocol has no operation")
        return self.protocol

    def statement(self, line, note):
        if self.structure:
            self.field(line, note)
            return
        statements = {"protocol": self.protocol_statement, "const": self.constant,
                      "struct": self.structure_start, "op": self.operation}
        if line.peek() not in statements:
            line.error(f"expected protocol, const, struct or op, found {line.found()}")
        keyword = line.tokens.pop(0)
        if not self.protocol and keyword != "protocol":
            line.error(f"{keyword} before the protocol statement")
        statements[keyword](line, note)

    def protocol_statement(self, line, note):
        if self.protocol:
            line.error(f"a second protocol (the first is on line {self.protocol.line})")
        name = line.name("the protocol's name")
        if os.path.basename(self.file) != name + ".proto":
            line.error(f"the definition of {name} must be in a file {name}.proto")
        line.expect("=")
        number = line.integer("the protocol's number", 1, 0xffff)
        line.expect("version")
        version = line.integer("the version", 1, 0xffff)
        sessions = line.accept("sessions")
        line.end()
        self.protocol = Protocol(self.file, line.number, name, number, version, sessions,
                                 self.doc + ([note] if note else []))
        for suffix in ("_operation", "_operations"):
            self.claim(line, "tag", name + suffix)
        for suffix in ("_protocol", "_dispatch", "_descriptions"):
            self.claim(line, "function", name + suffix)

    def constant(self, line, note):
        name = line.name("the constant's name")
        line.expect("=")
        text, value = line.number_token("the value", 0, 2 ** 64 - 1)
        line.end()
        self.claim(line, "constant", f"{self.protocol.name}_{name}".upper())
        self.protocol.constants.append(Constant(name, text, value, self.doc, note, self.gap))

    def structure_start(self, line, note):
        name = line.name("the structure's name")
        line.expect("{")
        line.end()
        self.claim(line, "tag", f"{self.protocol.name}_{name}")
        self.structure = Structure(name, self.doc, note, line.number)

    def field(self, line, note):
        structure = self.structure
        if line.accept("}"):
            line.end()
            self.structure_end(line)
            return
        name = line.name("a field's name or '}'")
        line.expect(":")
        kind = line.name("a type")
        line.end()
        if kind not in SIZES:
            line.error(f"unknown type {kind!r} (a field is one of {', '.join(SIZES)})")
        self.check_name(line, name)
        self.claim(line, "struct " + structure.name, name)
        if structure.size % SIZES[kind]:
            line.error(f"{kind} {name} at offset {structure.size} would need padding before it")
        structure.fields.append(Field(name, kind, structure.size, self.doc, note))
        structure.size += SIZES[kind]

    def structure_end(self, line):
        structure, self.structure = self.structure, None
        if not structure.fields:
            line.error(f"struct {structure.name} has no field")
        largest = max(SIZES[member.type] for member in structure.fields)
        if structure.size % largest:
            line.error(f"struct {structure.name} of {structure.size} bytes would need padding at its end "
                       f"to a multiple of {largest}")
        self.protocol.structures.append(structure)

    def check_name(self, line, name):
        if name in C_KEYWORDS:
            line.error(f"{name!r} is a keyword of C")

    def operation(self, line, note):
        name = line.name("the operation's name")
        line.expect("=")
        number = line.integer("the operation's number", 1, OPERATION_LAST)
        arguments = self.values(line, "argument", name)
        results = self.values(line, "result", name) if line.accept("->") else []
        changes = line.accept("changes")
        line.end()
        if changes and not self.protocol.sessions:
            line.error("'changes' needs a protocol with sessions")
        operation = Operation(name, number, arguments, results, changes, self.doc, note)
        self.claim(line, "operation number", str(number))
        self.claim_names(line, operation)
        self.check_sizes(line, operation)
        self.protocol.operations.append(operation)

    def values(self, line, what, operation):
        """A list in parentheses: `what` is argument or result."""
        values = []
        line.expect("(")
        while not line.accept(")"):
            if values:
                line.expect(",")
            name = line.name(f"the {what}'s name")
            line.expect(":")
            value = self.value(line, name)
            self.check_name(line, name)
            if what == "result" and value.kind != "scalar":
                line.error(f"result {name} must be a scalar or cap")
            if what == "argument" and name in RESERVED:
                line.error(f"argument name {name!r} is taken by generated code")
            if value.kind in ("in", "out") and any(other.kind == value.kind for other in values):
                line.error(f"a second '{value.kind}' argument")
            values.append(value)
            self.claim(line, f"{what}s of {operation}", name)
        return values

    def value(self, line, name):
        kind = line.name("a type")
        if kind in SCALARS:
            return Value(name, "scalar", type=kind)
        if kind == "string":
            line.expect("(")
            maximum = line.integer("the string's longest length", 1, STRING_MAXIMUM)
            line.expect(")")
            return Value(name, "string", maximum=maximum)
        if kind not in ("in", "out"):
            line.error(f"unknown type {kind!r}")
        if line.peek() in (",", ")"):
            return Value(name, kind)
        wanted = line.name("a structure's name")
        for structure in self.protocol.structures:
            if structure.name == wanted:
                return Value(name, kind, structure=structure)
        return line.error(f"unknown structure {wanted!r} (it must be defined above)")

    def claim_names(self, line, operation):
        full = f"{self.protocol.name}_{operation.name}"
        self.claim(line, "constant", full.upper())
        for suffix in ("_arguments", "_results"):
            self.claim(line, "tag", full + suffix)
        for suffix in ("", "_prepare", "_try_prepare", "_finish", "_reply"):
            self.claim(line, "function", full + suffix)
        for argument in operation.arguments:
            if argument.kind == "string" or argument.kind == "in" and not argument.structure:
                self.claim(line, f"arguments of {operation.name}", argument.name + "_length")
        if operation.out_bytes:
            self.claim(line, f"arguments of {operation.name}", operation.out_bytes.name + "_capacity")
            self.claim(line, f"results of {operation.name}", operation.out_bytes.name + "_length")

    def check_sizes(self, line, operation):
        missing = place_arguments(self.protocol.sessions, operation.arguments)
        if missing:
            line.error(f"too many arguments: no word is left for {missing}")
        missing = place_results(operation.results)
        if missing:
            line.error(f"too many results: no word is left for {missing}")
        frame = sum(argument.maximum + 1 for argument in operation.strings)
        frame += sum(argument.structure.size for argument in operation.arguments if argument.structure)
        if frame > FRAME_MAXIMUM:
            line.error(f"strings and structures take {frame} bytes of stack, more than {FRAME_MAXIMUM}")


def parse(file, data):
    """The protocol that `data`, the bytes of `file`, defines. Raises DefinitionError."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DefinitionError(file, data.count(b"\n", 0, error.start) + 1, "not UTF-8") from None
    return Parser(file).parse(text)
