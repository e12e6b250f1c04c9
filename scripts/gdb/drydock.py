"""Commands for gdb that know Drydock's runtime: what a server serves, to whom
it is connected, and what each of its fibers is at. `drydock gdb SERVER` loads
this; by hand it is `source scripts/gdb/drydock.py`.

Everything is read through the debug information, from the `struct runtime` of
src/user/runtime.h, which is found on the stack of the selected thread. Works
on running servers and on their cores.
"""

import gdb

STEPS = 100000          # longest list that is followed: memory may be damaged
DEPTH = 64              # deepest backtrace by frame pointers

# What src/user/fiber_x86_64.S leaves on the stack of a fiber that does not run.
SAVED = ("r15", "r14", "r13", "r12", "rbx", "rbp", "rip")

# Frames beneath these say what a fiber waits for; they themselves say that it waits.
WAITING = {"switch_to_loop", "fiber_switch", "fiber_wait", "fiber_sleep", "fiber_main", "fiber_begin"}


# ---- reading ------------------------------------------------------------------

def lookup(name):
    try:
        return gdb.lookup_type(name)
    except gdb.error:
        raise gdb.GdbError("there is no debug information about `%s': is this a server of Drydock, built with "
                           "-g?" % name)


def word(address):
    return int(gdb.Value(address).cast(lookup("unsigned long").pointer()).dereference())


def entries(head, record, member):
    """Pointers to the records of a `struct list` (include/drydock/list.h)."""
    type_ = lookup(record)
    offset = next(field.bitpos // 8 for field in type_.fields() if field.name == member)
    start = int(head.address)
    link = head["next"]
    for _ in range(STEPS):
        if int(link) == start:
            return
        if not int(link):
            raise gdb.GdbError("the list at 0x%x is damaged, or was never made" % start)
        yield gdb.Value(int(link) - offset).cast(type_.pointer())
        link = link.dereference()["next"]
    raise gdb.GdbError("the list at 0x%x does not end" % start)


def text(pointer):
    return pointer.string(errors="replace") if int(pointer) else "?"


def local(frame, name, type_):
    """A local pointer of that type, or None where there is none or it is not at hand."""
    try:
        value = frame.read_var(name)
        if value.is_optimized_out or value.type.strip_typedefs() != lookup(type_).pointer():
            return None
        return value if int(value) else None
    except (ValueError, gdb.error):
        return None


def runtime_of_stack():
    frame = gdb.newest_frame()
    while frame is not None and frame.is_valid():
        found = local(frame, "runtime", "struct runtime")
        if found is not None:
            return found
        fiber = local(frame, "fiber", "struct fiber")
        if fiber is None and frame.name() == "fiber_begin":
            # Never changed in there; the unwinder has it from whoever saved it.
            fiber = frame.read_register("r12").cast(lookup("struct fiber").pointer())
        if fiber is not None:
            return fiber["runtime"]
        try:
            frame = frame.older()
        except gdb.error:
            return None
    return None


class Runtimes:
    """The runtime of each process, once it was found: some frames hide it."""
    known = {}

    @classmethod
    def get(cls):
        inferior = gdb.selected_inferior()
        if not inferior.pid:
            raise gdb.GdbError("there is no process; start gdb by `drydock gdb SERVER'")
        found = runtime_of_stack()
        key = (inferior.num, inferior.pid)
        if found is not None:
            cls.known[key] = int(found)
        if key not in cls.known:
            raise gdb.GdbError("no runtime is on the stack: this is not a server, or it has not begun yet; let it "
                               "run until runtime_round")
        return gdb.Value(cls.known[key]).cast(lookup("struct runtime").pointer())


def print_table(titles, rows):
    rows = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in [titles] + rows) for i in range(len(titles))]
    for row in [titles] + rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


# ---- ports and lanes -------------------------------------------------------------

def protocol_names(service):
    count = min(int(service["protocol_count"]), 4)
    return ", ".join(text(service["protocols"][i]["protocol"]["name"]) for i in range(count))


