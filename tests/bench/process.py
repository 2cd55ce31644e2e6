"""What Linux tells of a process: the time it has used, and its memory."""

import os
import re
from contextlib import suppress
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """Return how long a process has kept a core busy so far, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def family_cpu_seconds(pid: int) -> float:
    """Return the same of a process and its children, those that have ended among them."""
    ended = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[13:15]
    found = cpu_seconds(pid) + sum(map(int, ended)) / _TICKS
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        with suppress(OSError):  # one that ends meanwhile
            found += cpu_seconds(int(child))
    return found


def memory_mb(pid: int) -> float:
    """Return how much memory a process has now, in MB of 1024 KB."""
    return _status(pid, "VmRSS")


def peak_memory_mb(pid: int) -> float:
    """Return how much memory a process has had at most, in MB of 1024 KB."""
    return _status(pid, "VmHWM")


def _status(pid: int, name: str) -> float:
    found = re.search(rf"^{name}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    if found is None:
        raise OSError(f"process {pid} has no {name}")
    return int(found[1]) / 1024
