#!/usr/bin/env python3
"""Tests the tests: each patch in the directory ext4 breaks the journal, and the crash suite must find it.

A mutant is compiled and linked as the crash suite itself was, its object in
front of the library's.

usage: test_mutants.py [--apply] [NAME...]
  --apply  only sees whether the patches fit the source
  NAME     some of them
"""

import glob
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile

SOURCE = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.path.realpath(os.environ.get("DRYDOCK_BUILD", os.path.join(SOURCE, "build")))
SUITE = "tests/unit/ext4/test_ext4_crash"
LIBRARY = "libserver_ext4.a.p"
STATES = "600"
SECONDS = 900


def output(*command, **options):
    """What a command prints; an error with that where it fails."""
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options)
    if result.returncode != 0:
        raise RuntimeError("%s: %s" % (" ".join(command), result.stdout.strip()))
    return result.stdout


def patched(patch, directory):
    """Applies a patch to a copy of the one file that it changes; the file's path in the source, and the copy."""
    with open(patch, encoding="utf-8") as file:
        path = re.search(r"^\+\+\+ b/(\S+)", file.read(), re.MULTILINE).group(1)
    copy = os.path.join(directory, os.path.basename(path))
    shutil.copy(os.path.join(SOURCE, path), copy)
    output("patch", "--silent", "--force", copy, patch)
    return path, copy


def compiled(path, copy):
    """Compiles a copy of a file of the server; the object."""
    with open(os.path.join(BUILD, "compile_commands.json"), encoding="utf-8") as file:
        command = next(shlex.split(entry["command"]) for entry in json.load(file)
                       if LIBRARY in entry["output"] and entry["file"].endswith(path))
    command = command[:command.index("-o")]
    command = [word for i, word in enumerate(command)
               if word not in ("-MD", "-MQ", "-MF") and command[i - 1] not in ("-MQ", "-MF")]
    # What was broken may leave functions without a use.
    output(*command, "-Wno-unused", "-iquote", os.path.join(SOURCE, os.path.dirname(path)), "-o", copy + ".o", "-c", copy,
           cwd=BUILD)
    return copy + ".o"


def linked(mutant, program):
    """Links the crash suite with an object in place of the library's."""
    lines = output("ninja", "-t", "commands", SUITE, cwd=BUILD).splitlines()
    command = shlex.split(lines[-1])
    command[command.index("-o") + 1] = program
    command.insert(command.index("-o") + 2, mutant)
    output(*command, cwd=BUILD)


def caught(program):
    """The message of the first test that fails; None where none does."""
    environment = dict(os.environ, CK_TAP_LOG_FILE_NAME="-", CK_VERBOSITY="silent", DRYDOCK_CRASH_STATES=STATES,
                       DRYDOCK_CRASH_ALONE="1")
    with tempfile.TemporaryFile("w+") as file:
        process = subprocess.Popen([program], stdout=file, stderr=subprocess.STDOUT, env=environment,
                                   start_new_session=True)
        try:
            process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return "it does not end"
        file.seek(0)
        text = file.read()
    found = re.search(r"^not ok .*? - (.*)", text, re.MULTILINE)
    if not found and process.returncode != 0:
        return "it ends with %d: %s" % (process.returncode, text.strip()[-200:])
    return found.group(1) if found else None


def tried(patch, only_apply):
    """Whether a mutant is caught, or its patch fits, and what is to be said of it."""
    with tempfile.TemporaryDirectory() as directory:
        try:
            path, copy = patched(patch, directory)
            if only_apply:
                return True, path
            program = os.path.join(directory, "test")
            linked(compiled(path, copy), program)
            message = caught(program)
        except RuntimeError as error:
            return False, str(error)
    return message is not None, message or "it is not caught"


def main():
    names = [word for word in sys.argv[1:] if word != "--apply"]
    patches = {os.path.basename(path)[:-len(".patch")]: path
               for path in sorted(glob.glob(os.path.join(SOURCE, "tests", "mutants", "ext4", "*.patch")))}
    if not shutil.which("patch") or not shutil.which("mke2fs", path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
        print("1..0 # SKIP patch or e2fsprogs are not installed (scripts/setup brings them)")
        return
    names = names or list(patches)
    failed = False
    print("1..%d" % len(names))
    for number, name in enumerate(names, 1):
        good, message = tried(patches[name], "--apply" in sys.argv)
        failed = failed or not good
        print("%s %d - %s\n# %s" % ("ok" if good else "not ok", number, name, message[:300].replace("\n", "\n# ")),
              flush=True)
    sys.exit(1 if failed else 0)


main()
