"""Random calls, and the shortest sequence of them that still fails.

An operation is (client, call): which of the clients makes it, and a line of a
conformance script.
"""

import re

import model

NAMES = ("a", "b", "c", "d")
MODES = ("0644", "0600", "0755", "0400")
SIZES = (0, 1, 5, 100, 4095, 4096, 4097, 8192, 12289, 20000)
FLAGS = ("RDWR", "RDWR,CREAT 0644", "RDWR,CREAT 0600", "RDWR,CREAT,EXCL 0644", "RDWR,TRUNC", "RDWR,APPEND",
         "WRONLY,CREAT 0644", "RDWR,CREAT,APPEND 0644")
LOOK = "lstat {path} type,mode,nlink"
# Calls, and how often they come. {path} is mostly of something that is there, and {new} of a name in a directory that is.
CALLS = {
    "create {new} {mode}": 3, "mkdir {new} 0755": 4, "rmdir {path}": 2, "unlink {path}": 3, "link {path} {new}": 3,
    "symlink {path} {new}": 2, "readlink {path}": 1, "rename {path} {path}": 3, "rename {path} {new}": 5, "rename {path} {new} NOREPLACE": 1,
    "rename {path} {path} EXCHANGE": 2, "list {directory}": 3, LOOK: 4, "same {path} {path}": 1, "chmod {path} {mode}": 1,
    "truncate {path} {size}": 2, "setxattr {path} user.{name} {text}": 1, "setxattr {path} user.{name} {text} create": 1,
    "getxattr {path} user.{name}": 1, "removexattr {path} user.{name}": 1, "listxattr {path}": 1,
    "hold {number} {path} {flags}": 6, "hold {number} {new} {flags}": 3, "close {slot}": 1, "write {slot} {text}": 3, "write {slot} {text} {size}": 6,
    "read {slot} 100000 0": 5, "read {slot} {size}": 2, "read {slot} 50 {size}": 2, "ftruncate {slot} {size}": 2,
    "fallocate {slot} {size} 5000": 1, "fallocate {slot} {size} 5000 keep": 1, "fallocate {slot} {size} 5000 keep,punch": 2,
    "copy {slot} {size} {slot} {size} 6000": 2, "fstat {slot}": 4, "fsync {slot}": 1,
}


def paths(directory, prefix="", depth=3):
    """All paths in a directory of a model."""
    for name, node in directory.children.items():
        yield prefix + name
        if node.kind == "d" and depth > 1:
            yield from paths(node, prefix + name + "/", depth - 1)


class Generator:
    """Makes calls that mostly mean something, since it knows what those before have made."""

    def __init__(self, random, clients, slots):
        self.random, self.slots = random, slots
        self.model = model.Model(clients)

    def any_path(self):
        return "/".join(self.random.choice(NAMES) for _ in range(self.random.choice((1, 1, 2, 3))))

    def make_path(self, _):
        there = list(paths(self.model.root))
        return self.random.choice(there) if there and self.random.random() < 0.8 else self.any_path()

    def make_new(self, _):
        directories = [path + "/" for path in paths(self.model.root, depth=2) if self.model.walk(path, False)[2].kind == "d"]
        if self.random.random() < 0.8:
            return self.random.choice(directories + ["", ""]) + self.random.choice(NAMES)
        return self.any_path()

    def make_directory(self, _):
        return self.random.choice((".", self.make_path(None)))

    def make_slot(self, client):
        held = [str(number) for number, slot in enumerate(self.model.slots[client]) if slot]
        return self.random.choice(held) if held and self.random.random() < 0.9 else self.make_number(client)

    def make_number(self, _):
        return str(self.random.randrange(self.slots))

    def make_name(self, _):
        return self.random.choice(NAMES)

    def make_mode(self, _):
        return self.random.choice(MODES)

    def make_size(self, _):
        return str(self.random.choice(SIZES) + self.random.choice((0, 0, 1, 37)))

    def make_flags(self, _):
        return self.random.choice(FLAGS)

    def make_text(self, _):
        return "".join(self.random.choice("klmnopqrst") for _ in range(self.random.randrange(1, 9)))

    def next(self):
        client = self.random.randrange(len(self.model.slots))
        call = self.random.choices(list(CALLS), weights=list(CALLS.values()))[0]
        call = re.sub(r"\{(\w+)\}", lambda match: getattr(self, "make_" + match.group(1))(client), call)
        self.model.answer(client, call)
        return client, call


def generate(random, count, clients, slots):
    """`count` operations, for an empty directory."""
    generator = Generator(random, clients, slots)
    return [generator.next() for _ in range(count)]


def simpler(operation):
    """The same operation a little simpler, in several ways."""
    client, call = operation
    if client > 0:
        yield 0, call
    words = call.split(" ")
    for at, word in enumerate(words[1:], 1):
        choices = []
        if word.isdigit() and not word.startswith("0"):
            choices = ["0", "1", str(int(word) // 2)] if len(words) > 2 and at > 1 else ["0"]
        elif "/" in word:
            choices = [word.split("/", 1)[1], word.rsplit("/", 1)[0]]
        elif word in NAMES:
            choices = [name for name in NAMES if name < word]
        elif re.fullmatch("[k-t]+", word) and word != "k":
            choices = ["k"]
        for choice in choices:
            if choice != word:
                yield client, " ".join(words[:at] + [choice] + words[at + 1:])


def shrink(operations, fails):
    """The shortest and simplest operations found for which fails(operations) is still true.

    Parts are left out, first large ones, then single ones, and what is left is made simpler, until nothing more can
    be left out: then every operation is needed.
    """
    operations = list(operations)
    while True:
        before = list(operations)
        part = max(len(operations) // 2, 1)
        while True:
            at = 0
            while at < len(operations):
                fewer = operations[:at] + operations[at + part:]
                if fewer and fails(fewer):
                    operations = fewer
                else:
                    at += part
            if part == 1:
                break
            part = max(part // 2, 1)
        for pattern in sorted({word for _, call in operations for word in call.split() if "/" in word}):
            # One path, wherever it is used.
            changed = [(client, re.sub(r"(?<!\S)%s(?!\S)" % pattern, pattern.rsplit("/", 1)[1], call))
                       for client, call in operations]
            if fails(changed):
                operations = changed
        for at in range(len(operations)):
            for choice in simpler(operations[at]):
                changed = operations[:at] + [choice] + operations[at + 1:]
                if fails(changed):
                    operations = changed
                    break
        if operations == before:
            return operations
