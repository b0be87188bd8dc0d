"""A demo kit with two rides, two splashes and two hi-hats, and what is played on it.

In the layout of MDB Drums, which numbers no cymbal. The second of each kind is another body: it has
modes of its own. `TRUTH` says which was struck.
"""

from pathlib import Path

import numpy as np
import yaml
from checkout import REPO
from sounds import write_sound

from drumcorpus.demo.kits import read_kits
from drumcorpus.demo.synthesizer import render

RATE = 44_100
TRACK, ONE_OF_EACH = "MusicDelta_Rock", "MusicDelta_Zeppelin"
# Note of the kit: what the annotation calls it, the label of that, and the cymbal.
NOTES = {
    **{36: ("KD", "kick", None), 49: ("CRC", "crash", 1), 57: ("CRC", "crash", 2)},
    **{51: ("RDC", "ride_bow", 1), 71: ("RDC", "ride_bow", 2), 53: ("RDB", "ride_bell", 1)},
    **{81: ("SPC", "splash", 1), 82: ("SPC", "splash", 2)},
    **{42: ("CHH", "hihat_closed", 1), 72: ("CHH", "hihat_closed", 2)},
}
# Seconds from one stroke of a kind to the next, and when the first comes. No two are struck at
# once, but for the kick with each crash.
STEPS = {
    "crash": (1.2, 0.3),
    "ride_bow": (1.2, 0.7),
    "splash": (1.2, 1.0),
    "hihat_closed": (1.2, 1.3),
}
N_STROKES = 16  # of each kind, of each cymbal every other


def write_kit(path: Path) -> None:
    """The kit `birch` of the demo with a second ride, a second hi-hat and two splashes."""
    birch = yaml.safe_load((REPO / "resources/demo/kits.yaml").read_text())["kits"]["birch"]
    for voice, other, seed, notes in [
        ("ride", "ride_2", 301, {"ride_bow": 71}),
        ("hi_hat", "hi_hat_2", 302, {"hat_closed_bow": 72}),
        ("crash_1", "splash_1", 303, {"crash_1_bow": 81}),
        ("crash_2", "splash_2", 304, {"crash_2_bow": 82}),
    ]:
        body = birch[voice] | {"plate": birch[voice]["plate"] | {"seed": seed}}
        body["strokes"] = {
            f"{name}_of_{other}": birch[voice]["strokes"][name] | {"note": note}
            for name, note in notes.items()
        }
        birch[other] = body
    path.write_text(yaml.safe_dump({"kits": {"birch": birch}}))


def strokes_of(track: str) -> list[tuple[float, int]]:
    """Onset in seconds and note of every stroke of a track, in order."""
    strokes = []
    for label, (step, first) in STEPS.items():
        notes = [note for note, (_, own, _) in NOTES.items() if own == label]
        notes = notes[:1] if track == ONE_OF_EACH else notes
        strokes += [(first + step * n, notes[n % len(notes)]) for n in range(N_STROKES)]
    strokes += [(onset, 36) for onset, note in strokes if NOTES[note][1] == "crash"]
    if track == TRACK:  # bells of the first ride, of which nothing says whose they are
        strokes += [(20.0 + 0.5 * n, 53) for n in range(8)]
    return sorted(strokes)


def write_corpus(root: Path) -> None:
    """Write both tracks."""
    root.mkdir()
    write_kit(root.parent / "two_of_each.yaml")
    kit = read_kits(root.parent / "two_of_each.yaml")["birch"]
    for folder in (
        "annotations/subclass",
        "annotations/class",
        "annotations/beats",
        "audio/drum_only",
    ):
        (root / folder).mkdir(parents=True)
    for number, track in enumerate((TRACK, ONE_OF_EACH)):
        onsets, notes = map(np.array, zip(*strokes_of(track), strict=True))
        rng = np.random.default_rng(number)
        velocities = rng.integers(70, 115, len(notes))
        sound = render(
            *(onsets, notes, velocities, kit), sample_rate_hz=RATE, duration=26.0, rng=rng
        )
        write_sound(root / f"audio/drum_only/{track}_Drum.wav", sound, RATE)
        lines = [f"{onset:.6f} \t {NOTES[note][0]} \n" for onset, note in strokes_of(track)]
        (root / f"annotations/subclass/{track}_subclass.txt").write_text("".join(lines))
        beats = "".join(f"{0.01 + 0.5 * n:.5f} \t {1 + n % 4}\n" for n in range(52))
        (root / f"annotations/beats/{track}_MIX.beats").write_text(beats)
