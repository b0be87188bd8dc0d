"""Exports that are disturbed while they are made: kills, a disk that fills, audio that changes."""

import contextlib
import hashlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from mounts import unmounted_at_last
from other_folders import half_made
from small_project import copy_of
from test_full_disk import LAST_WORDS

from drumcorpus.ground.run.state import remember_manifests

pytestmark = [pytest.mark.workflow, pytest.mark.long]

SEED = 13
N_KILLS = 20
LONGEST_DELAY_S = 6.0
JOBS = ("write_samples", "measure_export", "enforce_export_gates", "list_labels", "assemble_export")
EXPORT, SAMPLES = "results/export/prod_combined", "results/samples/prod_combined"
DISK_BYTES = 200_000_000
# bytes left free and what is asked for then
ROOM = ((400_000, "all"), (5_000_000, "all"), (14_000_000, "all"), (2_000_000, "export_segments"))


TREES = ("results/export", "results/samples", "reports/export", "results/gates/export")


def take_exports_away(project):
    """As if no export had been made: their products, and what is kept of these."""
    for tree in TREES:
        for top in ("", ".drumcorpus/kept/"):
            shutil.rmtree(project.path(top + tree), ignore_errors=True)
    with contextlib.chdir(project.folder):
        remember_manifests()


def jobs_at_work(group):
    """The jobs of exports at which a process of the group works."""
    names = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            command = (folder / "cmdline").read_text()
        except (OSError, UnicodeDecodeError):  # it has ended, or is none of ours
            continue
        script = re.search(r"/\.snakemake/scripts/tmp\w+\.(\w+)\.py", command)
        if int(fields[2]) == group and script and script[1] in JOBS:
            names.append(script[1])
    return names


def kill_at_work(project, delay):
    """Kill a run of all exports a while after its first job began; the jobs it was at."""
    command = ("-m", "snakemake", "--configfile", "mine.yaml", "--cores", "2", "--", "export")
    run = subprocess.Popen(
        [sys.executable, *command],
        cwd=project.folder,
        env=project.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while run.poll() is None and not jobs_at_work(run.pid):
        time.sleep(0.02)
    end = time.monotonic() + delay
    while run.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    jobs = jobs_at_work(run.pid)
    if run.poll() is None:
        os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    return jobs


def false_listings(project):
    """What is listed as written and is not there as it is listed."""
    listed = []
    for table in project.path(SAMPLES).glob("*/*/*.files.parquet"):
        folder = project.path(EXPORT) / table.relative_to(project.path(SAMPLES)).parts[0]
        listed += [(folder, row) for row in pq.read_table(table).to_pylist()]
    for table in project.path(EXPORT).glob("*/files.parquet"):
        listed += [(table.parent, row) for row in pq.read_table(table).to_pylist()]
    for listing in project.path(EXPORT).glob("*/SHA256SUMS"):
        for line in listing.read_text().splitlines():
            sha256, path = line.split("  ", 1)
            listed.append((listing.parent, {"path": path, "sha256": sha256}))
    return [
        str(folder / row["path"])
        for folder, row in listed
        if not (folder / row["path"]).is_file()
        or hashlib.sha256((folder / row["path"]).read_bytes()).hexdigest() != row["sha256"]
    ]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs the process table of Linux")
def test_twenty_kills_while_exports_are_made_leave_no_trace(project, figures):
    before = project.products()
    draw = random.Random(SEED)
    take_exports_away(project)
    hit, n_kills, n_whole = Counter(), 0, 0
    while n_kills < N_KILLS:
        jobs = kill_at_work(project, draw.uniform(0, LONGEST_DELAY_S))
        assert false_listings(project) == []
        n_kills += bool(jobs)
        hit.update(jobs)
        if not jobs:  # all was made, or no job was at work
            n_whole += 1
            assert n_whole <= 2 * N_KILLS, "the runs end before they are killed"
            take_exports_away(project)
    assert hit["write_samples"] > 0
    project.snakemake("all")
    assert project.products() == before
    assert false_listings(project) == []
    assert half_made(project.folder) == []
    figures(f"{n_kills} kills while exports were made, at {dict(sorted(hit.items()))}")


@pytest.fixture
def disk(tmp_path):
    """A small disk: a file with a file system of its own, or memory where none can be mounted."""
    folder, image = tmp_path / "disk", tmp_path / "disk.img"
    folder.mkdir()
    with image.open("wb") as file:
        file.truncate(DISK_BYTES)
    commands = [
        [
            ["mkfs.ext4", "-q", "-m", "0", str(image)],
            ["mount", "-o", "loop", str(image), str(folder)],
        ],
        [["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)]],
    ]
    with unmounted_at_last(folder):
        if not any(all(map(succeeds, each)) for each in commands):
            pytest.skip("no file system can be mounted here")
        yield folder


def succeeds(command):
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:  # there is no such program
        return False


def leave_room(folder, n_bytes):
    """Fill a disk but for some bytes."""
    ballast = folder / "ballast"
    ballast.unlink(missing_ok=True)
    stat = os.statvfs(folder)
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, stat.f_bavail * stat.f_frsize - n_bytes)


def test_a_disk_that_fills_while_exports_are_made_has_the_last_word(built, disk, figures):
    project = copy_of(built.folder, disk / "project")
    project.snakemake("all")
    before = project.products()
    stopped = []
    for n_bytes, target in ROOM:
        # what an earlier run finished, is chance: nothing is left of it, so that this one has work
        take_exports_away(project)
        leave_room(disk, n_bytes)
        done = project.snakemake("--quiet", "rules", "--", target, check=False)
        assert done.returncode == 1
        words = LAST_WORDS.search(done.said)
        assert words, done.said[-3000:]
        assert "Traceback" not in done.said
        stopped.append(words["file"])
        figures(f"{n_bytes:,} bytes free: stopped at {words['file']}, {words['done']} jobs done")
    # which file fills the disk, is chance, and of which of the jobs of two cores; not where one
    # export alone is made
    places = [re.search(f"({EXPORT}|{SAMPLES})/(\\w+)", name) for name in stopped]
    assert all(places), stopped
    assert places[-1][2] == "segments"
    (disk / "ballast").unlink()
    project.snakemake("all")
    assert project.products() == before
    assert false_listings(project) == []
    assert half_made(project.folder) == []


def test_audio_that_changes_while_an_export_is_made_stops_it_by_name(project):
    before = project.products()
    take_exports_away(project)
    script = project.path("workflow/scripts/write_samples.py")
    text = script.read_text()
    sound = sorted(project.path("raw").rglob("*.wav"))[0]
    whole = sound.read_bytes()
    place = len(whole) // 2
    change = f"""
with open({str(sound)!r}, "r+b") as file:
    file.seek({place})
    file.write(bytes([{whole[place] ^ 1}]))
"""
    script.write_text(text.replace("\n\n", f"\n\n{change}\n", 1))
    done = project.snakemake("--keep-going", "all", check=False)
    name = sound.relative_to(project.path("raw")).as_posix()
    digests = [hashlib.sha256(data).hexdigest()[:12] for data in (whole, sound.read_bytes())]
    assert done.returncode == 1
    assert (
        f"{name}: changed since the inventory was taken (sha256 {digests[0]}… there, "
        f"{digests[1]}… now). Run again to take the inventory anew."
    ) in done.said
    assert "Traceback" not in done.said
    assert not list(project.path(EXPORT).glob("*/SHA256SUMS"))
    assert false_listings(project) == []

    script.write_text(text)
    sound.write_bytes(whole)
    project.snakemake("all")
    assert project.products() == before
