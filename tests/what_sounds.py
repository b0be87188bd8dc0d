"""What the records of an export must say, computed anew from the manifest: slowly, in plain Python.

Nothing of the stage that wrote them is used, so that a fault there cannot hide itself.
"""

import bisect
import hashlib
import io
import json
import math
import re
import tarfile
from collections import defaultdict
from pathlib import Path

import pyarrow.parquet as pq
import yaml

FOLDERS = {"train": "train", "validation": "val", "test": "test"}
OF_STROKE = ("label", "velocity", "openness", "cymbal", "confidence")


class Corpus:
    """The events of a manifest by recording, and the taxonomy as its files have it."""

    def __init__(self, manifest: Path, taxonomy: Path):
        self.events = {row["event_id"]: row for row in pq.read_table(manifest).to_pylist()}
        self.recordings = defaultdict(list)
        for row in self.events.values():
            self.recordings[row["source_set"], row["session_id"], row["audio_path"]].append(row)
        for rows in self.recordings.values():
            rows.sort(key=lambda row: (row["onset_time"], row["event_id"]))
        self.onsets = {
            key: [row["onset_time"] for row in rows] for key, rows in self.recordings.items()
        }
        self.of_session = defaultdict(list)
        for key in self.recordings:
            self.of_session[key[:2]].append(key)
        labels = yaml.safe_load((taxonomy / "components.yaml").read_text())
        self.families = {label: block["family"] for label, block in labels.items()}
        maps = yaml.safe_load((taxonomy / "class_maps.yaml").read_text())
        maps = {"components": {label: label for label in labels}, **maps}
        self.classes = {
            name: list(dict.fromkeys(of[label] for label in labels if of[label] is not None))
            for name, of in maps.items()
        }
        self.maps = maps

    def recording_of(self, record: dict) -> tuple:
        """The recording of a record, which names its event, or ends with a digest of all that is
        its own.
        """
        if record["event_id"] is not None:
            event = self.events[record["event_id"]]
            return event["source_set"], event["session_id"], event["audio_path"]
        for key in self.of_session[record["source_set"], record["session_id"]]:
            text = "\x1f".join([*key[:2], key[2] or "", f"{record['start']:.6f}"])
            if record["sample_id"].endswith(
                hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
            ):
                return key
        raise AssertionError(f"{record['sample_id']}: is of no recording of its session")

    def milliseconds(self, setting, label: str) -> float:
        """One time of a label: its own, or its family's, or the default."""
        if not isinstance(setting, dict):
            return setting
        return setting.get(label, setting.get(self.families[label], setting["default"]))

    def window(self, event: dict, settings: dict) -> tuple[int, int, int]:
        """First sample, length, and place of the onset of a clip, in samples."""
        rate, labels = settings["sample_rate_hz"], _labels(event)
        before, after = (
            round(max(self.milliseconds(settings[key], name) for name in labels) * rate / 1000)
            for key in ("preroll_ms", "postroll_ms")
        )
        at = math.floor(event["onset_time"] * rate + 0.5)
        start = at - before
        start -= start / rate > event["onset_time"]
        return start, at + after - start, at - start

    def what_sounds(self, record: dict, ring_ms) -> dict:
        """The fields of a record that say what is struck in it and what rings into it."""
        key, start = self.recording_of(record), record["start"]
        rows, onsets = self.recordings[key], self.onsets[key]
        most = max(self.milliseconds(ring_ms, label) for label in self.families) / 1000
        first = bisect.bisect_left(onsets, start - most - 1)
        last = bisect.bisect_right(onsets, start + record["duration"] + 1)
        strokes, ringing, techniques = [], [], set()
        for row in rows[first:last]:
            onset = row["onset_time"] - start
            for component in row["components"]:
                stroke = {"onset": onset, "event_id": row["event_id"]}
                stroke |= {name: component[name] for name in OF_STROKE}
                stroke["techniques"] = row["techniques"]
                ring = self.milliseconds(ring_ms, component["label"]) / 1000
                if 0 <= onset < record["duration"]:
                    strokes.append(stroke)
                    techniques |= set(row["techniques"])
                elif onset < 0 and -onset < ring:
                    ringing.append(stroke)
        event = self.events.get(record["event_id"])
        return {
            "strokes": strokes,
            "ringing": ringing,
            "class_ids": self.class_ids({stroke["label"] for stroke in strokes}),
            "event_class_ids": event and self.class_ids(_labels(event)),
            "techniques": event["techniques"] if event else sorted(techniques),
            "split": rows[0]["split"],
        }

    def class_ids(self, labels) -> dict[str, list[int]]:
        """By class map, the sorted ids of the classes of some labels."""
        of = {name: {of[label] for label in labels} - {None} for name, of in self.maps.items()}
        return {
            name: sorted(self.classes[name].index(each) for each in found)
            for name, found in of.items()
        }

    def multi_hot(self, class_ids: dict[str, list[int]]) -> dict[str, list[int]]:
        """By class map, 1 for each class that is among the ids."""
        return {
            name: [int(number in class_ids[name]) for number in range(len(classes))]
            for name, classes in self.classes.items()
        }


def _labels(event: dict) -> list[str]:
    return [component["label"] for component in event["components"]]


def label_rows(folder: Path, split: str) -> list[dict]:
    """The records of a split from its table of labels."""
    name = FOLDERS[split]
    return pq.read_table(folder / f"{name}/{name}_labels.parquet").to_pylist()


def listed_rows(folder: Path, split: str) -> list[dict]:
    """The records of a split from its label list."""
    name = FOLDERS[split]
    return json.loads((folder / f"{name}/{name}_labels.json").read_text())


def tar_rows(folder: Path, split: str) -> list[dict]:
    """The records of a split from its tar shards; each beside the SHA-256 of its sound."""
    rows = []
    for path in sorted((folder / FOLDERS[split]).glob(f"{split}-*.tar")):
        with tarfile.open(path) as tar:
            members = tar.getmembers()
            assert [(m.mtime, m.uid, m.gid, m.uname, m.gname, m.mode) for m in members] == [
                (0, 0, 0, "", "", members[0].mode)
            ] * len(members)
            for pair in zip(members[::2], members[1::2], strict=True):
                assert [m.name for m in pair] == sorted(m.name for m in pair)
                [record] = [m for m in pair if m.name.endswith(".json")]
                [sound] = [m for m in pair if m is not record]
                assert re.sub(r"\.[a-z]+$", ".json", sound.name) == record.name
                row = json.loads(tar.extractfile(record).read())
                digest = hashlib.sha256(tar.extractfile(sound).read()).hexdigest()
                assert (row["sample_id"], row["sha256"]) == (record.name[:-5], digest)
                rows.append(row)
    return rows


def parquet_rows(folder: Path, split: str) -> list[dict]:
    """The records of a split from its Parquet shards, with `strokes` for `notes`."""
    rows = []
    for path in sorted((folder / FOLDERS[split]).glob(f"{split}-*.parquet")):
        for batch in pq.ParquetFile(io.BytesIO(path.read_bytes())).iter_batches(16):
            for row in batch.to_pylist():
                audio = row.pop("audio")
                assert row["sha256"] == hashlib.sha256(audio["bytes"]).hexdigest()
                rows.append(row | {"strokes": row.pop("notes")})
    return rows
