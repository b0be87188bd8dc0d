"""Where things stand in an export, what is noted of each clip, and how long it is."""

import io
import re
import wave
from dataclasses import dataclass

import pyarrow as pa

# Split of an event -> its folder in the export.
SPLIT_FOLDERS = {"train": "train", "validation": "val", "test": "test"}
CHECKSUMS = "SHA256SUMS"
COMPONENTS = "components.json"
METADATA = "metadata.json"

# One row per event of a shard, in the order of the events; null where there is no clip.
INDEX = pa.schema(
    [
        ("event_id", pa.string()),
        ("source_set", pa.string()),
        ("session_id", pa.string()),
        ("split", pa.string()),
        ("path", pa.string()),  # relative to the export root
        ("sha256", pa.string()),
        ("bytes", pa.int64()),
        ("onset_sample", pa.int32()),
        ("n_padded_front", pa.int32()),
        ("n_padded_back", pa.int32()),
        ("n_clipped", pa.int32()),  # samples beyond full scale
        ("outcome", pa.string()),  # clip, or why there is none
    ]
)

BYTES_PER_SAMPLE = 2
HEADER_BYTES = 44
_SAFE_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")


def label_file(split: str) -> str:
    """The label file of a split, relative to the export root."""
    folder = SPLIT_FOLDERS[split]
    return f"{folder}/{folder}_labels.json"


def shard_folder(split: str, source_set: str, shard: str) -> str:
    """The folder of one shard's clips of one split, relative to the export root."""
    return f"{SPLIT_FOLDERS[split]}/clips/{check_name(source_set)}/{check_name(shard)}"


def check_name(name: str) -> str:
    """`name`, if it can stand in a path and in a checksum listing as it is.

    Raises
    ------
    ValueError
        If it holds anything but letters, digits, dot, minus and underscore, or begins with a dot.
    """
    if not _SAFE_NAME.fullmatch(name):
        raise ValueError(f"{name!r} cannot be a file name: expected letters, digits, '.', '-', '_'")
    return name


@dataclass(frozen=True)
class Geometry:
    """What every clip of an export has in common: PCM16, mono, one length, one onset.

    Attributes
    ----------
    sample_rate_hz : int
    onset_sample : int
        Index of the onset in every clip; the pre-roll in samples.
    n_samples : int
        Length of every clip, in samples.
    """

    sample_rate_hz: int
    onset_sample: int
    n_samples: int

    @classmethod
    def from_ms(cls, sample_rate_hz: int, preroll_ms: float, postroll_ms: float) -> "Geometry":
        """Geometry of clips from `preroll_ms` before an onset to `postroll_ms` after it.

        Raises
        ------
        ValueError
            If the rate or the post-roll is shorter than one sample, or the pre-roll negative.
        """
        onset_sample = round(preroll_ms * sample_rate_hz / 1000)
        n_after = round(postroll_ms * sample_rate_hz / 1000)
        if sample_rate_hz < 1 or preroll_ms < 0 or n_after < 1:
            raise ValueError(
                f"no clip has {sample_rate_hz} Hz, {preroll_ms} ms before and {postroll_ms} ms "
                "after its onset"
            )
        return cls(sample_rate_hz, onset_sample, onset_sample + n_after)

    @property
    def clip_bytes(self) -> int:
        """Size of every clip's file."""
        return HEADER_BYTES + BYTES_PER_SAMPLE * self.n_samples

    def wav_header(self) -> bytes:
        """The header that every clip begins with, as the standard library writes it."""
        buffer = io.BytesIO()
        with wave.open(buffer, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(BYTES_PER_SAMPLE)
            file.setframerate(self.sample_rate_hz)
            file.writeframes(bytes(BYTES_PER_SAMPLE * self.n_samples))
        return buffer.getvalue()[:HEADER_BYTES]
