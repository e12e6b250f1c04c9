"""The Markdown page of all protocols, docs/PROTOCOLS.md."""

INTRODUCTION = """\
# Protocols

Generated from the definitions in `include/drydock/proto/` by `scripts/protogen`; do not edit.

What a service understands on its lanes. A message is eight 64-bit words, numbered from 0; word 0 is the
header (`docs/ABI.md`, "Messages"). *Low* and *high* are the halves of a word. Strings lie in the IN range
first, one behind the other, without terminators; IN data follows. The length of what comes last there is
not sent: it is what remains. OUT data is written into the OUT range. Word 1 of a reply is the status (low;
0 or a POSIX error) and the number of bytes written to the OUT range (high); the results listed follow in the
words named. In a protocol with sessions word 4 of a request is the sequence number (low; 0 unless the
operation changes state) and the actor (high). Words not named are zero."""


def code(text):
    return f"`{text}`"


def paragraph(*parts):
    text = " ".join(line for part in parts for line in part if line)
    return [text, ""] if text else []


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return lines + [""]


def place_text(place):
    if place.bits == 64:
        return f"word {place.word}"
    return f"word {place.word}, {'high' if place.shift else 'low'}"


def argument_place(value):
    if value.kind == "scalar":
        return place_text(value.place)
    if value.kind == "string":
        return "IN; length: " + (place_text(value.place) if value.place else "what remains")
    size = f"{value.structure.size} bytes" if value.structure else ""
    if value.kind == "in":
        return "IN; length: " + (size or "what remains")
    return "OUT; " + (size or "capacity: the range's length")


def operation_text(protocol, operation):
    lines = [f"#### {operation.number}. {operation.name}" + (" (changes state)" if operation.changes else ""),
             ""]
    lines += paragraph(operation.doc, [operation.note])
    rows = [[code(value.name), code(value.spelling), argument_place(value)] for value in operation.arguments]
    if rows:
        lines += table(("argument", "type", "where"), rows)
    rows = [[code(value.name), code(value.spelling), place_text(value.place)] for value in operation.results]
    if rows:
        lines += table(("result", "type", "where"), rows)
    return lines


def constant_groups(protocol):
    """The constants, in groups as blank lines and comments part them."""
    groups = []
    for constant in protocol.constants:
        if constant.gap or constant.doc or not groups:
            groups.append([])
        groups[-1].append(constant)
    return groups


def protocol_text(protocol):
    lines = [f"## {protocol.name}", ""] + paragraph(protocol.doc)
    lines += [f"Protocol {protocol.number}, version {protocol.version}, "
              f"{'with' if protocol.sessions else 'without'} sessions.", ""]
    if protocol.constants:
        lines += ["### Constants", ""]
    for group in constant_groups(protocol):
        rows = [[code(f"{protocol.name}_{constant.name}".upper()), code(constant.text), constant.note]
                for constant in group]
        lines += paragraph(group[0].doc) + table(("constant", "value", ""), rows)
    for structure in protocol.structures:
        lines += [f"### Structure {structure.name} ({structure.size} bytes)", ""]
        lines += paragraph(structure.doc, [structure.note])
        rows = [[str(member.offset), code(member.name), code(member.type),
                 " ".join(member.doc + [member.note]).strip()] for member in structure.fields]
        lines += table(("offset", "field", "type", ""), rows)
    lines += ["### Operations", ""]
    for operation in protocol.operations:
        lines += operation_text(protocol, operation)
    return lines


def page_text(protocols):
    lines = [INTRODUCTION, ""]
    for protocol in sorted(protocols, key=lambda protocol: protocol.number):
        lines += protocol_text(protocol)
    return "\n".join(lines).rstrip("\n") + "\n"
