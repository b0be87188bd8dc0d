"""A SLURM cluster on this machine: one controller and some nodes on loopback, without systemd.

Everything lies in one folder: settings, keys, states, logs. No root is needed, and nothing is
written elsewhere. What is started is ended by its process id.
"""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

PROGRAMS = ("munged", "munge", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scontrol")
# Debian's folders of daemons, which are not on the path of everybody.
_SBIN = ("/usr/sbin", "/sbin")

SETTINGS = """\
ClusterName=drumcorpus
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SlurmdParameters=config_overrides
# A job that takes more memory than it asked for is ended: looked at every second.
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
MinJobAge=3600
ReturnToService=2
SlurmdTimeout=10
SlurmctldTimeout=10
KillWait=2
InactiveLimit=0
Waittime=0
SchedulerType=sched/backfill
"""


def missing_programs() -> list[str]:
    """The programs of SLURM and munge that are not on this machine."""
    return [name for name in PROGRAMS if _program(name) is None]


class Cluster:
    """A cluster of nodes `node1`, `node2`, ..., of two threads each.

    Parameters
    ----------
    folder
        Where it lies; a short path, for it has sockets.
    memory_mb
        Memory of each node.
    """

    def __init__(self, folder: Path, n_nodes: int = 2, memory_mb: int = 4000):
        self.folder, self.memory_mb = folder, memory_mb
        self.nodes = [f"node{number + 1}" for number in range(n_nodes)]
        self.settings = folder / "slurm.conf"
        self.started: list[int] = []

    def environment(self) -> dict[str, str]:
        """The environment in which commands speak to this cluster and to no other."""
        path = f"{self.folder}/bin:{os.environ['PATH']}"
        return os.environ | {"SLURM_CONF": str(self.settings), "PATH": path}

    def __enter__(self) -> "Cluster":
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *failure) -> None:
        self.stop()

    def _start(self) -> None:
        for name in ("munge", "state", "bin", *(f"spool-{node}" for node in self.nodes)):
            (self.folder / name).mkdir(parents=True, mode=0o700)
        self._write_settings()
        self._start_munge()
        self._daemon("slurmctld", "-f", str(self.settings))
        wait_until(lambda: self.ask("scontrol", "ping", check=False).returncode == 0, 30)
        for node in self.nodes:
            self.start_node(node)
        wait_until(lambda: all(self.state_of(node) == "idle" for node in self.nodes), 60)

    def _write_settings(self) -> None:
        host, ports = socket.gethostname().partition(".")[0], free_ports(1 + len(self.nodes))
        user = pwd.getpwuid(os.geteuid()).pw_name
        lines = [
            SETTINGS.format(host=host, user=user, folder=self.folder, port=ports[0]),
            *(
                f"NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=2 "
                f"RealMemory={self.memory_mb} State=UNKNOWN\n"
                for node, port in zip(self.nodes, ports[1:], strict=True)
            ),
            f"PartitionName=debug Nodes={','.join(self.nodes)} Default=YES MaxTime=1-00:00:00\n",
        ]
        self.settings.write_text("".join(lines))
        (self.folder / "cgroup.conf").write_text("CgroupAutomount=no\n")
        # The executor takes SLURM_CONF out of the environment of the srun within its jobs.
        srun = self.folder / "bin/srun"
        real = _program("srun")
        srun.write_text(f"#!/bin/sh\nSLURM_CONF='{self.settings}' exec '{real}' \"$@\"\n")
        srun.chmod(0o755)

    def _start_munge(self) -> None:
        folder = self.folder / "munge"
        (folder / "key").write_bytes(os.urandom(1024))
        (folder / "key").chmod(0o400)
        folder.chmod(0o755)
        self._daemon(
            "munged",
            "--force",
            f"--key-file={folder}/key",
            f"--socket={folder}/socket",
            f"--pid-file={self.folder}/munged.pid",
            f"--log-file={folder}/log",
            f"--seed-file={folder}/seed",
        )

    def start_node(self, node: str) -> None:
        """Start the daemon of one node."""
        self._daemon("slurmd", "-f", str(self.settings), "-N", node, name=f"slurmd-{node}")

    def _daemon(self, program: str, *arguments: str, name: str | None = None) -> None:
        pid_file = self.folder / f"{name or program}.pid"
        pid_file.unlink(missing_ok=True)
        subprocess.run(
            [_program(program), *arguments],
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            check=True,
        )
        wait_until(lambda: pid_file.is_file() and pid_file.read_text().strip(), 30)
        self.started.append(int(pid_file.read_text()))

    def ask(self, *command: str, check: bool = True) -> subprocess.CompletedProcess:
        """Run one of SLURM's commands."""
        return subprocess.run(
            command, env=self.environment(), capture_output=True, text=True, check=check
        )

    def state_of(self, node: str) -> str:
        """The state of a node, such as idle, mixed, allocated, down*."""
        return self.ask("sinfo", "-h", "-n", node, "-o", "%T").stdout.strip()

    def jobs(self, *states: str) -> list[dict[str, str]]:
        """Jobs by id, state, node, memory, folder and comment; of some states, or of all."""
        names = ("id", "state", "node", "memory", "folder", "comment")
        text = self.ask("squeue", "-h", "--states=all", "-o", "%i|%T|%N|%m|%Z|%k").stdout
        rows = [dict(zip(names, line.split("|"), strict=True)) for line in text.splitlines()]
        return [row for row in rows if not states or row["state"] in states]

    def kill_node(self, node: str) -> None:
        """End a node and all that works on it by SIGKILL, as when its power goes."""
        daemon = int((self.folder / f"slurmd-{node}.pid").read_text())
        doomed = [daemon]
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                variables = (entry / "environ").read_bytes()  # the path has our folder
                named = f"SLURMD_NODENAME={node}".encode() in variables.split(b"\0")
                if named and str(self.folder).encode() in variables:
                    doomed += [int(entry.name), *_step_daemons(entry)]
        for pid in doomed:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        """End all daemons; of what they started nothing stays either."""
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            numbers = [row["id"] for row in self.jobs("RUNNING", "PENDING", "COMPLETING")]
            if numbers:
                self.ask("scancel", *numbers, check=False)
                time.sleep(2)
        for pid in reversed(self.started):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        for pid in reversed(self.started):
            with contextlib.suppress(TimeoutError):
                wait_until(lambda pid=pid: not Path(f"/proc/{pid}").is_dir(), 15)
                continue
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.started.clear()


def wait_until(condition, seconds: float):
    """Wait until a condition holds, and return what it gives.

    Raises
    ------
    TimeoutError
        If it does not within `seconds`.
    """
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s: {condition}")
        time.sleep(0.2)
    return value


def free_ports(number: int) -> list[int]:
    """Ports of loopback that nobody listens on just now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _step_daemons(entry: Path) -> list[int]:
    """The daemon of the step that a process belongs to, if it is its parent."""
    parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    name = Path(f"/proc/{parent}/comm").read_text()
    return [parent] if name.startswith("slurmstepd") else []


def _program(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path=":".join(_SBIN))
