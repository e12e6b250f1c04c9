"""The C source of a protocol: client stubs, dispatch, descriptions."""

from .ctext import C_TYPES, Signatures, comment, generated_from, listed, names, structure_type
from .header import member_name
from .layout import Place

COPY_SHARED = """
/*
 * Copies from memory shared with the other side, which may change it at any time: once, and before
 * anything looks at the copy. The empty asm keeps the compiler from reading the original again.
 */
static void copy_shared(void *to, const void *from, uint32_t length)
{
	if (length)
		memcpy(to, from, length);
	__asm__ volatile("" : : "r"(to) : "memory");
}"""

PUT_BYTES = """
/* Appends to the IN range; bytes that are NULL are left to the caller. Returns where the next go. */
static uint8_t *put_bytes(uint8_t *place, const void *bytes, uint32_t length)
{
	if (!length)
		return place;
	if (bytes)
		memcpy(place, bytes, length);
	return place + length;
}"""

INPUT = """
/* What is left of a request's IN range. */
struct input {
	const uint8_t *bytes;
	uint32_t length;
};

static struct input request_input(const struct request *request)
{
	return (struct input){.bytes = request->in, .length = request->in ? request->in_length : 0};
}"""

TAKE_STRING = """
/* Takes a string of `length` bytes; `string` has room for `maximum` and a terminator. */
static int32_t take_string(struct input *input, uint32_t length, char *string, uint32_t maximum)
{
	if (length > input->length)
		return POSIX_EBADMSG;
	if (length > maximum)
		return POSIX_ENAMETOOLONG;
	copy_shared(string, input->bytes, length);
	for (uint32_t index = 0; index < length; index++)
		if (!string[index])
			return POSIX_EINVAL;
	string[length] = 0;
	if (length)
		input->bytes += length;
	input->length -= length;
	return 0;
}"""

TAKE_STRUCTURE = """
/* Takes a structure of `size` bytes, which is all that is left. */
static int32_t take_structure(struct input *input, void *structure, uint32_t size)
{
	if (input->length != size)
		return POSIX_EBADMSG;
	copy_shared(structure, input->bytes, size);
	return 0;
}"""

BEGIN = """
/* call_begin or call_try_begin. */
typedef int32_t (*begin_t)(struct call *call, struct client *client, uint16_t op, uint32_t in_length,
                           uint32_t out_length);"""


def load(word, place, type_name):
    """The value at `place` of the message word `word`, as C."""
    if place.bits == 32:
        value = f"word_{'high' if place.shift else 'low'}({word}[{place.word}])"
    else:
        value = f"{word}[{place.word}]"
    return value if type_name in ("u32", "u64", "cap") else f"({C_TYPES[type_name]}){value}"


def store(word, values):
    """Assignments to message words. `values`: (place, type, C expression)."""
    words = {}
    for place, type_name, value in values:
        cast = {"i32": "(uint32_t)", "i64": "(uint64_t)"}.get(type_name, "")
        words.setdefault(place.word, {})[place.shift] = (place.bits, cast + value)
    lines = []
    for number in sorted(words):
        bits, value = words[number][0]
        if bits == 32:
            value = f"word_pair({value}, {words[number].get(32, (0, '0'))[1]})"
        lines.append(f"{word}[{number}] = {value};")
    return lines


def conditional(condition, statements):
    brace = len(statements) > 1
    lines = [f"\tif ({condition})" + (" {" if brace else "")] + ["\t\t" + text for text in statements]
    return lines + (["\t}"] if brace else [])


def too_wide(word, values):
    """Conditions under which a u8 or u16 at its place holds more than it may."""
    return [f"{load(word, value.place, 'u32')} > {'UINT8_MAX' if value.type == 'u8' else 'UINT16_MAX'}"
            for value in values if value.kind == "scalar" and value.type in ("u8", "u16")]


