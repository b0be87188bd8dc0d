"""The readiness stages over a copy of a run's tables: those behind a changed table run again.

Each method calls what the script of that rule calls, with the arguments that the rule gives; that
equal tables give what the workflow made is a test of its own.
"""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import soundfile
import yaml
from seeded_corpus import EGMD, GROOVE, STAGED
from sounds import write_sound

from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.files.figures import compare_with_baseline, read_baseline, write_baseline
from drumcorpus.ground.files.json_files import read_json, write_json
from drumcorpus.ground.files.jsonl import read_rows, write_rows
from drumcorpus.ground.files.raw_reader import RawReader
from drumcorpus.ground.files.settings import read_settings
from drumcorpus.ground.files.split_table import read_split_table
from drumcorpus.ground.files.tables import read_table, write_table
from drumcorpus.ground.files.taxonomy_files import load_taxonomy
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.sound.check_settings import AudioCheckSettings
from drumcorpus.ground.sound.recordings import channels_cancel, recording_reader
from drumcorpus.schemas import EVENTS, FINGERPRINTS
from drumcorpus.sessions import file_digests
from drumcorpus.stages.audit.baseline import audit_figures
from drumcorpus.stages.audit.manifest import audit_manifest
from drumcorpus.stages.baselines.distribution import describe_drift, measure_distribution
from drumcorpus.stages.baselines.reports import health_figures
from drumcorpus.stages.checks.session_checks import check_sessions
from drumcorpus.stages.export.class_map_files import read_class_maps
from drumcorpus.stages.export.figures import measure_export
from drumcorpus.stages.export.settings import export_settings
from drumcorpus.stages.export.shard_inputs import read_sample_cutter
from drumcorpus.stages.gates.gates import check_export_gates, check_gates
from drumcorpus.stages.health.measure import Around, measure_health
from drumcorpus.stages.inventory.sound_files import sound_files
from drumcorpus.stages.manifest.merge import merge_by_splits
from drumcorpus.stages.splits.fingerprints import fingerprint_sessions, sound_of
from drumcorpus.stages.splits.settings import SplitSettings
from drumcorpus.stages.splits.split_manifest import split_manifest
from drumcorpus.stages.splits.unheard_files import unheard_file_finder

MERGED = (GROOVE, EGMD)
AUDITED = (*MERGED, STAGED)
MANIFEST = "prod_combined"
TAXONOMY = ("components", "techniques", "dynamics")
AUDIT, DISTRIBUTION, FIGURES = "audit", "distribution", "health"  # kinds of baselines
OVERLAY = {
    "use": list(AUDITED),
    "source_sets": {
        **{name: {"roots": [f"raw/{name}"], "shards": 1} for name in MERGED},
        STAGED: {"roots": [f"raw/{STAGED}"], "tier": "staged"},
    },
    "manifests": {MANIFEST: {"source_sets": list(MERGED), "gates": "gates.yaml"}},
    "splits": {"leaks": "report"},
}
"""What is laid over config.yaml; under this policy copies in two splits stay where they are."""

DATABASE = {"threads": 2, "memory_limit": "1GB"}


