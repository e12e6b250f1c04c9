"""What the header and the source have in common: names, types, parameters, line breaks."""

import os
import textwrap

COLUMNS = 110
TAB = 8

C_TYPES = {"u8": "uint8_t", "u16": "uint16_t", "u32": "uint32_t", "u64": "uint64_t",
           "i32": "int32_t", "i64": "int64_t", "cap": "uint64_t"}


def generated_from(protocol):
    return f"Generated from {os.path.basename(protocol.file)} by scripts/protogen; do not edit."


def structure_type(protocol, structure):
    return f"struct {protocol.name}_{structure.name}"


def comment(paragraphs, indent=""):
    """A C comment: `paragraphs` are lists of lines, which are refilled; empty ones are left out."""
    width = COLUMNS - len(indent.expandtabs(TAB)) - 3
    blocks = [textwrap.wrap(" ".join(lines), width) for lines in paragraphs if lines]
    if not blocks:
        return []
    if len(blocks) == 1 and len(blocks[0]) == 1 and len(blocks[0][0]) < width - 4:
        return [f"{indent}/* {blocks[0][0]} */"]
    lines = [indent + "/*"]
    for number, block in enumerate(blocks):
        lines += [indent + " *"] if number else []
        lines += [f"{indent} * {text}" for text in block]
    return lines + [indent + " */"]


def noted(code, note):
    """A line of code with a comment behind it."""
    return f"{code} /* {note} */" if note else code


def listed(head, parts, tail):
    """`head(part, part, …)tail`, broken between parts so that it fits; a list of lines."""
    tabs = len(head) - len(head.lstrip("\t"))
    column = len(head.expandtabs(TAB)) + 1 - tabs * TAB
    text = ", ".join(part.replace(" ", "\0") for part in parts) + tail.replace(" ", "\0")
    lines = textwrap.wrap(f"{head.strip()}({text}".replace(" ", "\0", head.strip().count(" ")),
                          COLUMNS - tabs * TAB, subsequent_indent=" " * column,
                          break_long_words=False, break_on_hyphens=False)
    return ["\t" * tabs + line.replace("\0", " ") for line in lines]


def names(parameters):
    """The names of `parameters`, as arguments for a call."""
    return [parameter.split()[-1].lstrip("*") for parameter in parameters]


class Signatures:
    """The parameter lists of one operation's functions."""

    def __init__(self, protocol, operation):
        self.protocol, self.operation = protocol, operation
        self.full = f"{protocol.name}_{operation.name}"
        self.results = [f"struct {self.full}_results *results"] if operation.has_results else []

    def out_parameter(self, const=""):
        """Where the OUT data goes: bytes, or a structure."""
        value = self.operation.data_out
        if not value:
            return []
        if value.structure:
            return [f"{const}{structure_type(self.protocol, value.structure)} *{value.name}"]
        return [f"{const}void *{value.name}"]

    def arguments(self, whole):
        """What a stub marshals; with `whole` also where OUT data goes, in its place."""
        parameters = []
        for value in self.operation.arguments:
            if value.kind == "scalar":
                parameters.append(f"{C_TYPES[value.type]} {value.name}")
            elif value.kind == "string":
                parameters += [f"const char *{value.name}", f"uint32_t {value.name}_length"]
            elif value.kind == "in" and value.structure:
                parameters.append(f"const {structure_type(self.protocol, value.structure)} *{value.name}")
            elif value.kind == "in":
                parameters += [f"const void *{value.name}", f"uint32_t {value.name}_length"]
            else:
                parameters += self.out_parameter() if whole else []
                parameters += [] if value.structure else [f"uint32_t {value.name}_capacity"]
        return parameters

    def prepare(self):
        return ["struct call *call", "struct client *client"] + self.arguments(False)

    def finish(self):
        return ["struct call *call"] + self.results + self.out_parameter()

    def call(self):
        return ["struct client *client"] + self.arguments(True) + self.results

    def reply(self):
        parameters = ["struct request *request", "int32_t error"] + ["const " + text for text in self.results]
        return parameters + (self.out_parameter("const ") if self.operation.out_structure else [])

    def handler(self):
        parameters = ["struct request *request"]
        if self.operation.arguments:
            parameters.append(f"const struct {self.full}_arguments *arguments")
        return parameters + self.results