class OperationSource:
    """The functions of one operation."""

    def __init__(self, protocol, operation):
        self.protocol, self.operation = protocol, operation
        self.signatures = Signatures(protocol, operation)
        self.full = self.signatures.full
        self.scalars = operation.of_kind("scalar")
        self.has_in = bool(operation.strings or operation.data_in)

    def text(self):
        return (["", f"/* {self.operation.name} */"] + self.start() + self.prepare() + self.finish() +
                self.call() + self.reply() + self.serve())

    def in_lengths(self):
        lengths = [f"{value.name}_length" for value in self.operation.strings]
        data = self.operation.data_in
        if data:
            lengths.append(f"sizeof(*{data.name})" if data.structure else f"{data.name}_length")
        return lengths

    def out_length(self):
        value = self.operation.data_out
        if not value:
            return "0"
        if value.structure:
            return f"sizeof({structure_type(self.protocol, value.structure)})"
        return f"{value.name}_capacity"

    def start(self):
        """The marshalling of a request."""
        operation = self.operation
        lengths = self.in_lengths()
        # Strings are bounded; only with data behind them can the sum overflow.
        summed = bool(operation.strings and operation.data_in and not operation.data_in.structure)
        lines = listed(f"static int32_t start_{operation.name}",
                       ["begin_t begin"] + self.signatures.prepare(), ")")
        lines.append("{")
        if summed:
            lines.append(f"\tuint64_t in_length = (uint64_t){' + '.join(lengths)};")
        if len(lengths) > 1:
            lines.append("\tuint8_t *place;")
        lines += ["\tint32_t error;", ""]
        for value in operation.strings:
            lines += [f"\tif ({value.name}_length > {value.maximum})", "\t\treturn POSIX_ENAMETOOLONG;"]
        if summed:
            lines += ["\tif (in_length > UINT32_MAX)", "\t\treturn -E_TOO_LARGE;"]
        in_length = "(uint32_t)in_length" if summed else " + ".join(lengths) or "0"
        lines += listed("\terror = begin",
                        ["call", "client", self.full.upper(), in_length, self.out_length()], ");")
        lines += ["\tif (error)", "\t\treturn error;"]
        if self.protocol.sessions:
            lines.append(f"\tcall_session(call, {'true' if operation.changes else 'false'});")
        values = [(value.place, value.type, value.name) for value in self.scalars]
        values += [(value.place, "u32", value.name + "_length") for value in operation.strings if value.place]
        lines += ["\t" + text for text in store("call->request.word", values)]
        lines += self.put_in(lengths)
        return lines + ["\treturn 0;", "}"]

    def put_in(self, lengths):
        values = self.operation.strings + self.operation.of_kind("in")
        if not values:
            return []
        puts = [f"put_bytes({'place' if number else 'call->in'}, {value.name}, {length});"
                for number, (value, length) in enumerate(zip(values, lengths))]
        return ["\tplace = " + put for put in puts[:-1]] + ["\t" + puts[-1]]

    def prepare(self):
        lines = []
        parameters = self.signatures.prepare()
        for suffix, begin in (("prepare", "call_begin"), ("try_prepare", "call_try_begin")):
            lines += [""] + listed(f"int32_t {self.full}_{suffix}", parameters, ")") + ["{"]
            lines += listed(f"\treturn start_{self.operation.name}", [begin] + names(parameters),
                            ");") + ["}"]
        return lines

    def finish(self):
        operation = self.operation
        structure, data = operation.out_structure, operation.out_bytes
        lines = [""] + listed(f"int32_t {self.full}_finish", self.signatures.finish(), ")") + ["{"]
        if not operation.has_results and not structure:
            return lines + ["\treturn call->status;", "}"]
        if data:
            lines += ["\tuint32_t written;", ""]
        lines += ["\tif (call->status)", "\t\treturn call->status;"]
        wrong = too_wide("call->reply.word", operation.results)
        if structure:
            wrong.append(f"word_high(call->reply.word[1]) != sizeof(*{structure.name})")
        for condition in wrong:
            lines += [f"\tif ({condition})", "\t\treturn POSIX_EBADMSG;"]
        if data:
            lines += ["\twritten = word_high(call->reply.word[1]);", "\tif (written > call->out_length)",
                      "\t\twritten = call->out_length;"]
        if operation.has_results:
            unmarshalled = [f"results->{value.name} = {load('call->reply.word', value.place, value.type)};"
                            for value in operation.results]
            unmarshalled += [f"results->{data.name}_length = written;"] if data else []
            lines += conditional("results", unmarshalled)
        if data:
            lines += [f"\tif ({data.name})", f"\t\tcopy_shared({data.name}, call->out, written);"]
        if structure:
            lines += [f"\tif ({structure.name})",
                      f"\t\tcopy_shared({structure.name}, call->out, sizeof(*{structure.name}));"]
        return lines + ["\treturn 0;", "}"]

    def call(self):
        prepare = ["&call"] + names(self.signatures.prepare())[1:]
        finish = ["&call"] + names(self.signatures.finish())[1:]
        lines = [""] + listed(f"int32_t {self.full}", self.signatures.call(), ")")
        lines += ["{", "\tstruct call call;", "\tint32_t error;", ""]
        lines += listed(f"\terror = {self.full}_prepare", prepare, ");")
        lines += ["\tif (error)", "\t\treturn error;", "\tcall_run(&call);"]
        lines += listed(f"\terror = {self.full}_finish", finish, ");")
        return lines + ["\tcall_end(&call);", "\treturn error;", "}"]

    def reply(self):
        operation = self.operation
        structure, data = operation.out_structure, operation.out_bytes
        lines = [""] + listed(f"void {self.full}_reply", self.signatures.reply(), ")")
        lines += ["{", "\tstruct message reply = {{0}};"] if operation.results else ["{"]
        lines += ["\tuint32_t written = 0;"] if data or structure else []
        lines += [""] if operation.results or data or structure else []
        lines += ["\tif (error < 0)", "\t\terror = POSIX_EIO;"]
        if data:
            lines += [f"\tif (!error && results && results->{data.name}_length > request->out_length)",
                      "\t\terror = POSIX_EIO;"]
        if operation.has_results:
            values = [(value.place, value.type, f"results->{value.name}") for value in operation.results]
            success = store("reply.word", values)
            success += [f"written = results->{data.name}_length;"] if data else []
            lines += conditional("!error && results", success)
        if structure:
            copied = [f"memcpy(request->out, {structure.name}, sizeof(*{structure.name}));",
                      f"written = sizeof(*{structure.name});"]
            lines += conditional("!error", copied)
        written = "written" if data or structure else "0"
        results = "&reply" if operation.results else "NULL"
        return lines + [f"\trequest_reply(request, error, {written}, {results});", "}"]

    def range_check(self):
        """The conditions on the ranges of a request; what is in the IN range is checked as it is taken."""
        wrong = [] if self.has_in else ["request->in"]
        if not self.operation.data_out:
            wrong.append("request->out")
        if self.operation.out_structure:
            wrong += ["!request->out", f"request->out_length < sizeof({self.operation.out_structure.name})"]
        return wrong + too_wide("request->message.word", self.scalars)

    def locals(self):
        """Variables of the serving function, and what of `arguments` points to them."""
        variables, pointers = [], []
        for value in self.operation.arguments:
            if value.kind == "string":
                variables.append(f"char {value.name}[{value.maximum} + 1];")
            elif value.structure:
                zero = " = {0}" if value.kind == "out" else ""
                variables.append(f"{structure_type(self.protocol, value.structure)} {value.name}{zero};")
                pointers.append(f"arguments.{value.name} = &{value.name};")
        if self.operation.has_results:
            variables.append(f"struct {self.full}_results results = {{0}};")
        if self.has_in:
            variables.append("struct input input = request_input(request);")
        return variables, pointers

    def takes(self):
        """(preparation, call) for each thing in the IN range, in order."""
        operation = self.operation
        takes = []
        for value in operation.strings:
            length = f"arguments.{value.name}_length"
            prepare = load("request->message.word", value.place, "u32") if value.place else "input.length"
            takes.append((f"{length} = {prepare};", f"arguments.{value.name} = {value.name};",
                          f"take_string(&input, {length}, {value.name}, {value.maximum});"))
        data = operation.data_in
        if data and data.structure:
            takes.append((f"take_structure(&input, &{data.name}, sizeof({data.name}));",))
        return takes

    def serve(self):
        operation = self.operation
        variables, pointers = self.locals()
        lines = [""] + listed(f"static __attribute__((noinline)) void serve_{operation.name}", [
            "struct request *request", f"const struct {self.protocol.name}_operations *operations"], ")")
        lines.append("{")
        if operation.arguments:
            lines.append(f"\tstruct {self.full}_arguments arguments;")
        lines += ["\t" + text for text in variables] + ["\tint32_t error = 0;", ""]
        lines += [f"\tif (!operations->{member_name(operation)})", "\t\terror = POSIX_ENOSYS;"]
        wrong = self.range_check()
        if wrong:
            lines += [f"\telse if ({' || '.join(wrong)})", "\t\terror = POSIX_EBADMSG;"]
        lines += [f"\targuments.{value.name} = {load('request->message.word', value.place, value.type)};"
                  for value in self.scalars]
        lines += ["\t" + text for text in pointers]
        if operation.out_bytes:
            name = operation.out_bytes.name
            lines += [f"\targuments.{name} = request->out;",
                      f"\targuments.{name}_capacity = request->out ? request->out_length : 0;"]
        for *before, take in self.takes():
            lines += ["\t" + text for text in before]
            lines += ["\tif (!error)", f"\t\terror = {take}"]
        data = operation.data_in
        if data and not data.structure:
            lines += [f"\targuments.{data.name} = input.bytes;",
                      f"\targuments.{data.name}_length = input.length;"]
        handler = ["request"] + (["&arguments"] if operation.arguments else [])
        reply = ["request", "error"]
        if operation.has_results:
            handler.append("&results")
            reply.append("&results")
        if operation.out_structure:
            reply.append("&" + operation.out_structure.name)
        lines += ["\tif (!error)", f"\t\terror = operations->{member_name(operation)}({', '.join(handler)});",
                  "\tif (error != REQUEST_DETACHED)", f"\t\t{self.full}_reply({', '.join(reply)});"]
        return lines + ["}"]