class Copy:
    """The tables and reports of a run in a folder of their own.

    Parameters
    ----------
    run : Path
        Where the workflow has run; nothing there is changed.
    folder : Path
        For the copy; must not be there.
    """

    def __init__(self, run: Path, folder: Path):
        self.run, self.folder = run, folder
        for name in ("results", "reports", "blessed"):
            if (run / name).is_dir():
                shutil.copytree(run / name, folder / name)
        (folder / "cards").mkdir()
        for name in MERGED:
            shutil.copy2(run / card_of(name), folder / "cards")
        self.config = read_yaml(run / "config/config.yaml")
        self.config["splits"] |= OVERLAY["splits"]
        taxonomy = [run / f"resources/taxonomy/{name}.yaml" for name in TAXONOMY]
        self.taxonomy = load_taxonomy(*taxonomy)
        self.tiers = dict.fromkeys(MERGED, "production") | {STAGED: "staged"}

    def path(self, pattern: str, source_set: str = "") -> Path:
        """One file of the copy; an asterisk stands for the source set."""
        return self.folder / pattern.replace("*", source_set)

    def paths(self, pattern: str, source_sets=MERGED) -> list[str]:
        """The file of each source set."""
        return [str(self.path(pattern, name)) for name in source_sets]

    def has_changed(self, *paths: str | Path) -> bool:
        """Whether one of these files is not as the workflow has left it."""
        pairs = [(Path(path), self.run / Path(path).relative_to(self.folder)) for path in paths]
        return any(one.stat().st_mtime_ns != other.stat().st_mtime_ns for one, other in pairs)

    # What a defect is planted with.

    def edit(self, pattern: str, source_set: str, change: Callable[[list[dict]], None]) -> None:
        """Change the rows of one table, or of one file of JSON Lines."""
        path = self.path(pattern, source_set)
        if path.suffix == ".jsonl":
            rows = list(read_rows(path))
            change(rows)
            write_rows(path, rows)
        else:
            table = read_table(path)
            rows = table.to_pylist()
            change(rows)
            write_table(path, pa.Table.from_pylist(rows, table.schema))

    def publish(self, source_set: str, **counts: float) -> None:
        """Other published counts of one source set, in its card."""
        write_published(self.path("cards/*.yaml", source_set), counts)

    def edit_events(self, source_set: str, change: Callable[[list[dict]], None]) -> None:
        """Change the events of one source set, as ingestion and as the crash stage leave them."""
        self.edit("results/events/*/000.parquet", source_set, change)
        self.edit("results/aliased/*/000.parquet", source_set, change)

    def edit_sessions(self, source_set: str, change: Callable[[list[dict]], None]) -> None:
        """Change the list of sessions of one source set, and of its shard."""
        self.edit("results/sessions/*.parquet", source_set, change)
        self.edit("results/sessions/*/000.parquet", source_set, change)

    def edit_sound(
        self,
        source_set: str,
        session_id: str,
        change: Callable[[np.ndarray], np.ndarray],
        *,
        written: Mapping[str, str] | None = None,
        damage: Callable[[bytes], bytes] = bytes,
    ) -> None:
        """Change a recording; inventory, sessions and provenance know it as it is then.

        `written` says in which format, and `damage` is done to the file.
        """
        rows = read_table(self.path("results/sessions/*.parquet", source_set)).to_pylist()
        [name] = [row["audio_path"] for row in rows if row["session_id"] == session_id]
        samples, rate = soundfile.read(self.run / "raw" / source_set / name)
        path = self.folder / "raw" / source_set / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_sound(path, change(samples), rate, **(written or {"subtype": "PCM_16"}))
        path.write_bytes(damage(path.read_bytes()))
        now = {"sha256": sha256_file(path), "bytes": path.stat().st_size}

        def note(files):
            for file in files:
                file |= now if file["path"] == name else {}

        try:
            cancel = channels_cancel([path])
        except ValueError:
            cancel = None

        def note_sessions(rows):
            for row in rows:
                note(row["files"])
                row |= {"channels_cancel": cancel} if row["session_id"] == session_id else {}

        self.edit_sessions(source_set, note_sessions)
        self.edit("results/inventory/*.parquet", source_set, note)
        self.edit(
            "results/provenance/*.jsonl",
            source_set,
            lambda rows: [note(row["hashes"]) for row in rows],
        )

    # The stages.

    def failing(self, gates: dict, *, bless: tuple[str, ...] = (), expired=()) -> list[dict]:
        """Run what has to be run again, and say which gates fail.

        Parameters
        ----------
        gates : dict
            As in a file of gates.
        bless : tuple of str
            Kinds of baselines that are blessed as they are now, before anything is compared.
        expired : collection of str
            Gates whose waiver has expired.
        """
        self.measure()
        self.bless(bless)
        self.report = self.compare()
        verdicts = check_gates(self.report, gates, expired=expired)
        return [verdict for verdict in verdicts if verdict["status"] == "FAIL"]

    def measure(self, *, anew: bool = False) -> None:
        """All that rests on no baseline; all of it whatever has changed, if `anew`."""
        for name in MERGED:
            listened = self.paths("results/sessions/*/000.parquet", [name])
            listened += self.paths("results/events/*/000.parquet", [name])
            if anew or self.has_changed(*listened):
                self.listen(name, anew=anew)
        rests_on = ["results/sessions/*.parquet", "results/inventory/*.parquet"]
        rests_on += ["results/fingerprints/*/000.parquet"]
        if anew or self.has_changed(*(path for name in rests_on for path in self.paths(name))):
            self.decide_splits()
        splits = self.path(f"results/splits/{MANIFEST}.parquet")
        aliased = self.paths("results/aliased/*/000.parquet")
        if anew or self.has_changed(*aliased, splits):
            manifest = self.path(f"results/manifests/{MANIFEST}.parquet")
            merge_by_splits(aliased, EVENTS, manifest, read_split_table(splits))
            self.measure_distributions()
        self.audit()

    def listen(self, source_set: str, *, anew: bool) -> None:
        """Check the sound of the sessions that have changed, and take their fingerprints."""
        sessions = read_table(self.path("results/sessions/*/000.parquet", source_set))
        events = read_table(self.path("results/events/*/000.parquet", source_set))
        if not anew:
            sessions = sessions.filter(self._changed_sessions(source_set, sessions, events))
        sound = sound_files(
            read_table(self.path("results/inventory/*.parquet", source_set)), sessions
        )
        digests = dict(zip(*(sound[name].to_pylist() for name in ("path", "sha256")), strict=True))
        reader = self._reader(source_set, digests | file_digests(sessions))
        checks = check_sessions(
            sessions,
            events,
            reader.verified,
            self.taxonomy.families,
            self.config["checks"]["measure"],
            n_shards=1,
        )
        self._replace_rows("results/audio_checks/*/000.parquet", source_set, checks)
        classes = read_yaml(self.run / "resources/taxonomy/class_maps.yaml")["classes_5"]
        fingerprints = fingerprint_sessions(
            sessions,
            events,
            classes,
            sound_of(sessions, reader.read),
            find_unheard=unheard_file_finder(sound, reader),
            **self.config["splits"]["fingerprints"],
        )
        found = pa.Table.from_batches(fingerprints, FINGERPRINTS)
        self._replace_rows("results/fingerprints/*/000.parquet", source_set, found)

    def decide_splits(self) -> None:
        """Find the families, and decide in which split each session stands."""
        names = [field.name for field in fields(SplitSettings)]
        table, report = split_manifest(
            self.paths("results/sessions/*.parquet"),
            self.paths("results/inventory/*.parquet"),
            self.paths("results/fingerprints/*/000.parquet"),
            {name: self.config["splits"][name] for name in names},
            {},
            manifest=MANIFEST,
            **DATABASE,
        )
        write_table(self.path(f"results/splits/{MANIFEST}.parquet"), table)
        write_json(self.path(f"reports/splits/{MANIFEST}.json"), report)

    def audit(self) -> None:
        """Hold the manifest against the provenance of all source sets, the staged one included."""
        audit = self.audit_of(self.path(f"results/manifests/{MANIFEST}.parquet"))
        write_json(self.path(f"reports/provenance/{MANIFEST}.json"), audit)
        write_baseline(self.candidate(f"{MANIFEST}.{AUDIT}.json"), audit_figures(audit))

    def audit_of(self, manifest: Path) -> dict:
        """The audit of any manifest."""
        return audit_manifest(
            manifest,
            {name: self.path("results/provenance/*.jsonl", name) for name in AUDITED},
            {name: self.path("results/inventory/*.parquet", name) for name in AUDITED},
            merged_sets=list(MERGED),
            tiers=self.tiers,
            splits_parquet=self.path(f"results/splits/{MANIFEST}.parquet"),
            cards={n: read_yaml(self.run / f"resources/source_sets/{n}.yaml") for n in AUDITED},
            **DATABASE,
        )

    def measure_distributions(self) -> None:
        """Measure the class shares and spreads of every source set."""
        for name in MERGED:
            events = self.paths("results/aliased/*/000.parquet", [name])
            sessions = self.path("results/sessions/*.parquet", name)
            found = measure_distribution(name, events, sessions, threads=1, memory_limit="1GB")
            write_baseline(self.candidate(f"{name}.{DISTRIBUTION}.json"), found)

    def candidate(self, name: str) -> Path:
        """What `snakemake bless` would take."""
        return self.path(f"results/baselines/{name}")

    def bless(self, kinds: tuple[str, ...]) -> None:
        """Take the present figures of these kinds as those to be held to."""
        if FIGURES in kinds:
            figures = health_figures(self.measure_health())
            write_baseline(self.candidate(f"{MANIFEST}.{FIGURES}.json"), figures)
        names = {AUDIT: [MANIFEST], DISTRIBUTION: MERGED, FIGURES: [MANIFEST]}
        for name in (f"{owner}.{kind}.json" for kind in kinds for owner in names[kind]):
            write_baseline(self.path(f"blessed/{name}"), read_baseline(self.candidate(name)))

    def compare(self) -> dict:
        """Hold the figures against what is blessed; returns the health report."""
        blessed = self.path(f"blessed/{MANIFEST}.{AUDIT}.json")
        audit = read_baseline(self.candidate(f"{MANIFEST}.{AUDIT}.json"))
        diff = compare_with_baseline(audit, blessed if blessed.is_file() else None)
        write_json(self.path(f"reports/provenance/{MANIFEST}.diff.json"), diff)
        files = {name: self.path(f"blessed/*.{DISTRIBUTION}.json", name) for name in MERGED}
        frozen = {name: read_baseline(path) for name, path in files.items() if path.is_file()}
        now = {n: read_baseline(self.candidate(f"{n}.{DISTRIBUTION}.json")) for n in MERGED}
        drift = describe_drift(now, frozen, self.config["baselines"]["distribution"])
        write_json(self.path(f"reports/distribution/{MANIFEST}.json"), drift)
        return self.measure_health()

    def measure_health(self) -> dict:
        """Measure the manifest; returns the report without verdicts."""
        tables = ("tallies", "quarantine", "sessions", "inventory")
        blessed = self.path(f"blessed/{MANIFEST}.{FIGURES}.json")
        return measure_health(
            [str(self.path(f"results/manifests/{MANIFEST}.parquet"))],
            Around(
                **{name: self.paths(f"results/{name}/*.parquet") for name in tables},
                audio_checks=self.paths("results/audio_checks/*/000.parquet"),
                audio_settings=read_settings(AudioCheckSettings, self.config["checks"]),
                splits=[str(self.path(f"results/splits/{MANIFEST}.parquet"))],
                leaks=self.path(f"reports/splits/{MANIFEST}.json"),
                audit=self.path(f"reports/provenance/{MANIFEST}.json"),
                audit_diff=self.path(f"reports/provenance/{MANIFEST}.diff.json"),
                drift=self.path(f"reports/distribution/{MANIFEST}.json"),
                blessed=blessed if blessed.is_file() else None,
                cards={name: self.path("cards/*.yaml", name) for name in MERGED},
            ),
            taxonomy_labels=self.taxonomy.families,
            cymbal_families=self.config["crash"]["families"],
            dynamic_buckets=[name for name, _ in self.taxonomy.buckets],
            **DATABASE,
        )

    def failing_of_export(self, gates: dict) -> list[dict]:
        """Cut all clips as the tables are now, and say which gates on the export fail."""
        self.measure()
        splits = read_split_table(self.path(f"results/splits/{MANIFEST}.parquet"))
        folder = self.run / "resources/taxonomy"
        files = [folder / f"{name}.yaml" for name in TAXONOMY]
        maps = folder / "class_maps.yaml"
        settings = export_settings(
            "clips",
            self.config["exports"]["clips"],
            self.config["export"],
            self.taxonomy.families,
            read_class_maps(files, maps).ids,
        )
        vocabulary = (files, maps, folder / "general_midi.yaml")
        indexes = []
        for name in MERGED:
            sessions = read_table(self.path("results/sessions/*/000.parquet", name))
            events = read_table(self.path("results/aliased/*/000.parquet", name))
            cutter = read_sample_cutter(self.folder / "export", settings, name, "000", *vocabulary)
            reader = self._reader(name, file_digests(sessions))
            index, _ = cutter.write(
                splits.apply(events),
                splits.apply(sessions),
                open_audio=recording_reader(sessions, reader.read),
                read_raw=reader.read,
            )
            indexes.append(self.folder / f"{name}.index.parquet")
            write_table(indexes[-1], index)
        self.exported = measure_export(indexes, unit=settings["unit"], **DATABASE)
        verdicts = check_export_gates(self.exported, gates)
        return [verdict for verdict in verdicts if verdict["status"] == "FAIL"]

    def _reader(self, source_set: str, digests: Mapping[str, str]) -> RawReader:
        """The raw files of a source set: those of the copy, and else those of the run."""
        roots = [str(root / "raw" / source_set) for root in (self.folder, self.run)]
        return RawReader(roots, digests)

    def kinds_found(self) -> set[str]:
        """What the audit finds, and what joins the sessions of families in several splits."""
        audit = read_json(self.path(f"reports/provenance/{MANIFEST}.json"))
        splits = read_json(self.path(f"reports/splits/{MANIFEST}.json"))
        leaks = [kind for family in splits["leaks"]["examples"] for kind in family["kinds"]]
        return {finding["kind"] for finding in audit["findings"]} | set(leaks)

    def _changed_sessions(self, source_set, sessions, events) -> pa.Array:
        """For each session whether its row or its events are not as in the run."""
        before = [
            read_table(self.run / f"results/{name}/{source_set}/000.parquet")
            for name in ("sessions", "events")
        ]

        def is_same(session_id):
            of_session = pc.field("session_id") == session_id
            pairs = zip(before, (sessions, events), strict=True)
            return all(a.filter(of_session).equals(b.filter(of_session)) for a, b in pairs)

        return pa.array([not is_same(name) for name in sessions["session_id"].to_pylist()])

    def _replace_rows(self, pattern: str, source_set: str, rows: pa.Table) -> None:
        """Put the rows of some sessions in the place of those they had; forget lost sessions."""
        listed = read_table(self.path("results/sessions/*/000.parquet", source_set))
        path = self.path(pattern, source_set)
        before = read_table(path)
        kept = pc.is_in(before["session_id"], pc.unique(listed["session_id"]))
        kept = pc.and_not(kept, pc.is_in(before["session_id"], rows["session_id"].combine_chunks()))
        table = pa.concat_tables([before.filter(kept), rows]).sort_by("session_id")
        write_table(path, table)


def card_of(source_set: str) -> str:
    """The card of a source set, below the folder of a run."""
    return f"resources/source_sets/{source_set}.yaml"


def write_published(card: Path, counts: Mapping[str, float]) -> None:
    """Write into a card that these counts are published, and no others."""
    figures = [
        {"figure": name, "count": count, "source": "archive", "where": "the seeded corpus"}
        for name, count in counts.items()
    ]
    published = {"published": [{"release": "seeded", "figures": figures}]}
    card.write_text(yaml.safe_dump(read_yaml(card) | published, sort_keys=False))


def figures_of(path: Path) -> dict:
    """A report without its verdicts."""
    report = json.loads(path.read_text())
    return {key: report[key] for key in report if key != "gates"}
