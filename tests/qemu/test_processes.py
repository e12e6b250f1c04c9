"""What processes do to a kernel on bare metal: everything that is forbidden, nonsense in system calls, coming and
going, computing. The program app/tester.c does it and says how it went."""

import os
import re
import struct
import tempfile
import unittest

import machine
from machine import Machine, harness

TESTER = os.path.join(harness.BUILD, "tests", "qemu", "metal-tester")
SEED = int(os.environ.get("DRYDOCK_SEED", "1"))     # of the fuzzers
MANIFEST = os.path.join(machine.ROOT, "tests", "qemu", "app", "tester.manifest")


def tester_archive(options, second=None, restart="never", **changes):
    """A boot archive with the tester, and with the second service where it has options."""
    with open(MANIFEST, encoding="utf-8") as file:
        text = file.read().replace("= OPTIONS", "= " + options).replace("= RESTART", "= " + restart)
    text = text.replace("= SECOND", "= " + second) if second else text[:text.index("# One more")]
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".manifest") as file:
        file.write(text)
        file.flush()
        flat = machine.flat_manifest(file.name)
    files = {name: machine.image(name) for name in ("init", "log", "scheduler")}
    with open(TESTER, "rb") as file:
        files["tester"] = file.read()
    return machine.archive({"manifest": flat, **files, **changes})


def function_offset(image, name):
    """Where in an ELF file of fixed addresses a function begins (System V ABI, "Symbol Table")."""
    sections, = struct.unpack_from("<Q", image, 40)
    size, count = struct.unpack_from("<HH", image, 58)
    headers = [struct.unpack_from("<IIQQQQIIQQ", image, sections + i * size) for i in range(count)]
    symbols = next(header for header in headers if header[1] == 2)
    names = headers[symbols[6]]
    for at in range(symbols[4], symbols[4] + symbols[5], 24):
        start, _, _, section, value, _ = struct.unpack_from("<IBBHQQ", image, at)
        text = image[names[4] + start:image.index(b"\0", names[4] + start)].decode()
        if text == name and section < count:
            return value - headers[section][3] + headers[section][4]
    raise AssertionError("there is no function " + name)


