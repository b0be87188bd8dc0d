"""What tests of source sets share: a raw folder taken through inventory and ingestion."""

from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path

from checkout import REPO

from drumcorpus.ground.files.fact_cache import FactCache, digest_raw_files
from drumcorpus.ground.files.leftovers import read_leftovers, split_refusals
from drumcorpus.ground.files.raw_files import scan_roots
from drumcorpus.ground.files.raw_reader import RawReader
from drumcorpus.ground.files.taxonomy_files import load_label_map, load_taxonomy
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.run.cards import read_options
from drumcorpus.ground.run.raw_scan import RawData
from drumcorpus.sessions import file_digests
from drumcorpus.source_sets.shared.groups import work_splits
from drumcorpus.stages.ingest.ingest import ingest_sessions
from drumcorpus.stages.inventory.inventory import take_inventory
from drumcorpus.stages.splits.draw import split_sessions

RESOURCES = REPO / "resources"
TAXONOMY = [RESOURCES / f"taxonomy/{n}.yaml" for n in ("components", "techniques", "dynamics")]
SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}


@dataclass
class Run:
    """One source set over `roots`, with the committed card and config unless told otherwise."""

    name: str
    roots: list[Path]
    cache: Path
    settings: dict = field(default_factory=dict)
    changed: dict = field(default_factory=dict)  # keys of the card

    def __post_init__(self):
        self.taxonomy = load_taxonomy(*TAXONOMY)
        self.card = read_yaml(RESOURCES / f"source_sets/{self.name}.yaml") | self.changed
        config = read_yaml(REPO / "config/config.yaml")
        block = config["source_sets"][self.name]
        own = {key: block[key] for key in self.card.get("settings", [])} | self.settings
        if self.card["label_method"] == "onset_detector":
            own = {"onsets": config["onsets"]} | own
        paths = [RESOURCES / path for path in self.card.get("references", {}).values()]
        self.options = read_options(self.card, paths, own)
        self.module = import_module(f"drumcorpus.source_sets.{self.name}")
        self.ingest_settings = config["ingest"]

    @property
    def label_maps(self):
        """The label maps of the card, by name."""
        folder = RESOURCES / "taxonomy/note_maps"
        names = self.card["label_maps"]
        return {name: load_label_map(folder / f"{name}.yaml", self.taxonomy) for name in names}

    def inventory(self, *, backwards=False):
        """The inventory; `backwards` hands the files over in the opposite order."""
        leftovers = read_leftovers(RESOURCES / "not_of_the_set.yaml")
        files, refusals = scan_roots(self.roots, leftovers.kind_of_entry)
        refusals, left = split_refusals(refusals)
        if backwards:
            files = dict(reversed(files.items()))
        cache = FactCache(self.cache)
        digests, unreadable = digest_raw_files(files.values(), cache, workers=2)
        works = work_splits(read_yaml(RESOURCES / "source_sets/work_splits.yaml"))
        return take_inventory(
            RawData(self.name, files, digests, refusals + unreadable, cache, tuple(left)),
            self.card,
            self.options,
            self.module.survey,
            split_sessions=partial(split_sessions, seed=0, shares=SHARES, works=works),
            workers=2,
        )

    def ingest(self, sessions):
        """Events, tallies and refusals of sessions."""
        return ingest_sessions(
            sessions,
            self.module.read_hits,
            RawReader(self.roots, file_digests(sessions)).read,
            self.label_maps,
            self.taxonomy,
            self.options,
            label_method=self.card["label_method"],
            license=self.card["license"],
            redistributable=self.card["redistributable"],
            **self.ingest_settings,
        )


@dataclass
class OnsetCounts:
    """Onsets of a demo's microphones: played, found as their own, and played ones found."""

    played: int = 0
    found: int = 0
    right: int = 0


def read_demo_multitracks(name, root, taxonomy, options):
    """Write a source set's demo multitracks and read every session of them.

    Returns its survey, and how many of the onsets played were found; nothing may be refused, and
    every label must be the map's.
    """
    demo = import_module(f"drumcorpus.demo.{name}")
    module = import_module(f"drumcorpus.source_sets.{name}")
    kits = RESOURCES / "demo/kits.yaml"
    demo.write_corpus(root, kits, seed=7)
    played = demo.truth(kits, seed=7)
    files, _ = scan_roots([root])
    read = lambda path: files[path].location.read_bytes()  # noqa: E731
    found = module.survey(files, read, options)
    assert found.refusals == []
    assert set(found.roles) == set(files)
    label_map = load_label_map(RESOURCES / "taxonomy/note_maps/track_instruments.yaml", taxonomy)
    options = options | {"onsets": read_yaml(REPO / "config/config.yaml")["onsets"]}
    counts = OnsetCounts()
    for session in found.sessions:
        row = session | {"files": [{"path": path} for path in session["support_paths"]]}
        hits = module.read_hits(row, read, label_map, options)
        assert hits["refusals"] == []
        assert set(hits["map_label"]) <= label_map.strokes.keys() | label_map.drops.keys()
        is_own = hits["map_label"] != "bleed"
        for path in set(hits["audio_path"]):
            onsets = hits["onset"][is_own & (hits["audio_path"] == path)]
            counts.played += len(played[path])
            counts.found += len(onsets)
            counts.right += sum(abs(onsets - t).min(initial=1) < 0.02 for t in played[path])
    return found, counts
