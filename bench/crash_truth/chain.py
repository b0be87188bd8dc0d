"""The project's own chain on one root, with the source's word on the crashes hidden.

Of the chain only the products are used: assignments, events and benchmark files.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from company import times_to_others

CHECKOUT = Path(__file__).resolve().parents[2]
SOURCE_SET = "groove_mididataset"
CRASH_OF_NOTE = {49: 1, 55: 1, 57: 2, 52: 2}  # bow and edge of the two crash pads
METHODS = ("mixture", "linkage")  # of crash.clustering.method
METADATA = "metadata_override"  # the method of a name that the source gave
LEAVE_OUT = "leave_out"  # the action of an erratum
OVERLAY = "overlay.yaml"
SAID_LINES = 40  # of snakemake, shown where it fails


def run_folder(folder: Path, method: str | None) -> Path:
    """Where the chain runs for one kit and condition, with the method of clustering, if named."""
    return folder / (f"run_{method}" if method else "run")


def find_run(folder: Path, method: str | None = None) -> Path:
    """A run of the chain for one kit and condition: with `method`, or whichever there is.

    What comes before clustering is the same in all.
    """
    runs = [run_folder(folder, each) for each in ([method] if method else [None, *METHODS])]
    for run in runs:
        if run.is_dir():
            return run
    raise SystemExit(f"{folder} holds no {' and no '.join(run.name for run in runs)}")


def run_chain(
    root: Path,
    folder: Path,
    n_cores: int,
    method: str | None = None,
    after: Path | None = None,
) -> None:
    """Run the target `crash` in `folder`, anew; ends the program where it fails.

    Parameters
    ----------
    root : Path
        Of Groove MIDI's layout.
    method : str, optional
        Of clustering, as ``crash.clustering.method``; without it the configuration's own.
    after : Path, optional
        A run on the same root with another method: what that does not change is taken from there.
        It stays as it is.
    """
    if folder.exists():
        if not (folder / OVERLAY).is_file():
            raise SystemExit(f"{folder} is no folder of this benchmark; it is not touched")
        shutil.rmtree(folder)
    if after is None:
        folder.mkdir(parents=True)
        _run(root, folder, n_cores, method)
        return
    # In its own place, for the chain makes anew what has moved.
    kept = after.with_name(f"{after.name}_kept")
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(after, kept)
    try:
        _run(root, after, n_cores, method)
    finally:
        after.rename(folder)
        kept.rename(after)


def _run(root: Path, folder: Path, n_cores: int, method: str | None) -> None:
    clustering = {"clustering": {"method": method}} if method else {}
    overlay = {
        "use": [SOURCE_SET],
        "source_sets": {SOURCE_SET: {"roots": [str(root.resolve())]}},
        "manifests": {"prod_combined": {"source_sets": [SOURCE_SET]}},
        "crash": {"use_metadata": False, **clustering},
    }
    (folder / OVERLAY).write_text(yaml.safe_dump(overlay), encoding="utf-8")
    command = [sys.executable, "-m", "snakemake", "--snakefile", CHECKOUT / "Snakefile"]
    command += ["--configfile", folder.resolve() / OVERLAY, "--directory", folder.resolve()]
    command += ["--cores", str(n_cores), "--", "crash"]
    with (folder / "snakemake.txt").open("w") as said:
        done = subprocess.run(
            command,
            cwd=CHECKOUT,
            env=os.environ | {"PYTHONPATH": str(CHECKOUT / "src")},
            stdout=said,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        lines = (folder / "snakemake.txt").read_text(encoding="utf-8").splitlines()
        raise SystemExit("\n".join(["the chain failed:", *lines[-SAID_LINES:]]))


def read_hits(folder: Path, cymbal_of_note: dict[int, int] | None = None) -> pd.DataFrame:
    """Every crash hit with what the chain says of it, and the truth.

    Parameters
    ----------
    folder : Path
        That the chain ran in.
    cymbal_of_note : dict of int to int, optional
        The cymbal that each note sounds; without it `CRASH_OF_NOTE`.

    Returns
    -------
    hits : pd.DataFrame
        In order of session and onset: session_id, audio_path, onset_time (s), truth (1 or 2, or
        more), both_at_once (bool: its event has hits of several crashes), label, confidence,
        accepted, velocity (MIDI), since_other and until_other (s; of any stroke of another crash,
        infinite where there is none).

    Raises
    ------
    ValueError
        If a crash hit is not among the events, has a source label that is no crash, was named by
        the source's word, or has a confidence outside 0 to 1.
    """
    hits = pd.read_parquet(folder / f"results/crash/assignments/{SOURCE_SET}.parquet")
    cymbals = {str(note): n for note, n in (cymbal_of_note or CRASH_OF_NOTE).items()}
    columns = ["event_id", "onset_time", "audio_path", "components"]
    events = pd.read_parquet(folder / f"results/events/{SOURCE_SET}.parquet", columns=columns)
    hits = hits.merge(events, on="event_id", how="left", validate="many_to_one")
    if hits["onset_time"].isna().any():
        raise ValueError("crash assignments name events that do not exist")
    hits["velocity"] = [
        round(127 * components[index]["velocity"])
        for components, index in zip(hits.pop("components"), hits["component_index"], strict=True)
    ]
    hits["truth"] = hits["source_label"].map(cymbals)
    if hits["truth"].isna().any():
        strange = sorted(set(hits.loc[hits["truth"].isna(), "source_label"]))
        raise ValueError(f"crash hits with source labels {strange}; known: {list(cymbals)}")
    if (hits["method"] == METADATA).any():
        raise ValueError("crash hits named by the source's word, which was to be hidden")
    if not hits["confidence"].between(0, 1).all():
        raise ValueError("crash assignments with a confidence that is missing or outside 0 to 1")
    hits["truth"] = hits["truth"].astype(int)
    hits["both_at_once"] = hits.groupby("event_id")["truth"].transform("nunique") > 1
    hits = hits.sort_values(["session_id", "onset_time", "component_index"], ignore_index=True)
    near = [
        np.stack(times_to_others(group["onset_time"].to_numpy(), group["truth"].to_numpy()), axis=1)
        for _, group in hits.groupby("session_id", sort=True)
    ]
    since, until = np.concatenate(near or [np.zeros((0, 2))]).T
    return hits.assign(since_other=since, until_other=until)


def read_left_out(folder: Path) -> dict[str, str]:
    """Sessions of which the chain says nothing, by the source's errata, and why.

    The errata are of the recordings that the data set came with, not of those that a kit played.
    """
    columns = ["session_id", "errata"]
    shards = sorted((folder / f"results/sessions/{SOURCE_SET}").glob("*.parquet"))
    sessions = pd.concat([pd.read_parquet(shard, columns=columns) for shard in shards])
    left_out = {}
    for session_id, errata in zip(sessions["session_id"], sessions["errata"], strict=True):
        known = [] if errata is None else errata
        reasons = [each["reason"] for each in known if each["action"] == LEAVE_OUT]
        if reasons:
            left_out[session_id] = ", ".join(reasons)
    return left_out


def read_speed(folder: Path, n_hits: int, n_sessions: int) -> str:
    """What the benchmark files of the run say, as one line; start of Python and imports count."""
    parts = []
    for rule, n, unit in (
        ("embed_crashes", n_hits, "hits/s"),
        ("cluster_crashes", n_sessions, "sessions/s"),
    ):
        files = sorted((folder / "benchmarks" / rule).rglob("*.tsv"))
        seconds = sum(pd.read_csv(path, sep="\t")["s"].sum() for path in files)
        parts.append(
            f"{rule} {n / seconds:,.1f} {unit} ({seconds:.1f} s in {len(files)} jobs)"
            if seconds
            else f"{rule}: no benchmark file"
        )
    return ", ".join(parts)
