"""What the crash stage costs: hits described and sessions clustered per second, on one core.

    python bench/crash_speed.py FOLDER

FOLDER is OUT/KIT/as_rendered of a run of `crash_truth/run.py`: real performances on a sampled kit,
their audio and what the chain made of them. All its sessions are described by the functions of the
rule's script, once as they come, with the files' hashes and decoding, and the decoding apart.
"""

import argparse
import time
from pathlib import Path

import yaml
from measured import print_figures, run_fresh

CHECKOUT = Path(__file__).resolve().parents[1]
SOURCE_SET = "groove_mididataset"
PEER_HITS_PER_S = 80  # of BeatSight's extract_crash_embeddings.py; a figure of its own run


def main() -> None:
    """Print a line per step."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="OUT/KIT/as_rendered of crash_truth/run.py")
    folder = parser.parse_args().folder
    if not (folder / "run/results/events").is_dir():
        parser.error(f"{folder} holds no run/results/events: give OUT/KIT/as_rendered")
    described = run_fresh(describe, folder)
    n_hits, n_seconds, in_decoding = described.result
    print_figures(f"{n_hits:,} hits of {n_seconds / 3600:.1f} h described", described)
    print_rate("  per second of CPU", n_hits, described.cpu, f"(peer {PEER_HITS_PER_S})")
    print_rate("  the same, hashing and decoding apart", n_hits, described.cpu - in_decoding)
    clustered = run_fresh(cluster, folder)
    n_sessions, seconds = clustered.result
    print_figures(f"{n_sessions:,} sessions clustered", clustered)
    print_rate("  per second of CPU, start apart", n_sessions, seconds)
    print(f"  50,000 on one core: {50_000 / n_sessions * seconds / 60:.1f} min")


def print_rate(name: str, n: int, seconds: float, note: str = "") -> None:
    """One line."""
    print(f"{name:<40} {n / seconds:,.0f}/s {note}".rstrip())


def settings() -> dict:
    """The crash section of the configuration."""
    text = (CHECKOUT / "config/config.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)["crash"]


def families() -> tuple:
    """The families whose cymbals are told apart."""
    from drumcorpus.ground.files.taxonomy_files import load_cymbal_families

    path = CHECKOUT / "resources/taxonomy/components.yaml"
    return load_cymbal_families(path, settings()["families"])


def companion() -> tuple[str, ...]:
    """Labels of the cymbal that is taken out of the others' hits."""
    from drumcorpus.ground.files.taxonomy_files import load_labels_of_family

    path = CHECKOUT / "resources/taxonomy/components.yaml"
    return load_labels_of_family(path, settings()["embedding"]["companion"])


def describe(folder: Path) -> tuple[int, float, float]:
    """Describe every crash hit; returns hits, seconds of audio, CPU seconds of reading it."""
    from drumcorpus.ground.files.raw_reader import RawReader
    from drumcorpus.ground.files.tables import read_table
    from drumcorpus.ground.sound.recordings import recording_reader
    from drumcorpus.sessions import file_digests
    from drumcorpus.stages.crash.hits import embed_cymbals

    results, rate = folder / "run/results", settings()["embedding"]["sample_rate_hz"]
    n_hits, n_samples, in_decoding = 0, 0, 0.0
    told, beside = families(), companion()
    for sessions_path in sorted((results / "sessions" / SOURCE_SET).glob("*.parquet")):
        sessions = read_table(sessions_path)
        reader = RawReader([str(folder / "audio")], file_digests(sessions))
        open_audio = recording_reader(sessions, reader.read, rate)

        def read(path, spans, open_audio=open_audio):
            nonlocal n_samples, in_decoding
            start = time.process_time()
            samples = open_audio(path, spans)[0]
            in_decoding += time.process_time() - start
            n_samples += len(samples)
            return samples

        events = read_table(results / "events" / SOURCE_SET / sessions_path.name)
        n_hits += len(embed_cymbals(events, told, read, sample_rate_hz=rate, companion=beside))
    return n_hits, n_samples / rate, in_decoding


def cluster(folder: Path) -> tuple[int, float]:
    """Cluster every session, the source's numbers hidden; returns their number and CPU seconds."""
    from drumcorpus.ground.files.settings import read_settings
    from drumcorpus.ground.files.tables import read_table
    from drumcorpus.stages.crash.assignments import assign_cymbals
    from drumcorpus.stages.crash.settings import ClusteringSettings

    clustering = read_settings(ClusteringSettings, settings()["clustering"])
    n_sessions, start = 0, time.process_time()
    for path in sorted((folder / f"run/results/crash/embeddings/{SOURCE_SET}").glob("*.parquet")):
        table = read_table(path)
        assign_cymbals(table, families(), clustering, use_metadata=False)
        n_sessions += len(table["session_id"].unique())
    return n_sessions, time.process_time() - start


if __name__ == "__main__":
    main()
