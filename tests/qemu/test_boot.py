"""The bare-metal image boots as the hosted system does, and says so when it cannot."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest

import machine
from machine import Machine, harness

# What only one of them has to say: of what each kernel runs on, of Linux's mounts, and of the shell, which is a
# service on metal and a command on Linux. The network stack is not on metal yet.
OWN_LINES = (
    r"^\[kernel\] Drydock \S+, instance ",
    r"^\[kernel\] placement: ",
    r"^\[kernel\] Drydock \S+ on bare metal, ",
    r"^\[kernel\] services are up ",
    r"^\[shell\] shell_server started \(PID 7\)$",
    # Where the emulated processor has no randomness to give.
    r"^\[net\] No TCP: ",
)


def comparable(lines):
    """The lines of a boot log that both have, without numbers."""
    kept = []
    for line in lines:
        if line.startswith("[") and not any(re.search(own, line) for own in OWN_LINES):
            kept.append(re.sub(r"\d+", "N", line))
        if line == "[init] Waiting for events...":
            break
    return kept


def hosted_log():
    with harness.Instance() as instance:
        with open(os.path.join(instance.directory, "console"), encoding="utf-8") as file:
            return comparable(file.read().splitlines())


class BootTest(unittest.TestCase):
    def check_log(self, *arguments, **options):
        with Machine(*arguments, **options) as booted:
            lines = booted.boot()
            # The prompt is the next that comes, but for the kernel's line.
            self.assertRegex(booted.expect(r"drydock:/\$ "), r"\A\[kernel\] services are up [^\n]*\n\rdrydock:/\$ \Z")
        found = comparable(lines)
        self.assertIn("[shell] shell_server started (PID 7)", lines)
        wanted = hosted_log()
        self.assertIn("[vfs] tmpfs mounted at /", wanted)
        self.assertEqual(found, wanted)

    def test_default_processor(self):
        self.check_log()

    def test_largest_processor(self):
        self.check_log("-cpu", "max")

    def test_another_chipset_and_more_memory(self):
        # More than 4 GiB: memory in two ranges, one of them above what the first page tables map.
        self.check_log("-machine", "q35", memory=5000)

    def test_grub(self):
        for tool in ("grub-mkrescue", "xorriso", "mformat"):
            if shutil.which(tool) is None:
                self.skipTest("%s is not installed: scripts/setup installs it" % tool)
        with tempfile.TemporaryDirectory() as directory:
            tree = os.path.join(directory, "tree")
            os.makedirs(os.path.join(tree, "boot", "grub"))
            shutil.copy(machine.KERNEL, os.path.join(tree, "boot", "kernel"))
            shutil.copy(machine.ARCHIVE, os.path.join(tree, "boot", "archive"))
            with open(os.path.join(tree, "boot", "grub", "grub.cfg"), "w", encoding="utf-8") as file:
                file.write("set timeout=0\nmenuentry drydock {\n\tmultiboot2 /boot/kernel\n"
                           "\tmodule2 /boot/archive\n\tboot\n}\n")
            iso = os.path.join(directory, "drydock.iso")
            subprocess.run(["grub-mkrescue", "-o", iso, tree], check=True, capture_output=True)
            self.check_log("-cdrom", iso, kernel=None, archive=None)

    def test_figures(self):
        size = os.path.getsize(machine.KERNEL) + os.path.getsize(machine.ARCHIVE)
        self.assertLess(size, 3 * 1024 * 1024)
        with Machine("-icount", "shift=0,sleep=off") as booted:
            line = booted.read_until("services are up")
        self.assertLess(int(re.search(r"(\d+) ms after entry", line).group(1)), 500)


class BrokenTest(unittest.TestCase):
    def says(self, wanted, **options):
        with Machine(**options) as broken:
            lines = broken.halt()
        self.assertIn("[kernel] " + wanted, lines)

    def without(self, **changes):
        files = machine.standard_files()
        for name, data in changes.items():
            if data is None:
                del files[name]
            else:
                files[name] = data
        return machine.archive(files)

    def test_no_archive(self):
        self.says("there is no boot archive: give the loader one as initrd or module", archive=None)

    def test_truncated(self):
        with open(machine.ARCHIVE, "rb") as file:
            whole = file.read()
        for size in (1, 109, 111, len(whole) // 2, len(whole) - 100):
            self.says("the boot archive is broken: it is cut off", archive=whole[:size])

    def test_no_cpio(self):
        self.says("the boot archive is broken: it is no cpio archive of the new ASCII format",
                  archive=b"\x1f\x8b" + bytes(4096))

    def test_nothing_to_start(self):
        self.says("the boot archive has no init", archive=self.without(init=None))
        self.says("the boot archive has no manifest of this version", archive=self.without(manifest=None))
        self.says("the boot archive has no manifest of this version",
                  archive=self.without(manifest=bytes(len(machine.standard_files()["manifest"]))))

    def test_init_is_broken(self):
        init = machine.image("init")
        self.says("image 'init' cannot be run: it is cut off", archive=self.without(init=init[:63]))
        self.says("image 'init' cannot be run: it is no 64-bit ELF file", archive=self.without(init=b"#!" + init[2:]))
        self.says("image 'init' cannot be run: a segment is cut off", archive=self.without(init=init[:9000]))

    def test_init_dies(self):
        # A program that is sound and does nothing but crash: the entry is in the middle of nowhere sensible.
        init = bytearray(machine.image("init"))
        entry = int.from_bytes(init[24:32], "little") - 0x400000 + 0x1000
        init[entry:entry + 2] = b"\x0f\x0b"
        self.says("boot failed: init died before all services were up", archive=self.without(init=bytes(init)))

    def test_server_is_broken(self):
        with Machine(archive=self.without(vfs=b"")) as broken:
            lines = broken.halt()
        self.assertIn("[kernel] image 'vfs' cannot be run: it is cut off", lines)
        self.assertTrue(lines[-2].startswith("[kernel] boot failed: vfs "), lines[-2])

    def test_panic(self):
        # No process can bring one about; the button on the computer's front can.
        with Machine() as pressed:
            pressed.boot()
            pressed.expect(r"drydock:/\$ ")
            # While there is nothing to do: the kernel's own names are to be seen.
            while "HLT=1" not in pressed.monitor("info registers"):
                pass
            pressed.monitor("nmi")
            text = "\n".join(pressed.halt())
        self.assertIn("[kernel] panic: non-maskable interrupt, vector 2, error code 0x0\n", text)
        self.assertRegex(text, r"\n\[kernel\]   rip \w{16} rsp \w{16} rbp \w{16} rfl \w{16}\n")
        self.assertRegex(text, r"\n\[kernel\]   #0  0xffffffff8\w{7} machine_run\+0x\w+\n")

    def test_too_little_memory(self):
        # Of so little the whole archive would leave nothing for the image, nor for the kernel to say so.
        files = {name: data for name, data in machine.standard_files().items()
                 if name not in ("netstack", "shell", "vfs")}
        with Machine(memory=2, archive=machine.archive(files)) as small:
            self.assertIn("too little memory", "\n".join(small.halt()))


if __name__ == "__main__":
    machine.need_qemu()
    harness.main()