def dispatch(protocol):
    lines = ["", f"static void {protocol.name}_dispatch(struct request *request, const void *operations)",
             "{", "\tswitch (message_op(&request->message)) {"]
    for operation in protocol.operations:
        lines += [f"\tcase {protocol.name.upper()}_{operation.name.upper()}:",
                  f"\t\tserve_{operation.name}(request, operations);", "\t\tbreak;"]
    return lines + ["\tdefault:", "\t\trequest_reply(request, POSIX_ENOSYS, 0, NULL);", "\t}", "}"]


def field_rows(values):
    rows = []
    for value in values:
        place = value.place if value.kind == "scalar" else Place(0, 0, 0)
        rows.append(f'\t{{"{value.name}", "{value.spelling}", {place.word}, {place.shift}}},')
    for value in values:
        if value.kind == "string" and value.place:
            rows.append(f'\t{{"{value.name}_length", "u32", {value.place.word}, {value.place.shift}}},')
    return rows


def descriptions(protocol):
    lines = []
    table = ["", f"static const struct operation_description {protocol.name}_descriptions[] = {{"]
    for operation in protocol.operations:
        counts, pointers = [], []
        for what, values in (("arguments", operation.arguments), ("results", operation.results)):
            rows = field_rows(values)
            name = f"{what}_of_{operation.name}"
            if rows:
                lines += ["", f"static const struct field_description {name}[] = {{"] + rows + ["};"]
            counts.append(str(len(rows)))
            pointers.append(name if rows else "NULL")
        table += ["\t{", f"\t\t.number = {protocol.name.upper()}_{operation.name.upper()},",
                  f"\t\t.changes = {'true' if operation.changes else 'false'},",
                  f'\t\t.name = "{operation.name}",',
                  f"\t\t.arguments = {pointers[0]},", f"\t\t.results = {pointers[1]},",
                  f"\t\t.argument_count = {counts[0]},", f"\t\t.result_count = {counts[1]},", "\t},"]
    return lines + table + ["};"]