class ProcessesTest(unittest.TestCase):
    def run_tester(self, options, *arguments):
        """Runs the tester; returns the names of what went well, in order. Nothing may go otherwise."""
        with Machine(*arguments, archive=tester_archive(options)) as booted:
            return self.await_tester(booted)

    def await_tester(self, booted):
        last = booted.read_until(r"^\[test\] done$", r"^\[kernel\] halted$")
        lines = booted.lines
        self.assertEqual(last, "[test] done", "\n".join(lines[-40:]))
        self.assertEqual([line for line in lines if line.startswith("[test] FAILED")], [])
        return [line.split()[-1] for line in lines if line.startswith("[test] ok ")]

    def misdeeds(self):
        with open(os.path.join(machine.ROOT, "tests", "qemu", "app", "misdeeds.c"), encoding="utf-8") as file:
            return re.findall(r'^\t\{"(\w+)", ', file.read(), re.MULTILINE)

    def test_misdeeds_on_the_default_processor(self):
        done = self.run_tester("misdeeds=0")
        self.assertEqual(done, self.misdeeds())

    def test_misdeeds_on_the_largest_processor(self):
        done = self.run_tester("misdeeds=1", "-cpu", "max")
        self.assertEqual(done, self.misdeeds())

    def test_fuzzed_calls(self):
        done = self.run_tester("fuzzing=%d calls=2000000" % SEED)
        self.assertEqual(done, ["nonsense"] + 4 * ["fuzz"] + ["fuzz_returns"])

    def test_fuzzed_calls_with_authorities(self):
        with Machine(archive=tester_archive("idle=0", "fuzz=%d calls=4000000" % SEED)) as booted:
            lines = booted.halt()
        # It ends of itself, and is none of those that a boot needs: so this one stops, in order.
        self.assertEqual(lines[-2], "[kernel] boot failed: second ended with code 0", "\n".join(lines[-40:]))

    def drive_nonsense(self, options):
        """Nonsense with a disk and a card that the caller has really claimed. The tester is in init's place, and hands
        the authority for devices on to its children."""
        with open(TESTER, "rb") as file:
            archive = tester_archive("none=1", init=file.read())
        with tempfile.NamedTemporaryFile(suffix=".img") as disk:
            disk.truncate(8 << 20)
            with Machine("-drive", "file=%s,if=none,id=disk,format=raw" % disk.name,
                         "-device", "virtio-blk-pci,drive=disk,disable-legacy=on,addr=4" + options,
                         "-netdev", "user,id=net,restrict=on",
                         "-device", "virtio-net-pci,netdev=net,disable-legacy=on,addr=8" + options,
                         archive=archive) as booted:
                done = self.await_tester(booted)
        self.assertEqual(done, ["nonsense", "fuzz", "disk_beside_fuzz", "fuzz_beside_disk", "devices_return"])

    def test_fuzzed_devices(self):
        self.drive_nonsense("")

    def test_fuzzed_devices_at_one_line(self):
        self.drive_nonsense(",vectors=0")

    def test_leaks(self):
        done = self.run_tester("leaks=10000")
        self.assertEqual(done, ["leaks"])

    def test_idle_day(self):
        # Time that nobody uses passes at once.
        done = self.run_tester("idle=86400", "-icount", "shift=0,sleep=off")
        self.assertEqual(done, ["idle"])

    def test_random_bytes_where_the_processor_has_them(self):
        for processor, there in [("max", 1), ("qemu64", 0)]:
            self.assertEqual(self.run_tester("random=%d" % there, "-cpu", processor), ["random"])

    def test_services_are_restarted(self):
        number = self.misdeeds().index("write_text")
        with Machine(archive=tester_archive("idle=0", "serve=1 misdeed=%d" % number, "always")) as booted:
            booted.read_until(r"^\[kernel\] exception 14 in second \(PID 21\) at 0x4\w+, address 0x4\w+$")
            booted.read_until(r"^\[kernel\]   #0  0x0000000000\w+ (touch|write_text)\+0x\w+$")
            booted.read_until(r"^\[kernel\]   #\d+ +0x0000000000\w+ fiber_main\+0x\w+$")
            booted.read_until(r"^\[init\] second: page fault writing 0x4\w+ at instruction 0x4\w+$")
            booted.read_until(r"^\[init\] second was killed by signal 11; starting it again$")
            booted.read_until(r"^\[init\] second was killed by signal 11; starting it again in \d+ ms$")

    def test_init_is_restarted(self):
        # One that cannot bear to see a service end.
        init = bytearray(machine.image("init"))
        at = function_offset(init, "lifecycle_receipt")
        init[at:at + 2] = b"\x0f\x0b"
        with Machine(archive=tester_archive("idle=0", "serve=1 later=500", init=bytes(init))) as booted:
            booted.read_until(r"^\[init\] All services started$")
            booted.read_until(r"^\[kernel\] exception 6 in init \(PID 1\)")
            booted.read_until(r"^\[kernel\] init ended with code 260$")
            booted.read_until(r"^\[kernel\] init died; starting it again$")
            booted.read_until(r"^\[init\] init_server started \(PID 1\)$")

    def test_latency(self):
        done = self.run_tester("latency=16", "-icount", "shift=0,sleep=off")
        self.assertEqual(done, ["latency", "hoarder_lives", "hoard_returns"])

    def test_typed_too_much(self):
        # As much as the pipe takes at once.
        with Machine(archive=tester_archive("listen=1")) as booted:
            booted.read_until(r"^\[test\] listens$")
            booted.type("0123456789" * 6000)
            line = booted.read_until(r"^\[kernel\] \d+ bytes that came .* are lost: ", r"^\[test\] FAILED")
        self.assertTrue(line.startswith("[kernel] "), line)
        self.assertLessEqual(int(line.split()[1]), 60000 - 4096)


if __name__ == "__main__":
    machine.need_qemu()
    harness.main()
