"""A SLURM cluster on this machine: one controller and some nodes on loopback, without systemd.

Everything lies in one folder: settings, keys, states, logs. No root is needed, and nothing is
written elsewhere. What is started is ended by its process id.
"""

import os
import pwd
import signal
import socket
import subprocess
import time
from contextlib import ExitStack, suppress
from pathlib import Path

from daemons import end, of_folder, program, send, start_guard, step_daemons, wait_until

PROGRAMS = ("munged", "munge", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scontrol")

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
TaskProlog={folder}/bin/task_prolog
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
    return [name for name in PROGRAMS if program(name) is None]


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
        self.guard: subprocess.Popen | None = None

    def environment(self) -> dict[str, str]:
        """The environment in which commands speak to this cluster and to no other."""
        path = f"{self.folder}/bin:{os.environ['PATH']}"
        return os.environ | {"SLURM_CONF": str(self.settings), "PATH": path}

    def start(self) -> None:
        """Start all daemons.

        Raises
        ------
        OSError
            If one of them does not start.
        TimeoutError
            If one of them does not come to work.
        """
        for name in ("munge", "state", "bin", *(f"spool-{node}" for node in self.nodes)):
            (self.folder / name).mkdir(parents=True, mode=0o700)
        self.guard = start_guard(self.folder)
        self._write_settings()
        self._start_munge()
        self._daemon("slurmctld", "-f", str(self.settings))
        self._wait_for(
            lambda: self.ask("scontrol", "ping", check=False).returncode == 0, "slurmctld"
        )
        for node in self.nodes:
            self.start_node(node)

    def _wait_for(self, condition, name: str) -> None:
        """Wait until a daemon works; what its log says last is the reason where it does not."""
        try:
            wait_until(condition, 60)
        except TimeoutError as error:
            log = self.folder / f"{name}.log"
            lines = log.read_text().splitlines() if log.is_file() else []
            raise TimeoutError(f"{name} does not work: {lines[-1] if lines else error}") from error

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
        real = program("srun")
        srun.write_text(f"#!/bin/sh\nSLURM_CONF='{self.settings}' exec '{real}' \"$@\"\n")
        srun.chmod(0o755)
        prolog = self.folder / "bin/task_prolog"
        prolog.write_text(
            f"#!/bin/sh\ncat {self.folder}/variables-$SLURMD_NODENAME 2>/dev/null || true\n"
        )
        prolog.chmod(0o755)

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

    def start_node(self, node: str, *, without: Path | None = None) -> None:
        """Start the daemon of one node, and wait until it takes jobs.

        Parameters
        ----------
        node
            Its name.
        without
            A folder that is empty there, and for all that works there.

        Raises
        ------
        OSError
            If no folder can be hidden on this machine.
        """
        arguments = ["-f", str(self.settings), "-N", node]
        self._daemon("slurmd", *arguments, name=f"slurmd-{node}", without=without)
        self._wait_for(lambda: self.state_of(node) == "idle", f"slurmd-{node}")

    def stop_node(self, node: str) -> None:
        """End the daemon of one node in good order; jobs there go on."""
        end([int((self.folder / f"slurmd-{node}.pid").read_text())])

    def _daemon(
        self, daemon: str, *arguments: str, name: str | None = None, without: Path | None = None
    ) -> None:
        pid_file = self.folder / f"{name or daemon}.pid"
        pid_file.unlink(missing_ok=True)
        command = [program(daemon), *arguments]
        if without is not None:
            hide = f'mount -t tmpfs none "{without}" && exec "$@"'
            command = ["unshare", "--mount", "sh", "-c", hide, "sh", *command]
        done = subprocess.run(
            command,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise OSError(f"{daemon}: {done.stderr.strip() or done.returncode}")
        wait_until(lambda: pid_file.is_file() and pid_file.read_text().strip(), 30)
        self.started.append(int(pid_file.read_text()))

    def ask(
        self, *command: str, check: bool = True, **variables: str
    ) -> subprocess.CompletedProcess:
        """Run one of SLURM's commands, with some environment variables beside its own."""
        environment = self.environment() | variables
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=check)

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
        jobs = of_folder(self.folder, f"SLURMD_NODENAME={node}")
        daemon = int((self.folder / f"slurmd-{node}.pid").read_text())
        send(signal.SIGKILL, [daemon, *step_daemons(jobs), *jobs])

    def give(self, node: str, **variables: str) -> None:
        """Let all that a node starts from here on have some environment variables; or none."""
        lines = (f"export {name}={value}\n" for name, value in variables.items())
        (self.folder / f"variables-{node}").write_text("".join(lines))

    def stop(self) -> None:
        """End all daemons; of what they started nothing stays either."""
        with suppress(OSError, subprocess.SubprocessError):
            numbers = [row["id"] for row in self.jobs("RUNNING", "PENDING", "COMPLETING")]
            if numbers:
                self.ask("scancel", *numbers, check=False)
                time.sleep(2)
        end(list(reversed(self.started)))
        jobs = of_folder(self.folder)
        end([*jobs, *step_daemons(jobs)])
        self.started.clear()
        if self.guard is not None:
            self.guard.communicate(timeout=60)
            self.guard = None


def free_ports(number: int) -> list[int]:
    """Ports of loopback that nobody listens on just now."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
