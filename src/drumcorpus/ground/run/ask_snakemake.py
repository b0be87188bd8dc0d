"""What snakemake answers to those who are no run: plans of jobs, and one product made elsewhere."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import orjson

from drumcorpus.ground.files.project_files import package_folder
from drumcorpus.ground.run.layout import WRITTEN
from drumcorpus.ground.run.run_manifest import manifest_path
from drumcorpus.ground.run.state_folder import STATE_FOLDER
from drumcorpus.ground.run.together import ALONE_ASKED

# Its name follows from no setting: what a killed process has left is told by it.
REPLAY = "replay-"
SNAKEMAKES_FOLDER = ".snakemake"
N_LINES = 20  # of what snakemake said, where it failed


def plan_jobs(
    checkout: Path, options: Sequence[str], targets: Iterable[str], *, forced: bool = True
) -> dict:
    """What every job on the way to some targets would record, as ``workflow/plan_jobs.py`` says.

    Parameters
    ----------
    checkout : Path
        Folder of the Snakefile.
    options : sequence of str
        ``--configfile`` and ``--config`` with their values.
    targets : iterable of str
        Names of targets, and paths below the working folder.
    forced : bool
        Ask every job, and not only those that a run would start.

    Returns
    -------
    planned : dict
        What the script writes, and `said`: what was said of the configuration, line by line. Where
        no rule makes one of the targets, there are no jobs, and a `problem`.

    Raises
    ------
    ValueError
        If the configuration is refused; with what snakemake said.
    """
    is_new = not Path(SNAKEMAKES_FOLDER).exists()
    with tempfile.TemporaryDirectory(prefix="drumcorpus-plan-") as folder:
        answer = Path(folder, "plan.json")
        command = [str(checkout / "workflow/plan_jobs.py"), str(answer), *_of(checkout, options)]
        command += ["--forceall"] if forced else []
        done = _python(checkout, [*command, "--", *targets])
        if is_new:
            _remove_empty_folders(Path(SNAKEMAKES_FOLDER))
        if not answer.is_file():
            raise ValueError(_last_words(done))
        return orjson.loads(answer.read_bytes()) | {"said": done.stdout.splitlines()}


def make_again(
    checkout: Path,
    options: Sequence[str],
    planned: Mapping,
    product: str,
    *,
    cores: int,
    whole: bool,
) -> Path:
    """Make a product again in a folder of its own, below the state folder of the working one.

    Parameters
    ----------
    checkout, options
        As of `plan_jobs`.
    planned : mapping
        What `plan_jobs` said.
    product : str
    cores : int
    whole : bool
        Make all that it rests on again too, from the raw files; else its inputs are taken as they
        stand.

    Returns
    -------
    folder : Path
        Where the product stands by its own path; the caller takes the folder away.

    Raises
    ------
    ValueError
        If it could not be made, with what snakemake said.
    """
    own = [job for job in planned["jobs"] if product in (path for _, path in job["outputs"])]
    made = {
        Path(path) for job in planned["jobs"] if whole or job in own for _, path in job["outputs"]
    }
    if outside := sorted(str(path) for path in made if path.is_absolute()):
        raise ValueError(f"{outside[0]}: would be written in its place, and not in another folder")
    Path(STATE_FOLDER).mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=REPLAY, dir=STATE_FOLDER)).absolute()
    try:
        # What stands beside a product outside the folders of products is made with it: a demo.
        made_in = {path.parent for path in made if path.parts[0] not in WRITTEN}
        _show_what_is_not_made(Path(), folder, made_in)
        only = []
        if not whole:
            only = ["--allowed-rules", *(job["rule"] for job in own)]
            for _, path in (pair for job in own for pair in job["inputs"]):
                if not Path(path).is_absolute():
                    _lend(Path(path), folder)
        command = ["-m", "snakemake", *_of(checkout, options), "--directory", str(folder)]
        command += ["--cores", str(cores), "--quiet", "rules", *only, "--", product]
        done = _python(checkout, command, **{ALONE_ASKED: "1"})
        if done.returncode != 0:
            raise ValueError(_last_words(done))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


def _remove_empty_folders(folder: Path) -> None:
    """Take away the folders that Snakemake makes for itself before it does anything."""
    for path in sorted(folder.rglob("*"), reverse=True):
        with contextlib.suppress(OSError):  # a file, or what a run has filled meanwhile
            path.rmdir()
    with contextlib.suppress(OSError):
        folder.rmdir()


def _show_what_is_not_made(here: Path, folder: Path, made_in: Collection[Path]) -> None:
    """Links to all that the config may name by a relative path: raw data, files of its own."""
    for entry in sorted(here.iterdir()):
        is_state = here == Path() and (entry.name in WRITTEN or entry.name.startswith("."))
        if is_state or entry in made_in:
            continue
        if any(made.is_relative_to(entry) for made in made_in):
            (folder / entry).mkdir()
            _show_what_is_not_made(entry, folder, made_in)
        else:
            (folder / entry).symlink_to(entry.absolute())


def _lend(path: Path, folder: Path) -> None:
    """An input with its run manifest, in a folder where nothing else of the run stands."""
    if path.parts[0] not in WRITTEN or path.parts[0] == STATE_FOLDER:
        return
    target, record = folder / path, manifest_path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    if path.is_file():
        try:
            os.link(path, target)
        except OSError:  # no links on this file system
            shutil.copyfile(path, target)
    if record.is_file():  # never linked: the next run knows its run manifests by their change times
        shutil.copyfile(record, folder / record)


def _of(checkout: Path, options: Sequence[str]) -> list[str]:
    return ["--snakefile", str(checkout / "Snakefile"), *options]


def _python(checkout: Path, arguments: list[str], **variables: str) -> subprocess.CompletedProcess:
    """Run this Python on the code of a checkout, with `variables` of the environment.

    What it says is kept.
    """
    path = os.pathsep.join([str(package_folder(checkout).parent), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, *arguments],
        env=os.environ | variables | {"PYTHONPATH": path.rstrip(os.pathsep)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )


def _last_words(done: subprocess.CompletedProcess) -> str:
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    return "snakemake refused:\n  " + "\n  ".join(lines[-N_LINES:])
