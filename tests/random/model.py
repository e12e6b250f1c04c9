"""What a file system is, as far as the random test goes: a tree in memory that answers the calls of a conformance
script (tests/conformance/calls.h) made by root, as POSIX and Linux have it.

Paths are relative, without `.`, `..` and slashes at the end; the conformance suite has these.
"""

LINKS_MAX = 40
SLOTS = 4


class Refused(Exception):
    """An error's name."""


class Node:
    def __init__(self, kind, mode, parent=None):
        self.kind, self.mode, self.parent = kind, mode, parent
        self.links = 2 if kind == "d" else 1
        self.data = bytearray()     # of a file
        self.children = {}          # of a directory
        self.target = ""            # of a symbolic link
        self.xattrs = {}

    def resize(self, size):
        del self.data[size:]
        self.data.extend(bytes(size - len(self.data)))

    def put(self, offset, data):
        if data:
            self.resize(max(len(self.data), offset + len(data)))
            self.data[offset:offset + len(data)] = data


class Slot:
    """An open file."""

    def __init__(self, node, flags):
        self.node, self.flags, self.position = node, flags, 0

    def allow(self, reads):
        if reads and "WRONLY" in self.flags:
            raise Refused("EBADF")


def content(data):
    """As calls_file.c shows what was read."""
    if len(data) < 65:
        return "%d '%s'" % (len(data), "".join(chr(byte) if 32 < byte < 127 else "." for byte in data))
    total = 0
    for byte in data:
        total = (total * 31 + byte) & 0xffffffffffffffff
    return "%d bytes, sum %x" % (len(data), total)


