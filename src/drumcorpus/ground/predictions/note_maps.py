"""Note maps: what the notes of predictions in MIDI mean."""

from pathlib import Path

from drumcorpus.ground.files.spelling import did_you_mean
from drumcorpus.ground.files.taxonomy_files import load_label_map
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.taxonomy import LabelMap, Stroke, Taxonomy

GENERAL_MIDI = "general_midi"


def load_note_map(name: str, folder: Path, taxonomy: Taxonomy) -> tuple[LabelMap, Path]:
    """The note map of a name, and the file that it stands in.

    Parameters
    ----------
    name : str
        A note map of the taxonomy, or ``general_midi``.
    folder : Path
        That of the taxonomy.
    taxonomy : Taxonomy

    Raises
    ------
    LookupError
        If there is none of that name; the message has those that there are.
    ValueError
        If the file is not as it must be.
    """
    if name == GENERAL_MIDI:
        path = folder / f"{GENERAL_MIDI}.yaml"
        notes = read_yaml(path)["instruments"]
        strokes = {str(note): Stroke(entry["label"]) for note, entry in notes.items()}
        return LabelMap(GENERAL_MIDI, strokes), path
    path = folder / "note_maps" / f"{name}.yaml"
    names = sorted(
        each.stem for each in (folder / "note_maps").glob("*.yaml") if "notes" in read_yaml(each)
    )
    if name not in names:
        names = [GENERAL_MIDI, *names]
        hint = did_you_mean(name, names)
        raise LookupError(f"no note map {name!r}{hint}; allowed: {', '.join(names)}")
    return load_label_map(path, taxonomy), path
