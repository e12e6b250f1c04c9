"""A bad link to the network stack: Linux's own address moves behind a relay of frames that delays, loses, doubles
and overtakes them, by chance with a seed. netem(8) does as much where Linux has it; this needs a TAP only."""

import fcntl
import heapq
import os
import random
import select
import socket
import struct
import subprocess
import threading
import time

from tap import GATEWAY, TAP

FAR = "relay0"
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454ca, 2, 0x1000
OUTGOING = 4  # packet(7): PACKET_OUTGOING
ALL = 3       # ETH_P_ALL


class Relay(threading.Thread):
    """Between the stack's TAP and one of its own. Chances are 0 to 1, times in seconds."""

    def __init__(self, seed, loss=0.0, double=0.0, delay=0.0, late=0.0, lateness=0.003):
        super().__init__()
        self.random = random.Random(seed)
        self.loss, self.double, self.delay, self.late, self.lateness = loss, double, delay, late, lateness
        self.waiting = []  # heap of (time, number, whether it goes to Linux, frame)
        self.number = self.lost = 0
        self.stop, self.stopped = os.pipe()

    def __enter__(self):
        self.linux = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(self.linux, TUNSETIFF, struct.pack("16sH", FAR.encode(), IFF_TAP | IFF_NO_PI))
        self.stack = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL))
        self.stack.bind((TAP, ALL))
        for arguments in [["address", "flush", "dev", TAP], ["address", "add", GATEWAY + "/24", "dev", FAR],
                          ["link", "set", "dev", FAR, "up"]]:
            subprocess.run(["ip", *arguments], check=True)
        self.start()
        return self

    def __exit__(self, kind, value, trace):
        os.write(self.stopped, b"x")
        self.join()
        self.stack.close()
        for descriptor in [self.linux, self.stop, self.stopped]:
            os.close(descriptor)

    def take(self, to_linux, frame):
        for _ in range(2 if self.random.random() < self.double else 1):
            if self.random.random() < self.loss:
                self.lost += 1
                continue
            due = time.monotonic() + self.delay + (self.lateness if self.random.random() < self.late else 0)
            self.number += 1
            heapq.heappush(self.waiting, (due, self.number, to_linux, frame))

    def send(self):
        while self.waiting and self.waiting[0][0] <= time.monotonic():
            _, _, to_linux, frame = heapq.heappop(self.waiting)
            try:
                if to_linux:
                    os.write(self.linux, frame)
                else:
                    self.stack.send(frame)
            except OSError:
                self.lost += 1

    def run(self):
        while True:
            wait = max(0, self.waiting[0][0] - time.monotonic()) if self.waiting else None
            ready, _, _ = select.select([self.linux, self.stack, self.stop], [], [], wait)
            if self.stop in ready:
                return
            if self.linux in ready:
                self.take(False, os.read(self.linux, 65536))
            if self.stack in ready:
                frame, address = self.stack.recvfrom(65536)
                if address[2] != OUTGOING:
                    self.take(True, frame)
            self.send()
