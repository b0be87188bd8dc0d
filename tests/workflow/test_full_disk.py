"""Full disks of six sizes: each says so in its last words, and with room the same run ends well.

One disk grows in steps, so that a run is stopped several times before it comes to its end.
"""

import re
import subprocess

import pytest
from mounts import unmounted_at_last
from other_folders import MAKE_RUN, SNAKEMAKE, command_into, half_made
from small_project import Project

pytestmark = [pytest.mark.workflow, pytest.mark.long]

ROOM_KB = 60_000
LAST_WORDS = re.compile(
    r"\nSTOPPED[^:]*: (?P<file>[^;]+) could not be written: there is not enough space for it "
    r"\((?P<free>[\d,]+ [kM]B) of [\d,]+ [kM]B free[^)]*\); what is finished is kept"
    r"(, (?P<done>\d+) of (?P<planned>\d+) jobs of this run)?; make room there, then run the same "
    r"command again: it carries on where it stopped\.\n$"
)


class Disk:
    """A file system of its own in memory, whose size can be changed."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()

    def mount(self, kilobytes):
        self._call("mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs")

    def resize(self, kilobytes):
        self._call("mount", "-o", f"remount,size={kilobytes}k")

    def _call(self, *command):
        done = subprocess.run([*command, self.folder], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")


@pytest.fixture
def disk(tmp_path):
    disk = Disk(tmp_path / "disk")
    with unmounted_at_last(disk.folder):
        yield disk


@pytest.mark.parametrize(
    ("sizes_kb", "command"),
    [([200, 1_400, 8_000], MAKE_RUN), ([600, 2_600, 15_000], SNAKEMAKE)],
    ids=["make-run", "snakemake"],
)
def test_a_full_disk_has_the_last_word_and_loses_nothing(built, disk, figures, sizes_kb, command):
    disk.mount(sizes_kb[0])
    for size in sizes_kb:
        disk.resize(size)
        done = built.run(*command_into(built, disk.folder, command), check=False)
        assert done.returncode == 1, done.said
        words = LAST_WORDS.search(done.said)
        assert words, done.said[-3000:]
        for unwanted in ("Traceback", "Logging error", "rrno"):
            assert unwanted not in done.said
        figures(
            f"disk of {size:,} kB: {words['done'] or 0} of {words['planned'] or '?'} jobs, "
            f"{words['free']} free, stopped at {words['file']}"
        )
    disk.resize(ROOM_KB)
    done = built.run(*command_into(built, disk.folder, command), check=False)
    assert done.returncode == 0, done.said
    assert Project(disk.folder).products() == built.products()
    figures(f"with room: {len(built.products()):,} products as in an undisturbed build")
    assert half_made(disk.folder) == []
