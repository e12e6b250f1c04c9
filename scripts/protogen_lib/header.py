"""The C header of a protocol: constants, structures, stubs, the handler table."""

from .ctext import C_TYPES, Signatures, comment, generated_from, listed, noted, structure_type
from .definition import C_KEYWORDS

USAGE = """
/*
 * Client, for each operation; a status is as in <drydock/client.h>:
 *   NAME()             makes the call and waits for it, in a fiber
 *   NAME_prepare()     begins `call` and marshals; suspends while the lane is full. After 0 the caller
 *                      submits it, has it done, finishes it, and ends it; otherwise there is nothing to end.
 *                      A string over its limit is POSIX_ENAMETOOLONG, and nothing is sent
 *   NAME_try_prepare() as NAME_prepare, but -E_WOULD_BLOCK instead of suspending
 *   NAME_finish()      returns the status of a call that is done; on 0 fills in what is not NULL.
 *                      POSIX_EBADMSG: the server's reply is malformed
 * Strings are given with their length and need no terminator. IN data that is NULL is reserved, but
 * left to the caller, who fills `call->in` (behind the strings) before submitting; to lend it with
 * call_lend_in, give length 0. Where OUT data goes there must be room for the capacity named; as many
 * bytes were written as the results say.
 *
 * Server: a handler of the operations table returns 0, a POSIX error, or REQUEST_DETACHED, and then
 * replies later, once, by NAME_reply(). What `arguments` points to is the handler's until it returns:
 * strings are private, checked copies with a terminator and without NUL inside; structures are private
 * copies; IN and OUT bytes are memory shared with the client, who may change it at any time: copy
 * first, then validate. Results, and structures for OUT data, start as zeros and are sent only with
 * status 0. A status below 0, or a length over the capacity, is the handler's mistake: POSIX_EIO.
 */"""


def constants(protocol):
    lines = []
    for constant in protocol.constants:
        if constant.gap:
            lines.append("")
        lines += comment([constant.doc])
        suffix = "ull" if constant.value > 0x7fffffff else ""
        lines.append(noted(f"#define {protocol.name.upper()}_{constant.name.upper()} {constant.text}{suffix}",
                           constant.note))
    return lines


def structure(protocol, definition):
    """A structure, with its layout asserted: it is read and written by others."""
    name = structure_type(protocol, definition)
    lines = [""] + comment([definition.doc, [definition.note] if definition.note else []]) + [name + " {"]
    for member in definition.fields:
        lines += comment([member.doc], "\t")
        lines.append("\t" + noted(f"{C_TYPES[member.type]} {member.name};", member.note))
    lines += ["};", "", f'_Static_assert(sizeof({name}) == {definition.size}, "size");']
    for member in definition.fields:
        lines.append(f'_Static_assert(offsetof({name}, {member.name}) == {member.offset}, "{member.name}");')
    return lines


def operation_numbers(protocol):
    lines = ["", f"enum {protocol.name}_operation {{"]
    lines += [f"\t{protocol.name.upper()}_{operation.name.upper()} = {operation.number},"
              for operation in protocol.operations]
    return lines + ["};"]


def argument_fields(protocol, value):
    if value.kind == "scalar":
        return [noted(f"{C_TYPES[value.type]} {value.name};", "cookie" if value.type == "cap" else "")]
    if value.kind == "string":
        return [noted(f"const char *{value.name};", f"at most {value.maximum} bytes"),
                f"uint32_t {value.name}_length;"]
    if value.structure:
        const = "const " if value.kind == "in" else ""
        return [f"{const}{structure_type(protocol, value.structure)} *{value.name};"]
    if value.kind == "in":
        return [noted(f"const uint8_t *{value.name};", "shared with the client; may be NULL if of length 0"),
                f"uint32_t {value.name}_length;"]
    return [noted(f"uint8_t *{value.name};", "shared with the client; may be NULL if of capacity 0"),
            f"uint32_t {value.name}_capacity;"]


def result_fields(operation):
    fields = [noted(f"{C_TYPES[value.type]} {value.name};", "cookie" if value.type == "cap" else "")
              for value in operation.results]
    if operation.out_bytes:
        fields.append(noted(f"uint32_t {operation.out_bytes.name}_length;",
                            "bytes written, at most the capacity"))
    return fields


def operation_text(protocol, operation):
    signatures = Signatures(protocol, operation)
    full = signatures.full
    heading = f"{operation.name} ({operation.number}){', changes state' if operation.changes else ''}"
    text = operation.doc + ([operation.note] if operation.note else [])
    lines = [""] + comment([[heading + (":" if text else "")] + text])
    if operation.arguments:
        lines.append(f"struct {full}_arguments {{")
        for value in operation.arguments:
            lines += ["\t" + text for text in argument_fields(protocol, value)]
        lines += ["};", ""]
    if operation.has_results:
        lines.append(f"struct {full}_results {{")
        lines += ["\t" + text for text in result_fields(operation)] + ["};", ""]
    lines += listed(f"int32_t {full}", signatures.call(), ");")
    lines += listed(f"int32_t {full}_prepare", signatures.prepare(), ");")
    lines += listed(f"int32_t {full}_try_prepare", signatures.prepare(), ");")
    lines += listed(f"int32_t {full}_finish", signatures.finish(), ");")
    lines += listed(f"void {full}_reply", signatures.reply(), ");")
    return lines


def member_name(operation):
    """The operation's member of the handler table."""
    return operation.name + "_" if operation.name in C_KEYWORDS else operation.name


def operation_table(protocol):
    text = "The handlers of a server; one that is NULL is answered with POSIX_ENOSYS."
    if any(operation.name in C_KEYWORDS for operation in protocol.operations):
        text += " A name that is a keyword of C has an underscore behind it."
    lines = [""] + comment([[text]]) + [f"struct {protocol.name}_operations {{"]
    for operation in protocol.operations:
        lines += listed(f"\tint32_t (*{member_name(operation)})", Signatures(protocol, operation).handler(),
                        ");")
    return lines + ["};", "", f"extern const struct protocol {protocol.name}_protocol;"]


def header_text(protocol):
    guard = f"DRYDOCK_PROTO_{protocol.name.upper()}_H"
    lines = comment([[generated_from(protocol)], protocol.doc])
    lines += [f"#ifndef {guard}", f"#define {guard}", "", "#include <stddef.h>", "#include <stdint.h>", "",
              "#include <drydock/client.h>", "#include <drydock/service.h>", USAGE]
    lines += constants(protocol)
    for definition in protocol.structures:
        lines += structure(protocol, definition)
    lines += operation_numbers(protocol)
    for operation in protocol.operations:
        lines += operation_text(protocol, operation)
    lines += operation_table(protocol) + ["", "#endif"]
    return "\n".join(lines) + "\n"