class Ports(gdb.Command):
    """dd-ports: the ports at which this server serves, and how many lanes lead there."""

    def __init__(self):
        super().__init__("dd-ports", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        rows = []
        for service in entries(Runtimes.get()["services"], "struct service", "link"):
            lanes = sum(1 for _ in entries(service["connections"], "struct connection", "link"))
            rows.append([hex(int(service["port"])), protocol_names(service), lanes,
                         "yes" if service["registered"] else "no", "0x%x" % int(service)])
        print_table(["HANDLE", "PROTOCOLS", "LANES", "REGISTERED", "struct service"], rows)


def lane_row(lane):
    """One lane: a structure around it says more than it does itself."""
    address = int(lane)
    inward, outward = lane["in"], lane["out"]
    rings = "%d in, %d out" % (int(inward["taken"]), int(outward["put"]))
    if lane["client"]:
        around = gdb.Value(address).cast(lookup("struct client_lane").pointer())
        client = around["client"]
        flight = sum(1 for i in range(int(lane["depth"])) if around["slots"][i]["in_flight"])
        peer, protocol = "gone", "?"
        if int(client):
            peer = text(client["name"].address.cast(lookup("char").pointer())) or "init"
            protocol = text(client["protocol"]["name"])
        return ["client of", peer, protocol, "%d/%d" % (flight, int(lane["depth"])), rings,
                "(struct client_lane *) 0x%x" % address]
    around = gdb.Value(address).cast(lookup("struct connection").pointer())
    number = int(around["info"]["peer_number"])
    peer = "process %d" % number if number else "guest %d" % int(around["info"]["peer"])
    return ["serves", peer, text(around["protocol"]["name"]),
            "%d/%d" % (int(around["outstanding"]), int(lane["depth"])), rings,
            "(struct connection *) 0x%x" % address]


class Lanes(gdb.Command):
    """dd-lanes: the lanes of this server: who is at the other end, calls in flight of how many there may be,
and how many messages have come in and gone out since it was opened."""

    def __init__(self):
        super().__init__("dd-lanes", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        rows = [lane_row(lane) for lane in entries(Runtimes.get()["lanes"], "struct lane", "link")]
        print_table(["ROLE", "PEER", "PROTOCOL", "IN FLIGHT", "MESSAGES", "STRUCTURE"], rows)


# ---- fibers -----------------------------------------------------------------------

def fiber_list(runtime):
    return list(entries(runtime["fibers"], "struct fiber", "all"))


def state_name(fiber):
    value = fiber["state"].cast(lookup("enum fiber_state"))
    return str(value).replace("FIBER_", "").lower()


def saved_registers(stack_pointer):
    """What the registers will be when the switch to this stack has returned."""
    registers = {name: word(stack_pointer + 8 * i) for i, name in enumerate(SAVED)}
    registers["rsp"] = stack_pointer + 8 * len(SAVED)
    return registers


def function_at(address):
    block = gdb.block_for_pc(address)
    while block is not None and block.function is None:
        block = block.superblock
    if block is not None:
        return block.function.name
    symbol = gdb.execute("info symbol 0x%x" % address, to_string=True)
    return symbol.split()[0] if not symbol.startswith("No symbol") else "0x%x" % address


def walk(registers):
    """Return addresses by frame pointers, innermost first: all of our code keeps them."""
    yield registers["rip"]
    frame = registers["rbp"]
    for _ in range(DEPTH):
        if not frame:
            return
        try:
            address, above = word(frame + 8), word(frame)
        except gdb.MemoryError:
            return
        if not address:
            return
        yield address
        if above <= frame:
            return
        frame = above


def doing(fiber):
    """The function that a fiber is at, past those by which every fiber waits."""
    state = state_name(fiber)
    if state == "running":
        return "(on the processor)"
    if state == "idle":
        return ""
    names = []
    for address in walk(saved_registers(int(fiber["stack_pointer"]))):
        # A return address may be the first of the next function: look at the call itself.
        name = function_at(address - 1)
        if name not in WAITING:
            names.append(name)
    return " < ".join(names[:3])


class Registers:
    """The thread's registers are another's for a while; nothing runs meanwhile."""

    def __init__(self, registers):
        self.registers = registers

    def __enter__(self):
        gdb.newest_frame().select()
        # Of processes of Linux alone there is more than the processor has.
        more = [] if gdb.parse_and_eval("$orig_rax").type.code == gdb.TYPE_CODE_VOID else ["orig_rax"]
        self.before = {name: int(gdb.parse_and_eval("(unsigned long)$" + name))
                       for name in list(self.registers) + more}
        self.set(self.registers)

    def __exit__(self, *exception):
        self.set(self.before)
        gdb.newest_frame().select()

    @staticmethod
    def set(registers):
        # The program counter first: gdb forgets the interrupted system call with it, which orig_rax brings back.
        for name in sorted(registers, key=lambda name: (name == "orig_rax", name != "rip")):
            gdb.newest_frame().select()
            gdb.execute("set $%s = 0x%x" % (name, registers[name] & 0xffffffffffffffff), to_string=True)


def is_core():
    # A core's registers cannot be changed.
    connection = getattr(gdb.selected_inferior(), "connection", None)
    return connection is not None and connection.type == "core"


def print_chain(registers):
    for index, address in enumerate(walk(registers)):
        line = gdb.find_pc_line(address - 1 if index else address)
        where = " at %s:%d" % (line.symtab.filename, line.line) if line.symtab else ""
        print("#%-2d 0x%016x in %s%s" % (index, address, function_at(address - 1 if index else address), where))


def run_in(registers, command):
    if is_core():
        if command != "bt":
            raise gdb.GdbError("of a core only the backtrace of a fiber can be shown")
        print_chain(registers)
        return
    with Registers(registers):
        gdb.execute(command)


def run_in_fiber(fiber, command):
    if state_name(fiber) == "running":
        gdb.execute(command)
    else:
        run_in(saved_registers(int(fiber["stack_pointer"])), command)


class Fibers(gdb.Command):
    """dd-fibers [-b]: the fibers of this server, each with its state and what it is at (innermost function
first). -b: with a backtrace of every fiber that is at work, and of the loop."""

    def __init__(self):
        super().__init__("dd-fibers", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        if argument not in ("", "-b"):
            raise gdb.GdbError("usage: dd-fibers [-b]")
        runtime = Runtimes.get()
        fibers = fiber_list(runtime)
        if argument == "":
            print_table(["FIBER", "STATE", "AT", "struct fiber"],
                        [[i, state_name(fiber), doing(fiber), "0x%x" % int(fiber)]
                         for i, fiber in enumerate(fibers)])
            return
        for index, fiber in enumerate(fibers):
            state = state_name(fiber)
            print("Fiber %d (%s, 0x%x)" % (index, state, int(fiber)))
            if state != "idle":
                run_in_fiber(fiber, "bt")
        print("The loop (%s)" % ("waits for the running fiber" if int(runtime["current"]) else "on the processor"))
        if int(runtime["current"]):
            run_in(saved_registers(int(runtime["loop_stack_pointer"])), "bt")
        else:
            gdb.execute("bt")


class Fiber(gdb.Command):
    """dd-fiber NUMBER [COMMAND]: runs COMMAND (bt, if none is given) as if that fiber were the one that runs, as
in `dd-fiber 2 bt full' or `dd-fiber 2 up 3'. Numbers are those of dd-fibers."""

    def __init__(self):
        super().__init__("dd-fiber", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        number, _, command = argument.partition(" ")
        fibers = fiber_list(Runtimes.get())
        if not number.isdigit() or int(number) >= len(fibers):
            raise gdb.GdbError("usage: dd-fiber NUMBER [COMMAND]; there are %d fibers, the first is 0" % len(fibers))
        run_in_fiber(fibers[int(number)], command.strip() or "bt")


Ports()
Lanes()
Fibers()
Fiber()