def protocol_object(protocol):
    return ["", f"const struct protocol {protocol.name}_protocol = {{", f"\t.number = {protocol.number},",
            f"\t.version = {protocol.version},", f"\t.sessions = {'true' if protocol.sessions else 'false'},",
            f'\t.name = "{protocol.name}",', f"\t.operations = {protocol.name}_descriptions,",
            f"\t.operation_count = {len(protocol.operations)},", f"\t.dispatch = {protocol.name}_dispatch,",
            "};"]


def source_text(protocol):
    operations = protocol.operations
    strings = any(operation.strings for operation in operations)
    structures = any(operation.data_in and operation.data_in.structure for operation in operations)
    taken = any(operation.strings or operation.data_in for operation in operations)
    lines = comment([[generated_from(protocol)], ["Client stubs, dispatch and descriptions."]])
    lines += [f'#include "{protocol.name}.h"', "", "#include <drydock/posix.h>",
              "#include <drydock/string.h>", BEGIN]
    for text, used in ((COPY_SHARED, strings or structures or
                        any(operation.data_out for operation in operations)),
                       (PUT_BYTES, taken), (INPUT, taken), (TAKE_STRING, strings),
                       (TAKE_STRUCTURE, structures)):
        lines += [text] if used else []
    for operation in operations:
        lines += OperationSource(protocol, operation).text()
    lines += dispatch(protocol) + descriptions(protocol) + protocol_object(protocol)
    return "\n".join(lines) + "\n"