class Model:
    def __init__(self, clients=1):
        self.root = Node("d", 0o755)
        self.root.parent = self.root
        self.slots = [[None] * SLOTS for _ in range(clients)]

    def answer(self, client, call):
        """What a client is to be answered."""
        words = call.split()
        try:
            values = getattr(self, "do_" + words[0])(self.slots[client], *words[1:])
        except Refused as refused:
            return str(refused)
        return "ok" + ("" if values is None else " %s" % values)

    # ---- paths

    def walk(self, path, follow):
        """The directory, the last name in it, and what that names or None."""
        parts, at, links = path.split("/"), self.root, 0
        while True:
            name = parts.pop(0)
            node = at if name == "." else at.children.get(name)
            if not parts and not (node and node.kind == "l" and follow):
                return at, name, node
            if node is None:
                raise Refused("ENOENT")
            if node.kind == "l":
                links += 1
                if links > LINKS_MAX:
                    raise Refused("ELOOP")
                parts = node.target.split("/") + parts
            elif node.kind == "d":
                at = node
            else:
                raise Refused("ENOTDIR")

    def find(self, path, follow):
        node = self.walk(path, follow)[2]
        if node is None:
            raise Refused("ENOENT")
        return node

    def free(self, path):
        directory, name, node = self.walk(path, False)
        if node is not None:
            raise Refused("EEXIST")
        return directory, name

    @staticmethod
    def add(directory, name, node):
        directory.children[name] = node
        if node.kind == "d":
            node.parent = directory
            directory.links += 1

    @staticmethod
    def take(directory, name):
        node = directory.children.pop(name)
        if node.kind == "d":
            directory.links -= 1
        return node

    @staticmethod
    def within(directory, ancestor):
        while directory is not ancestor and directory.parent is not directory:
            directory = directory.parent
        return directory is ancestor

    # ---- names

    def do_create(self, _, path, mode):
        directory, name = self.free(path)
        self.add(directory, name, Node("f", int(mode, 8)))

    def do_mkdir(self, _, path, mode):
        directory, name = self.free(path)
        self.add(directory, name, Node("d", int(mode, 8)))

    def do_symlink(self, _, target, path):
        directory, name = self.free(path)
        node = Node("l", 0o777)
        node.target = target
        self.add(directory, name, node)

    def do_readlink(self, _, path):
        node = self.find(path, False)
        if node.kind != "l":
            raise Refused("EINVAL")
        return node.target

    def do_link(self, _, path, new):
        node = self.find(path, False)
        directory, name = self.free(new)
        if node.kind == "d":
            raise Refused("EPERM")
        node.links += 1
        directory.children[name] = node

    def do_unlink(self, _, path):
        directory, name, node = self.walk(path, False)
        if node is None:
            raise Refused("ENOENT")
        if node.kind == "d":
            raise Refused("EISDIR")
        self.take(directory, name)
        node.links -= 1

    def do_rmdir(self, _, path):
        directory, name, node = self.walk(path, False)
        if node is None:
            raise Refused("ENOENT")
        if node.kind != "d":
            raise Refused("ENOTDIR")
        if node.children:
            raise Refused("ENOTEMPTY")
        self.take(directory, name)
        node.links = 0

    def do_rename(self, _, path, new, flag=""):
        from_directory, from_name, moved = self.walk(path, False)
        to_directory, to_name, replaced = self.walk(new, False)
        if moved is None or (flag == "EXCHANGE" and replaced is None):
            raise Refused("ENOENT")
        if flag == "NOREPLACE" and replaced:
            raise Refused("EEXIST")
        if moved.kind == "d" and self.within(to_directory, moved):
            raise Refused("EINVAL")
        if replaced and replaced.kind == "d" and self.within(from_directory, replaced):
            raise Refused("EINVAL" if flag == "EXCHANGE" else "ENOTEMPTY")
        if moved is replaced:
            return
        if flag == "EXCHANGE":
            self.take(from_directory, from_name)
            self.take(to_directory, to_name)
            self.add(from_directory, from_name, replaced)
            self.add(to_directory, to_name, moved)
            return
        if replaced:
            if moved.kind == "d" and replaced.kind != "d":
                raise Refused("ENOTDIR")
            if moved.kind != "d" and replaced.kind == "d":
                raise Refused("EISDIR")
            if replaced.children:
                raise Refused("ENOTEMPTY")
            self.take(to_directory, to_name)
            replaced.links -= 2 if replaced.kind == "d" else 1
        self.take(from_directory, from_name)
        self.add(to_directory, to_name, moved)

    def do_list(self, _, path):
        node = self.find(path, True)
        if node.kind != "d":
            raise Refused("ENOTDIR")
        return " ".join(sorted([".:d", "..:d"] + ["%s:%s" % (name, child.kind) for name, child in node.children.items()]))

    # ---- attributes

    def do_lstat(self, _, path, _fields):
        node = self.find(path, False)
        return "%s %04o %d" % (node.kind, node.mode, node.links)

    def do_same(self, _, path, other):
        left, right = self.find(path, False), self.find(other, False)
        return "same" if left is right else "other"

    def do_chmod(self, _, path, mode):
        self.find(path, True).mode = int(mode, 8)

    def do_truncate(self, _, path, size):
        node = self.find(path, True)
        if node.kind == "d":
            raise Refused("EISDIR")
        node.resize(int(size))

    def do_setxattr(self, _, path, name, value, flag=""):
        node = self.find(path, False)
        if node.kind == "l":
            raise Refused("EPERM")
        if flag == "create" and name in node.xattrs:
            raise Refused("EEXIST")
        if flag == "replace" and name not in node.xattrs:
            raise Refused("ENODATA")
        node.xattrs[name] = value

    def do_getxattr(self, _, path, name):
        node = self.find(path, False)
        if name not in node.xattrs:
            raise Refused("ENODATA")
        return " ".join("%02x" % ord(letter) for letter in node.xattrs[name])

    def do_removexattr(self, _, path, name):
        node = self.find(path, False)
        if node.kind == "l":
            raise Refused("EPERM")
        if name not in node.xattrs:
            raise Refused("ENODATA")
        del node.xattrs[name]

    def do_listxattr(self, _, path):
        return " ".join(sorted(self.find(path, False).xattrs)) or None

    # ---- open files

    def do_hold(self, slots, number, path, flags, mode="0"):
        flags = flags.split(",")
        directory, name, node = self.walk(path, "EXCL" not in flags)
        if node is None and "CREAT" not in flags:
            raise Refused("ENOENT")
        if node is not None and "EXCL" in flags:
            raise Refused("EEXIST")
        if node is not None and node.kind == "d":
            raise Refused("EISDIR")
        if node is None:
            node = Node("f", int(mode, 8))
            self.add(directory, name, node)
        elif "TRUNC" in flags:
            node.resize(0)
        slots[int(number)] = Slot(node, flags)

    @staticmethod
    def slot(slots, number):
        if slots[int(number)] is None:
            raise Refused("EBADF")
        return slots[int(number)]

    def do_close(self, slots, number):
        self.slot(slots, number)
        slots[int(number)] = None

    def do_write(self, slots, number, text, offset=None):
        slot, data = self.slot(slots, number), text.encode()
        place = slot.position if offset is None else int(offset)
        if "APPEND" in slot.flags:
            place = len(slot.node.data)
        slot.node.put(place, data)
        if offset is None:
            slot.position = place + len(data)
        return len(data)

    def do_read(self, slots, number, length, offset=None):
        slot = self.slot(slots, number)
        slot.allow(reads=True)
        place = slot.position if offset is None else int(offset)
        data = slot.node.data[place:place + int(length)]
        if offset is None:
            slot.position += len(data)
        return content(data)

    def do_ftruncate(self, slots, number, size):
        self.slot(slots, number).node.resize(int(size))

    def do_fallocate(self, slots, number, offset, length, modes=""):
        node, start, end = self.slot(slots, number).node, int(offset), int(offset) + int(length)
        if start == end:
            raise Refused("EINVAL")
        if modes == "":
            node.resize(max(len(node.data), end))
        if modes == "keep,punch":
            end = min(end, len(node.data))
            node.data[start:end] = bytes(max(end - start, 0))

    def do_copy(self, slots, number, offset, to_number, to_offset, length):
        slot, to, place, to_place = self.slot(slots, number), self.slot(slots, to_number), int(offset), int(to_offset)
        slot.allow(reads=True)
        if "APPEND" in to.flags:
            raise Refused("EBADF")
        data = slot.node.data[place:place + int(length)]
        if slot.node is to.node and to_place + len(data) > place and to_place < place + len(data):
            raise Refused("EINVAL")
        to.node.put(to_place, data)
        return len(data)

    def do_fstat(self, slots, number):
        node = self.slot(slots, number).node
        return "10%04o %d %d" % (node.mode, node.links, len(node.data))

    def do_fsync(self, slots, number):
        self.slot(slots, number)
