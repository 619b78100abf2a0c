"""The heartbeats of a running hpctrain, read from outside: which phase each rank is in right now."""
import mmap
import os
import signal
import struct
import time

ENTRY = struct.Struct("<QQIIddI84xii?")  # core/heartbeat.hpp padded to 128 bytes, then comm/heartbeat_table.hpp
ENTRY_BYTES = 256
PHASES = ("data_wait", "make_batch", "forward", "backward", "communication", "optimizer", "checkpoint", "evaluation",
          "start", "other", "idle")


class Heartbeats:
    """Found through the descriptor of the node's leader: the memory has no name."""

    def __init__(self, process: int):
        for entry in os.listdir(f"/proc/{process}/fd"):
            path = f"/proc/{process}/fd/{entry}"
            if "memfd:hpctrain-heartbeats" in os.readlink(path):
                with open(path, "rb") as file:
                    self.memory = mmap.mmap(file.fileno(), 0, mmap.MAP_SHARED, mmap.PROT_READ)
                return
        raise LookupError("no heartbeats here")

    def ranks(self) -> list[dict]:
        found = []
        for offset in range(0, len(self.memory) - ENTRY_BYTES, ENTRY_BYTES):
            step, sequence, phase, steps_here, progress, alive, team, rank, process, has_left = ENTRY.unpack_from(
                self.memory, offset)
            found.append({"rank": rank, "process": process, "step": step, "phase": PHASES[phase],
                          "steps_here": steps_here, "team": team})
        return found


def find_heartbeats(processes, timeout: float = 30) -> Heartbeats:
    """Of a run whose ranks are among `processes()`, once every rank has made a few steps."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        for process in processes():
            try:
                beats = Heartbeats(process)
            except (OSError, LookupError, ValueError):
                continue
            if all(rank["steps_here"] >= 3 for rank in beats.ranks()):
                return beats
        time.sleep(0.01)
    raise TimeoutError("the run published no heartbeats")


def stop_rank_in(beats: Heartbeats, rank: int, phase: str, timeout: float = 30) -> dict:
    """SIGSTOPs the rank while it is in `phase`; one that had moved on by then is let go and tried again."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        seen = beats.ranks()[rank]
        if seen["phase"] != phase:
            continue
        os.kill(seen["process"], signal.SIGSTOP)
        time.sleep(0.002)  # the signal arrives when the kernel gets to it
        seen = beats.ranks()[rank]
        if seen["phase"] == phase:
            return seen
        os.kill(seen["process"], signal.SIGCONT)
        time.sleep(0.001)
    raise TimeoutError(f"rank {rank} was never caught in {phase}")
