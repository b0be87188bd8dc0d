"""Writes a demo corpus in the layout of rendered kits: a kit is drawn, and plays."""

import tempfile
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import yaml

from drumcorpus.demo.groove_mididataset import PLAYING, index_row
from drumcorpus.demo.grooves import TICKS_PER_BEAT, Score, read_bars
from drumcorpus.demo.kits import Kit, read_kits
from drumcorpus.demo.midi_files import write_midi
from drumcorpus.demo.performances import Performance as Played
from drumcorpus.demo.performances import perform, read_performances
from drumcorpus.demo.synthesizer import render
from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.kits.bank import load_bank
from drumcorpus.ground.kits.hydrogen import FILE, read_kit
from drumcorpus.ground.kits.kit_map import Answer, KitMap
from drumcorpus.ground.kits.performances import Performance
from drumcorpus.ground.kits.render import Renderer
from drumcorpus.ground.kits.written import KIT_MAP, RATE_HZ
from drumcorpus.ground.sound.writing import write_sound

NAME = "drawn_kit"
SPARED = 40  # the rim of the snare, which the drawn kit has no sample of

_KIT = "maple"
_VELOCITIES = (45, 110)  # of the two layers
_DRAWN = 1  # part of a seed
_SECONDS, _SHORT = 2.0, 0.6  # of the sample of a cymbal, and of a drum
_GRABBED = "Crash"  # how the names of the cymbals begin that a hand grabs
_MAP = """\
# Which instrument of the kit answers to which notes of the performances; see docs/rendered_kits.md.
notes_of: roland_td11
instruments:
- {name: Kick, label: kick, notes: [36]}
- {name: Snare, label: snare, notes: [38]}
- {name: Side Stick, label: cross_stick, notes: [37]}
- {name: Tom Hi, label: tom_high, notes: [48, 50]}
- {name: Tom Mid, label: tom_mid, notes: [45, 47]}
- {name: Tom Low, label: tom_low, notes: [43, 58]}
- {name: Hat Closed, label: hihat_closed, notes: [22, 42]}
- {name: Hat Open, label: hihat_open, notes: [26, 46]}
- {name: Hat Pedal, label: hihat_pedal, notes: [44]}
- {name: Crash Left, label: crash, notes: [49, 55]}
- {name: Crash Right, label: crash2, notes: [52, 57]}
- {name: Ride, label: ride_bow, notes: [51, 59]}
- {name: Ride Bell, label: ride_bell, notes: [53]}
"""


def write_corpus(root: Path, kits_file: Path, *, seed: int, n_performances: int = 12) -> None:
    """Write a small root as `drumcorpus render` does: two performances of the Groove MIDI demo.

    The bytes depend on the arguments alone. The kit lacks the rim of the snare, so that the strokes
    on it are in the tables and do not sound. A hand chokes the last stroke of each crash.

    Parameters
    ----------
    root : Path
        Made if it is missing.
    kits_file : Path
        Kits, bars and performances; `resources/demo/kits.yaml` explains the fields.
    seed : int
        At least 0; seeds the performances as those of the Groove MIDI demo are, and the samples.
    n_performances : int
        How many are written at most; there are two.
    """
    document = yaml.safe_load(_MAP)
    answers = tuple(
        Answer(row["name"], row["label"], tuple(row["notes"])) for row in document["instruments"]
    )
    kits, bars = read_kits(kits_file), read_bars(kits_file)
    performances = read_performances(kits_file)[: min(n_performances, 2)]
    with tempfile.TemporaryDirectory() as spare:
        folder = Path(spare)
        _draw_kit(folder / NAME, kits[_KIT], answers, seed)
        kit = read_kit(folder / NAME / FILE)
        bank = load_bank(kit, [answer.name for answer in answers])
        kit_map = KitMap(document["notes_of"], answers)
        # The hats of the kit silence one another by their mute group.
        grabbed = [answer for answer in answers if answer.name.startswith(_GRABBED)]
        bodies = {answer.label: answer.label for answer in grabbed}
        renderer = Renderer(kit, kit_map, bank, {}, 1, root / NAME, bodies)
        write_text(root / NAME / KIT_MAP, _MAP)
        renderer.begin()
        for index, performance in enumerate(performances):
            score = perform(performance, bars, kits, seed=[seed, index, PLAYING])
            grabs = _grabs(score, grabbed)
            renderer.render(_performed(performance, score, grabs, folder / "one.mid"))


def _performed(
    performance: Played, score: Score, grabs: list[tuple[int, int]], midi: Path
) -> Performance:
    """A performance of the Groove MIDI demo, with what its index says of it."""
    row = index_row(performance, score.meters[0][1:], 1, score.duration)
    how = {"instrument": performance.kit, "trailing": performance.trailing}
    write_midi(midi, score, **how, grabs=grabs)
    return Performance(
        str(row["midi_filename"]).removesuffix(".mid"),
        midi,
        midi.read_bytes(),
        f"gmd/{row['id']}",
        str(row["split"]),
        str(row["drummer"]),
        str(row["style"]),
        float(str(row["bpm"])),
        str(row["time_signature"]).replace("-", "/"),
    )


def _grabs(score: Score, grabbed: list[Answer]) -> list[tuple[int, int]]:
    """Half a beat after the last stroke of each cymbal: the tick, and the note of that stroke."""
    grabs = []
    for answer in grabbed:
        strokes = score.notes[np.isin(score.notes[:, 1], answer.notes)]
        grabs += [(tick + TICKS_PER_BEAT // 2, note) for tick, note, _ in strokes[-1:].tolist()]
    return grabs


def _draw_kit(folder: Path, kit: Kit, answers: tuple[Answer, ...], seed: int) -> None:
    """Write a kit in Hydrogen's form: a sample for each instrument and velocity."""
    instruments = []
    for number, answer in enumerate(answers):
        stroke = kit.stroke_of_note[answer.notes[0]]
        is_cymbal = len(kit.voices[stroke.voice].frequencies_hz) > 50
        layers = ""
        for place, velocity in enumerate(_VELOCITIES):
            samples = render(
                np.array([0.004]),
                np.array([answer.notes[0]]),
                np.array([velocity]),
                kit,
                sample_rate_hz=RATE_HZ,
                duration=_SECONDS if is_cymbal else _SHORT,
                rng=np.random.default_rng([seed, _DRAWN, number, place]),
            )
            file = f"{number:02d}_{place}.wav"
            write_sound(folder / file, samples, RATE_HZ)
            low, high = place / len(_VELOCITIES), (place + 1) / len(_VELOCITIES)
            layers += (
                f"<layer><filename>{file}</filename><min>{low}</min><max>{high}</max>"
                "<gain>1</gain><pitch>0</pitch></layer>"
            )
        group = 0 if "Hat" in answer.name else -1
        instruments.append(
            f"<instrument><id>{number}</id><name>{escape(answer.name)}</name>"
            f"<muteGroup>{group}</muteGroup>{layers}</instrument>"
        )
    text = (
        "<drumkit_info><name>Drawn kit</name><license>MIT</license><instrumentList>"
        f"{''.join(instruments)}</instrumentList></drumkit_info>\n"
    )
    write_text(folder / FILE, text)
