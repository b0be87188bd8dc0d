"""Writes a small export, in all its forms, with the standard library and Arrow alone."""

import hashlib
import io
import json
import struct
import tarfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sounds import sound_bytes

LABELS = ["kick", "snare", "hihat_closed", "crash", "shaker"]
CLASS_MAPS = {
    "classes_3": {
        "classes": ["KD", "SD", "HH"],
        "of": {"kick": 0, "snare": 1, "hihat_closed": 2, "crash": None, "shaker": None},
    },
}
RATE_HZ = 8_000
SHORT = {"train": "train", "validation": "val", "test": "test"}
STROKE = pa.struct(
    [
        ("onset", pa.float64()),
        ("event_id", pa.string()),
        ("label", pa.string()),
        ("velocity", pa.float64()),
        ("openness", pa.float64()),
        ("cymbal", pa.int32()),
        ("confidence", pa.float64()),
        ("techniques", pa.list_(pa.string())),
    ]
)
CLASS_IDS = pa.struct([(name, pa.list_(pa.int32())) for name in ("components", *CLASS_MAPS)])
_TEXT = ["sample_id", "source_set", "session_id", "group_id", "split", "event_id", "file"]
_TEXT += ["shard", "parquet_shard", "sha256", "label_method", "license", "kit_id", "drummer_id"]
RECORDS = pa.schema(
    [(name, pa.string()) for name in [*_TEXT, "style"]]
    + [(name, pa.int64()) for name in ("bytes", "n_samples", "onset_sample", "n_clipped")]
    + [(name, pa.int32()) for name in ("sample_rate_hz", "channels")]
    + [(name, pa.float64()) for name in ("start", "duration", "gain_db", "weight")]
    + [(name, pa.bool_()) for name in ("negative_example", "is_synthetic", "redistributable")]
    + [("strokes", pa.list_(STROKE)), ("ringing", pa.list_(STROKE)), ("class_ids", CLASS_IDS)]
    + [("event_class_ids", CLASS_IDS)]
)


def write_export(
    root,
    *,
    forms=("webdataset", "parquet"),
    n_samples=12,
    n_shards=3,
    encoding="wav16",
    channels=1,
    seconds=0.25,
    splits=("train", "validation"),
    row_group_size=2,
    seed=0,
):
    """The export, and by split the float32 sounds that were written, in the order of the records.

    Samples stand in `n_shards` runs, one tar or Parquet shard each.
    """
    root.mkdir(parents=True, exist_ok=True)
    ids = {label: number for number, label in enumerate(LABELS)}
    components = {"schema": "drumcorpus.export_components/2", "components": LABELS}
    _write_json(root / "components.json", components | {"classes": ids, "class_maps": CLASS_MAPS})
    _write_json(root / "metadata.json", {"class_map": "classes_3", "statistics": {}})
    written, sessions = {}, []
    for number, split in enumerate(("train", "validation", "test")):
        rng = np.random.default_rng([seed, number])
        n_rows = n_samples if split in splits else 0
        made = [_sample(rng, split, row, seconds, channels, encoding) for row in range(n_rows)]
        records = [record for record, _, _ in made]
        for row, record in enumerate(records):
            shard = row * n_shards // n_rows
            _place(record, forms, f"{SHORT[split]}/{split}-demo-{shard:03d}-000000", encoding)
        sessions += [{"session_id": r["session_id"], "duration": seconds} for r in records]
        _write_labels(root, split, records)
        _write_sounds(root, made, row_group_size)
        written[split] = [sound for _, _, sound in made]
    pq.write_table(pa.Table.from_pylist(sessions), root / "sessions.parquet")
    return root, written


def encode(sound, encoding):
    """16-bit samples, shape (n_samples,) or (n_samples, n_channels), as a file's content."""
    if encoding == "flac":
        return sound_bytes(sound, RATE_HZ, format="FLAC", subtype="PCM_16")
    if encoding == "wav16":
        return wav_bytes(sound.astype("<i2").tobytes(), bits=16, channels=sound[0].size)
    wide = (sound.astype("<i4") << 16).reshape(-1, 1).view(np.uint8)
    return wav_bytes(wide[:, 1:].tobytes(), bits=24, channels=sound[0].size)


