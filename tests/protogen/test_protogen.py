#!/usr/bin/env python3
"""Tests of scripts/protogen: wrong definitions, layout, and its text against golden copies.

With --update the golden copies are written anew instead; look at the
difference before committing it, since it is a change of the ABI.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SCRIPT = os.path.join(ROOT, "scripts", "protogen")
DEFINITIONS = os.path.join(ROOT, "include", "drydock", "proto")
GOLDEN = os.path.join(HERE, "golden")
PROTOCOLS = ("bench", "block", "fs", "init", "log", "scheduler", "socket", "vfs")
sys.path.insert(0, os.path.join(ROOT, "scripts"))

from protogen_lib.definition import DefinitionError, parse  # noqa: E402
from protogen_lib.header import header_text  # noqa: E402
from protogen_lib.page import page_text  # noqa: E402
from protogen_lib.source import source_text  # noqa: E402

WARNINGS = ("-Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wpedantic -Werror").split()
compiler = ["cc"]


def parsed(text, name="t"):
    return parse(name + ".proto", text.encode())


def real(name):
    path = os.path.join(DEFINITIONS, name + ".proto")
    with open(path, "rb") as file:
        return parse(path, file.read())


def run(*arguments, directory=None):
    return subprocess.run([sys.executable, SCRIPT, *arguments], cwd=directory, capture_output=True, text=True,
                          check=False)


class WrongDefinitions(unittest.TestCase):
    """Each is refused, with the line where it is wrong."""

    def wrong(self, text, line, message):
        with self.assertRaises(DefinitionError) as caught:
            parsed(text)
        self.assertEqual(str(caught.exception), f"t.proto:{line}: {message}")

    def wrong_statement(self, text, message, sessions=""):
        """`text` follows a good protocol statement; its last line is the wrong one."""
        text = f"protocol t = 9 version 1{sessions}\n{text}"
        self.wrong(text + "\nop last = 77 ()\n", text.count("\n") + 1, message)

    def test_protocol(self):
        self.wrong("", 1, "no protocol statement")
        self.wrong("# only\n# comments\n", 2, "no protocol statement")
        self.wrong("\nconst a = 1\n", 2, "const before the protocol statement")
        self.wrong("protocol t = 9 version 1\n", 1, "the protocol has no operation")
        self.wrong("protocol u = 9 version 1\n", 1, "the definition of u must be in a file u.proto")
        self.wrong("protocol t = 0 version 1\n", 1, "the protocol's number must be from 0x1 to 0xffff")
        self.wrong("protocol t = 65536 version 1\n", 1, "the protocol's number must be from 0x1 to 0xffff")
        self.wrong("protocol t = 9 version 0\n", 1, "the version must be from 0x1 to 0xffff")
        self.wrong("protocol t = 9\n", 1, "expected 'version', found the end of the line")
        self.wrong("protocol t = 9 version 1 session\n", 1, "unexpected 'session'")
        self.wrong_statement("protocol t = 9 version 1", "a second protocol (the first is on line 1)")

    def test_syntax(self):
        self.wrong_statement("option x", "expected protocol, const, struct or op, found 'option'")
        self.wrong_statement("op a = 1 (b: u32;)", "unexpected character ';'")
        self.wrong_statement("op a = 1 (b: u32", "expected ',', found the end of the line")
        self.wrong_statement("op a = 1 (b u32)", "expected ':', found 'u32'")
        self.wrong_statement("op a = 1 (b: u32,)",
                             "expected the argument's name (lower case, digits, _), found ')'")
        self.wrong_statement("op a = 1 (b: )", "expected a type (lower case, digits, _), found ')'")
        self.wrong_statement("op a = 1 () -> u32", "expected '(', found 'u32'")
        self.wrong_statement("op a = 1 () changed", "unexpected 'changed'")
        self.wrong_statement("op a 1 ()", "expected '=', found '1'")
        self.wrong_statement("op = 1 ()", "expected the operation's name (lower case, digits, _), found '='")
        self.wrong_statement("op Read = 1 ()",
                             "expected the operation's name (lower case, digits, _), found 'Read'")
        self.wrong_statement("op a = x ()", "expected the operation's number, found 'x'")
        self.wrong_statement("op a = 1x ()", "'1x' is not a number")
        self.wrong_statement("op a = 08 ()", "'08' is not a number")
        self.wrong_statement("const a =", "expected the value, found the end of the line")
        self.wrong_statement("const a = -1", "unexpected character '-'")
        self.wrong_statement("const a = 1 2", "unexpected '2'")
        self.wrong_statement("const a = 0x10000000000000000",
                             "the value must be from 0x0 to 0xffffffffffffffff")
        self.wrong_statement("const a = 1 # */", "a comment may not contain /* or */")

    def test_not_text(self):
        with self.assertRaises(DefinitionError) as caught:
            parse("t.proto", b"# fine\n# not \xff\n")
        self.assertEqual(str(caught.exception), "t.proto:2: not UTF-8")

    def test_structures(self):
        self.wrong_statement("struct s {\n\ta: u32\n\tb: u64",
                             "u64 b at offset 4 would need padding before it")
        self.wrong_statement("struct s {\n\ta: u8\n\tb: u16",
                             "u16 b at offset 1 would need padding before it")
        self.wrong_statement("struct s {\n\ta: u64\n\tb: u32\n}",
                             "struct s of 12 bytes would need padding at its end to a multiple of 8")
        self.wrong_statement("struct s {\n}", "struct s has no field")
        self.wrong_statement("struct s {\n\ta: cap",
                             "unknown type 'cap' (a field is one of u8, u16, u32, u64, i32, i64)")
        self.wrong_statement("struct s {\n\ta: u32\n\ta: u32", "a is already defined (or made) by line 3")
        self.wrong_statement("struct s {\n\tint: u32", "'int' is a keyword of C")
        self.wrong_statement("struct s { a: u32", "unexpected 'a'")
        self.wrong_statement("struct s", "expected '{', found the end of the line")
        self.wrong("protocol t = 9 version 1\nop a = 1 ()\nstruct s {\n\ta: u32\n", 3, "struct s has no end")

    def test_duplicates(self):
        self.wrong_statement("const a = 1\nconst a = 1", "T_A is already defined (or made) by line 2")
        self.wrong_statement("struct s {\n\ta: u32\n}\nstruct s {",
                             "t_s is already defined (or made) by line 2")
        self.wrong_statement("op a = 1 ()\nop a = 2 ()", "T_A is already defined (or made) by line 2")
        self.wrong_statement("op a = 1 ()\nop b = 1 ()", "1 is already defined (or made) by line 2")
        self.wrong_statement("const a = 1\nop a = 2 ()", "T_A is already defined (or made) by line 2")
        self.wrong_statement("op a = 1 (b: u32, b: u64)", "b is already defined (or made) by line 2")
        self.wrong_statement("op a = 1 () -> (b: u32, b: u64)", "b is already defined (or made) by line 2")
        self.wrong_statement("op a = 1 (b: in, b_length: u32)",
                             "b_length is already defined (or made) by line 2")
        self.wrong_statement("op a = 1 (b: out) -> (b_length: u32)",
                             "b_length is already defined (or made) by line 2")
        self.wrong_statement("op a = 1 ()\nop a_reply = 2 ()",
                             "t_a_reply is already defined (or made) by line 2")
        self.wrong_statement("struct a_results {\n\tb: u32\n}\nop a = 2 ()",
                             "t_a_results is already defined (or made) by line 2")
        self.wrong_statement("struct operations {", "t_operations is already defined (or made) by line 1")
        self.wrong_statement("op protocol = 1 ()", "t_protocol is already defined (or made) by line 1")

    def test_operations(self):
        self.wrong_statement("op a = 0 ()", "the operation's number must be from 0x1 to 0xfeff")
        self.wrong_statement("op a = 0xff00 ()", "the operation's number must be from 0x1 to 0xfeff")
        self.wrong_statement("op a = 1 () changes", "'changes' needs a protocol with sessions")
        self.wrong_statement("op a = 1 (b: u31)", "unknown type 'u31'")
        self.wrong_statement("op a = 1 (b: in s)", "unknown structure 's' (it must be defined above)")
        self.wrong_statement("op a = 1 (b: out s)", "unknown structure 's' (it must be defined above)")
        self.wrong_statement("op a = 1 (b: in, c: in)", "a second 'in' argument")
        self.wrong_statement("op a = 1 (b: out, c: out)", "a second 'out' argument")
        self.wrong_statement("op a = 1 () -> (b: string(8))", "result b must be a scalar or cap")
        self.wrong_statement("op a = 1 () -> (b: out)", "result b must be a scalar or cap")
        self.wrong_statement("op a = 1 (b: string)", "expected '(', found ')'")
        self.wrong_statement("op a = 1 (b: string(0))",
                             "the string's longest length must be from 0x1 to 0x1000")
        self.wrong_statement("op a = 1 (b: string(4097))",
                             "the string's longest length must be from 0x1 to 0x1000")
        self.wrong_statement("op a = 1 (for: u32)", "'for' is a keyword of C")
        self.wrong_statement("op a = 1 (request: u32)", "argument name 'request' is taken by generated code")
        strings = ", ".join(f"s{number}: string(4096)" for number in range(4))
        self.wrong_statement(f"op a = 1 ({strings})",
                             "strings and structures take 16388 bytes of stack, more than 16384")

    def test_too_many_words(self):
        def values(count, kind="u64"):
            return ", ".join(f"a{number}: {kind}" for number in range(count))
        # Without sessions and ranges there are seven words; each of them takes one.
        parsed(f"protocol t = 9 version 1\nop a = 1 ({values(7)})\n")
        parsed(f"protocol t = 9 version 1\nop a = 1 ({values(14, 'u32')})\n")
        parsed(f"protocol t = 9 version 1\nop a = 1 () -> ({values(6)})\n")
        self.wrong_statement(f"op a = 1 ({values(8)})", "too many arguments: no word is left for a7")
        self.wrong_statement(f"op a = 1 ({values(15, 'u8')})", "too many arguments: no word is left for a14")
        self.wrong_statement(f"op a = 1 ({values(7)}, b: in)", "too many arguments: no word is left for a6")
        self.wrong_statement(f"op a = 1 ({values(7)}, b: out)", "too many arguments: no word is left for a6")
        self.wrong_statement(f"op a = 1 ({values(7)})", "too many arguments: no word is left for a6",
                             " sessions")
        self.wrong_statement(f"op a = 1 ({values(6)}, b: string(8), c: string(8))",
                             "too many arguments: no word is left for b")
        self.wrong_statement(f"op a = 1 () -> ({values(7)})", "too many results: no word is left for a6")


class Layout(unittest.TestCase):
    def places(self, text, sessions=""):
        operation = parsed(f"protocol t = 9 version 1{sessions}\nop a = 1 {text}\n").operations[0]
        return {value.name: (value.place.word, value.place.shift) for value in operation.arguments +
                operation.results
                if value.place}

    def test_first_fit(self):
        self.assertEqual(self.places("(a: u32, b: u64, c: u8, d: i64, e: i32, f: u16)"),
                         {"a": (1, 0), "b": (2, 0), "c": (1, 32), "d": (3, 0), "e": (4, 0), "f": (4, 32)})

    def test_words_of_others_are_left_out(self):
        five = "a: u64, b: u64, c: u64, d: cap"
        self.assertEqual(self.places(f"({five})", " sessions")["d"], (5, 0))
        self.assertEqual(self.places(f"({five}, o: out)", " sessions")["d"], (6, 0))
        self.assertEqual(self.places(f"({five}, o: out, i: in)", " sessions")["d"], (7, 0))
        self.assertEqual(self.places(f"({five}, i: string(9))")["d"], (4, 0))

    def test_lengths_of_strings(self):
        self.assertEqual(self.places("(s: string(9))"), {})
        self.assertEqual(self.places("(s: string(9), t: string(9), a: u64, b: u32)"),
                         {"a": (1, 0), "b": (2, 0), "s": (2, 32)})
        self.assertEqual(self.places("(s: string(9), d: in, t: string(9))"), {"s": (1, 0), "t": (1, 32)})

    def test_results(self):
        self.assertEqual(self.places("() -> (a: u32, b: cap, c: u32, d: u64)"),
                         {"a": (2, 0), "b": (3, 0), "c": (2, 32), "d": (4, 0)})


class Text(unittest.TestCase):
    def test_comments(self):
        text = ("# What it is.\n\nprotocol t = 9 version 1\n\n# Not for anything.\n\n"
                "# Of a.\nconst a = 1   # Beside a.\n"
                "# Of the struct.\nstruct s {\n\t# Of x.\n\tx: u32   # Beside x.\n}\n"
                "# Of the operation.\nop f = 1 ()\n")
        header = header_text(parsed(text))
        for wanted in (" * What it is.\n", "/* Of a. */\n#define T_A 1 /* Beside a. */\n",
                       "/* Of the struct. */\nstruct t_s {\n\t/* Of x. */\n\tuint32_t x; /* Beside x. */\n",
                       "/* f (1): Of the operation. */\n"):
            self.assertIn(wanted, header)
        self.assertNotIn("Not for anything", header)

    def test_page(self):
        page = page_text([real(name) for name in PROTOCOLS])
        headings = [line for line in page.split("\n") if line.startswith("## ")]
        self.assertEqual(headings, ["## init", "## vfs", "## fs", "## log", "## scheduler", "## block", "## socket",
                                    "## bench"])
        self.assertIn("| `offset` | `u64` | word 2 |\n", page)
        self.assertIn("| `name` | `string(255)` | IN; length: word 3, high |\n", page)
        self.assertIn("| `attributes` | `out attributes` | OUT; 112 bytes |\n", page)
        self.assertIn("Finds `name` in a directory.\n", page)

    def test_lines_fit(self):
        for name in PROTOCOLS:
            for line in (header_text(real(name)) + source_text(real(name))).split("\n"):
                self.assertLessEqual(len(line.expandtabs(8)), 110, line)


class Golden(unittest.TestCase):
    """What is generated for the real protocols is what was agreed on."""

    maxDiff = None

    def test_golden(self):
        for name in PROTOCOLS:
            for suffix, text in (("h", header_text(real(name))), ("c", source_text(real(name)))):
                with open(os.path.join(GOLDEN, f"{name}.{suffix}"), encoding="utf-8") as file:
                    self.assertEqual(file.read(), text,
                                     f"{name}.{suffix}: if this change of the ABI is meant, "
                                     "run tests/protogen/test_protogen.py --update")

    def test_nothing_else(self):
        self.assertEqual(sorted(os.listdir(GOLDEN)),
                         sorted(f"{name}.{suffix}" for name in PROTOCOLS for suffix in "ch"))
        self.assertEqual(sorted(file for file in os.listdir(DEFINITIONS) if file.endswith(".proto")),
                         sorted(name + ".proto" for name in PROTOCOLS))


class Command(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name

    def write(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def test_wrong_definition_touches_nothing(self):
        self.write("t.h", "old")
        self.write("t.proto", "protocol t = 9 version 1\n\nop a = 0 ()\n")
        result = run("--header", "t.h", "--source", "t.c", "t.proto", directory=self.directory)
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr, "t.proto:3: the operation's number must be from 0x1 to 0xfeff\n")
        self.assertEqual(sorted(os.listdir(self.directory)), ["t.h", "t.proto"])
        with open(os.path.join(self.directory, "t.h"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "old")

    def test_unwritable_output_touches_nothing(self):
        self.write("t.proto", "protocol t = 9 version 1\nop a = 1 ()\n")
        result = run("--header", "t.h", "--source", "none/t.c", "t.proto", directory=self.directory)
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, "^protogen: .*none.*: No such file or directory\n$")
        self.assertEqual(os.listdir(self.directory), ["t.proto"])

    def test_missing_definition(self):
        result = run("none.proto", directory=self.directory)
        self.assertEqual((result.returncode, result.stderr),
                         (1, "protogen: none.proto: No such file or directory\n"))

    def test_protocols_that_clash(self):
        self.write("a.proto", "protocol a = 9 version 1\nop a = 1 ()\n")
        self.write("b.proto", "\nprotocol b = 9 version 1\nop a = 1 ()\n")
        result = run("--docs", "page.md", "a.proto", "b.proto", directory=self.directory)
        self.assertEqual((result.returncode, result.stderr),
                         (1, "b.proto:2: protocol number 9 is already that of a.proto:1\n"))

    def test_usage(self):
        self.assertEqual(run().returncode, 2)
        self.assertEqual(run("--nonsense", "a.proto").returncode, 2)
        self.assertEqual(run("--header", "t.h", "a.proto", "b.proto").returncode, 2)
        result = run("--help")
        self.assertEqual(result.returncode, 0)
        self.assertIn("examples:", result.stdout)

    def generate(self, directory):
        path = os.path.join(self.directory, directory)
        os.mkdir(path)
        texts = []
        for name in PROTOCOLS:
            result = run("--header", name + ".h", "--source", name + ".c", "--docs", name + ".md",
                         os.path.join(DEFINITIONS, name + ".proto"), directory=path)
            self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))
        for name in sorted(os.listdir(path)):
            with open(os.path.join(path, name), "rb") as file:
                texts.append((name, file.read()))
        return texts

    def test_same_output_each_time(self):
        texts = self.generate("one")
        self.assertEqual(len(texts), 3 * len(PROTOCOLS))
        self.assertEqual(texts, self.generate("two"))

    def test_compiles_freestanding_without_mutable_data(self):
        self.generate("out")
        for name in PROTOCOLS:
            code = os.path.join(self.directory, "out", name)
            result = subprocess.run([*compiler, "-std=c11", "-ffreestanding", "-O2", *WARNINGS, "-c", code +
                                     ".c", "-o",
                                     code + ".o", "-I" + os.path.join(ROOT, "include")],
                                    capture_output=True, text=True, check=False)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            symbols = subprocess.run(["nm", code + ".o"], capture_output=True, text=True, check=True).stdout
            mutable = [line for line in symbols.splitlines() if line.split()[-2] in "bBCsSgG" or
                       line.split()[-2] in "dD" and not self.is_constant(code + ".o", line.split()[-1])]
            self.assertEqual(mutable, [])

    @staticmethod
    def is_constant(path, symbol):
        """Tables with pointers lie in .data.rel.ro in position-independent code: constant once loaded."""
        table = subprocess.run(["objdump", "-t", path], capture_output=True, text=True, check=True).stdout
        return any(line.split()[-1] == symbol and
                   ".data.rel.ro" in line for line in table.splitlines() if line)


def update():
    for name in PROTOCOLS:
        for suffix, text in (("h", header_text(real(name))), ("c", source_text(real(name)))):
            with open(os.path.join(GOLDEN, f"{name}.{suffix}"), "w", encoding="utf-8", newline="\n") as file:
                file.write(text)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true", help="write the golden copies instead of testing")
    parser.add_argument("--cc", nargs="+", default=compiler,
                        help="the C compiler to try the generated code with")
    options = parser.parse_args()
    compiler = options.cc
    if options.update:
        update()
    else:
        unittest.main(argv=sys.argv[:1])
