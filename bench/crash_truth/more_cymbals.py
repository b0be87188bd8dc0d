"""Sessions with three crash cymbals or four, on kits that have them.

The notes of the two crash pads' bows and edges sound a cymbal each: real times and strengths,
though no drummer's own choice of the cymbal. A kit with three has both notes of the second pad on
its third, which may be a china.
"""

import shutil
from collections import Counter
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile as sf
from render import SEED, Material, finish_audio, load_renderer, read_index, start_audio, write_index

CONDITION = "more_cymbals"
NOTES = (49, 55, 57, 52)  # bow and edge of the first pad, of the second
# Voices of the first cymbal to the fourth; of several the first that a kit has.
VOICES = (("crash",), ("crash2",), ("crash3", "china"), ("crash4",))
MIN_HITS = 3  # of each cymbal


def voices_of_notes(voices: dict) -> dict[int, str] | None:
    """Which voice of a kit each note sounds; None if the kit has less than three cymbals.

    Parameters
    ----------
    voices : dict
        Of ``kit.json``: voices to files.
    """
    cymbals = []
    for names in VOICES:
        here = [name for name in names if voices.get(name)]
        if not here:
            break
        cymbals.append(here[0])
    if len(cymbals) < 3:
        return None
    return {note: cymbals[min(place, len(cymbals) - 1)] for place, note in enumerate(NOTES)}


def render_more(material: Material, kit: str, voices: dict, folder: Path, made_of: dict) -> None:
    """Let a kit play every performance that strikes each of its crashes `MIN_HITS` times.

    Parameters
    ----------
    voices : dict
        Of ``kit.json``, with three crashes or more.
    folder, made_of
        As for `render.render_kit`; ``audio.json`` also says which note sounds which cymbal.
    """
    sounded = voices_of_notes(voices)
    order = list(dict.fromkeys(sounded.values()))
    cymbals = {note: order.index(voice) + 1 for note, voice in sounded.items()}
    renderer = load_renderer(material.renderer)
    renderer.VOICES = renderer.VOICES | sounded
    layers = renderer.load_kit(material.kits[kit])
    audio, rows = start_audio(folder), []
    for row, struck in _strokes(material.renderer, material.midi):
        hits = Counter(cymbals[note] for note in struck)
        if min(hits[cymbal] for cymbal in cymbals.values()) < MIN_HITS:
            continue
        source = material.midi / row["midi_filename"]
        row = dict(row)
        target = audio / row["midi_filename"]
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        row["audio_filename"] = str(Path(row["midi_filename"]).with_suffix(".wav"))
        samples = renderer.render(
            renderer.note_ons(source), layers, np.random.default_rng([SEED, len(rows)])
        )
        sf.write(audio / row["audio_filename"], samples, renderer.RATE, subtype="PCM_16")
        rows.append(row)
        if len(rows) == material.limit:
            break
    write_index(audio, rows)
    finish_audio(folder, made_of, {row["id"]: max(cymbals.values()) for row in rows}, cymbals)


@lru_cache(maxsize=1)
def _strokes(renderer: Path, midi: Path) -> list[tuple[dict, list[int]]]:
    """Every performance, and the notes of its crash strokes; read once for all kits."""
    note_ons = load_renderer(renderer).note_ons
    return [
        (row, [note for _, note, _ in note_ons(midi / row["midi_filename"]) if note in NOTES])
        for row in read_index(midi)
    ]