def wav_bytes(body, *, bits, channels=1, code=1, before=b""):
    """A WAV file around encoded samples."""
    frame = bits // 8 * channels
    form = struct.pack("<HHIIHH", code, channels, RATE_HZ, RATE_HZ * frame, frame, bits)
    if code == 0xFFFE:  # 22 bytes more: the valid bits, the speakers, and PCM as a GUID
        form += struct.pack("<HHIH", 22, bits, 0, 1) + bytes.fromhex("000000001000800000aa00389b71")
    chunks = before + b"fmt " + struct.pack("<I", len(form)) + form
    chunks += b"data" + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def tar_header_and_body(name, content):
    """A member as the shards have it: no time, no owner."""
    member = tarfile.TarInfo(name)
    member.size = len(content)
    return member, io.BytesIO(content)


def _sample(rng, split, row, seconds, channels, encoding):
    n_samples = round(seconds * RATE_HZ)
    shape = (n_samples,) if channels == 1 else (n_samples, channels)
    whole = rng.integers(-(2**15), 2**15, shape, np.int16)
    content = encode(whole, encoding)
    onsets = np.sort(rng.uniform(0, seconds, rng.integers(0, 8)))
    strokes = [_stroke(rng, onset, number) for number, onset in enumerate(onsets.tolist())]
    ids = sorted({LABELS.index(stroke["label"]) for stroke in strokes})
    of = CLASS_MAPS["classes_3"]["of"]
    threes = sorted({of[LABELS[number]] for number in ids} - {None})
    record = dict.fromkeys(RECORDS.names) | {
        "sample_id": f"{split}_{row:05d}",
        "source_set": "demo",
        "session_id": f"session/{split}/{row // 4}",
        "split": split,
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "start": row * seconds,
        "duration": seconds,
        "sample_rate_hz": RATE_HZ,
        "channels": channels,
        "n_samples": n_samples,
        "license": "MIT",
        "strokes": strokes,
        "ringing": [],
        "class_ids": {"components": ids, "classes_3": threes},
        "event_class_ids": {"components": ids[:1], "classes_3": []} if row % 2 else None,
        "weight": float(rng.uniform(0.5, 2)) if split == "train" else None,
    }
    return record, content, whole.astype(np.float32) / 2**15


def _stroke(rng, onset, number):
    stroke = {"onset": onset, "event_id": f"{number:04x}", "label": LABELS[rng.integers(5)]}
    known = rng.random() < 0.8
    return stroke | {"velocity": float(rng.random()) if known else None, "techniques": []}


def _place(record, forms, shard, encoding):
    ending = encoding[:4] if encoding == "flac" else "wav"
    if "files" in forms:
        folder = f"{SHORT[record['split']]}/segments/demo/000/{record['sample_id'][-2:]}"
        record["file"] = f"{folder}/{record['sample_id']}.{ending}"
    names = [f"{shard}.{end}" for form, end in _ENDS.items() if form in forms]
    record |= dict(zip(("shard", "parquet_shard"), names, strict=False))


_ENDS = {"webdataset": "tar", "parquet": "parquet"}


def _write_labels(root, split, records):
    folder = root / SHORT[split]
    folder.mkdir(exist_ok=True)
    table = pa.Table.from_pylist(records, RECORDS)
    pq.write_table(table, folder / f"{SHORT[split]}_labels.parquet")


def _write_sounds(root, made, row_group_size):
    places = [record[name] for record, _, _ in made for name in ("shard", "parquet_shard")]
    for shard in sorted({place for place in places if place}):
        of = [part for part in made if shard in (part[0]["shard"], part[0]["parquet_shard"])]
        write = _write_tar if shard.endswith(".tar") else _write_parquet
        write(root / shard, of, row_group_size)
    for record, content, _ in made:
        if record["file"]:
            (root / record["file"]).parent.mkdir(parents=True, exist_ok=True)
            (root / record["file"]).write_bytes(content)


def _write_tar(path, made, _):
    ending = "flac" if made[0][1][:4] == b"fLaC" else "wav"
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for record, content, _ in sorted(made, key=lambda part: part[0]["sample_id"]):
            tar.addfile(*tar_header_and_body(f"{record['sample_id']}.{ending}", content))
            text = json.dumps(record, sort_keys=True).encode()
            tar.addfile(*tar_header_and_body(f"{record['sample_id']}.json", text))


def _write_parquet(path, made, row_group_size):
    audio = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    notes = pa.list_(STROKE)
    schema = pa.schema([("audio", audio), ("notes", notes), ("sample_id", pa.string())])
    rows = [
        {"audio": {"bytes": content, "path": record["sample_id"]}, "notes": record["strokes"]}
        | {"sample_id": record["sample_id"]}
        for record, content, _ in made
    ]
    pq.write_table(pa.Table.from_pylist(rows, schema), path, row_group_size=row_group_size)


def _write_json(path, document):
    path.write_text(json.dumps(document, sort_keys=True), encoding="utf-8")
