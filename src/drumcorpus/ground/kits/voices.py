"""Read a folder of one-shots that `kit.json` lists by voice, soft to loud.

The plainest form, for recordings of one's own: ``{"name": ..., "licence": ..., "voices": {"crash":
["crash_01.flac", "crash_02.flac"], ...}}``. The velocities are divided evenly among the files of a
voice; within its part the level of a file follows velocity, up to its own at the top.
"""

from pathlib import Path

from drumcorpus.ground.files.documents import parse_yaml
from drumcorpus.ground.kits.shots import (
    HIGHEST,
    Instrument,
    Part,
    SampledKit,
    Shot,
    named_apart,
    sample_inside,
)

FILE = "kit.json"


def read_kit(path: Path, folder: Path | None = None) -> SampledKit:
    """Read a kit; `path` is its ``kit.json``, `folder` what no sample may lie outside of.

    Raises
    ------
    ValueError
        With the file and the voice: if it is not of this form, or a path leads out of the folder.
    """
    document = parse_yaml(path.read_bytes(), str(path))
    voices = document.get("voices") if isinstance(document, dict) else None
    if not isinstance(voices, dict):
        raise ValueError(f"{path}: no `voices`; wanted: from each voice to its files, soft to loud")
    folder = folder or path.parent
    instruments = []
    names = named_apart([str(voice) for voice in voices])
    for name, (voice, files) in zip(names, voices.items(), strict=True):
        place = f"{path}, voice {voice!r}"
        if not isinstance(files, list) or not all(isinstance(file, str) for file in files):
            raise ValueError(f"{place}: got {str(files)[:60]!r}; wanted: a list of file names")
        step = HIGHEST / max(len(files), 1)
        shots = tuple(
            Shot(
                (Part(place, sample_inside(folder, path.parent, file, place)),),
                number * step,
                (number + 1) * step,
                reference=(number + 1) * step,
            )
            for number, file in enumerate(files)
        )
        if shots:
            instruments.append(Instrument(name, shots))
    licence = document.get("licence") or document.get("license")
    return SampledKit(
        str(document.get("name") or path.parent.name),
        "voices",
        path,
        folder,
        tuple(instruments),
        (" ".join(str(licence).split()), path.name) if licence else None,
    )
