"""A performance played on a bank of samples: which sound for a stroke, until when, how loud."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from drumcorpus.ground.kits.bank import Bank, Sound
from drumcorpus.ground.kits.kit_map import KitMap
from drumcorpus.ground.kits.shots import SampledKit
from drumcorpus.ground.kits.written import RATE_HZ

SILENCED = 0.03  # s that a silenced stroke takes to end
TAIL = 5.0  # s of sound after the last stroke, at most
CEILING = 0.98  # of full scale


@dataclass
class Voice:
    """A sound that was set off."""

    instrument: str
    label: str
    sound: Sound
    onset: int  # sample at which the stroke begins
    gain: float
    stop: int | None = None  # sample from which it ends


@dataclass
class Played:
    """The strokes of a performance that sounded, and those that did not.

    `voices` has for each row of `strokes` those that it set off.
    """

    onsets: list[int] = field(default_factory=list)  # samples
    voices: list[list[Voice]] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)  # of the performance's notes
    unanswered: list[int] = field(default_factory=list)  # the same, of the notes without an answer


class _Chooser:
    """Which of an instrument's sounds a stroke sets off; turns go on through a performance."""

    def __init__(self, bank: Bank, kit: SampledKit, rng: np.random.Generator):
        self._bank, self._rng = bank, rng
        self._layered = {each.name for each in kit.instruments if each.is_layered}
        self._n_strokes: dict[str, int] = {}
        self._last: dict[str, Sound] = {}

    def choose(self, name: str, velocity: int) -> list[Sound]:
        sounds = self._bank.sounds[name]
        count = self._n_strokes[name] = self._n_strokes.get(name, -1) + 1
        # One draw a stroke, whatever it decides, so that no sample moves those of others.
        draw = float(self._rng.random())
        if name in self._layered:
            return [sound for sound in sounds if _is_its_turn(sound, velocity, count, draw)]
        fitting = [each for each in sounds if each.shot.low <= velocity <= each.shot.high]
        if not fitting:
            distance = [_distance(sound, velocity) for sound in sounds]
            fitting = [s for s, d in zip(sounds, distance, strict=True) if d == min(distance)]
        # Not the same recording twice in a row, where there is another: that is heard at once.
        others = [sound for sound in fitting if sound is not self._last.get(name)] or fitting
        chosen = others[int(draw * len(others))]
        self._last[name] = chosen
        return [chosen]


def play(
    onsets: np.ndarray,
    notes: Sequence[int],
    velocities: Sequence[int],
    *,
    kit: SampledKit,
    bank: Bank,
    kit_map: KitMap,
    silences: Mapping[str, Sequence[str]],
    rng: np.random.Generator,
) -> Played:
    """Set off the sounds of strokes, in their order.

    Parameters
    ----------
    onsets : np.ndarray, shape (n_strokes,), int
        Samples at RATE_HZ, rising.
    notes, velocities : sequence of int
        MIDI; velocities from 1.
    silences : mapping
        From a label to those that it silences, whatever the kit says.
    rng : np.random.Generator
        Decides between recordings that fit a stroke alike.
    """
    chooser, played = _Chooser(bank, kit, rng), Played()
    layered = {each.name for each in kit.instruments if each.is_layered}
    of_note, ringing = kit_map.of_note, []
    for row, (onset, note, velocity) in enumerate(zip(onsets, notes, velocities, strict=True)):
        answer = of_note.get(int(note))
        chosen = chooser.choose(answer.name, int(velocity)) if answer else []
        chosen = [sound for sound in chosen if sound.shot.gain(int(velocity)) > 0]
        if answer is None or answer.label is None or not chosen:
            played.unanswered.append(row)
            continue
        voices = [
            Voice(answer.name, answer.label, sound, int(onset), sound.shot.gain(int(velocity)))
            for sound in chosen
        ]
        ringing = [voice for voice in ringing if voice.onset + len(voice.sound.samples) > onset]
        for voice in ringing:
            if _silences(voices, voice, silences, is_layered=answer.name in layered):
                voice.stop = int(onset)
        ringing = [voice for voice in ringing if voice.stop is None] + voices
        played.onsets.append(int(onset))
        played.voices.append(voices)
        played.rows.append(row)
    return played


def mix(played: Played, gain: float) -> tuple[np.ndarray, float]:
    """Add all voices at a gain, and turn the whole down where it would clip.

    Returns
    -------
    samples : np.ndarray, shape (n_samples,), float32
        Mono at RATE_HZ; ends with the last sound, or TAIL after the last stroke.
    gain : float
        That was taken.
    """
    voices = [voice for of_stroke in played.voices for voice in of_stroke]
    ends = [end for _, end, _ in map(_span, voices)]
    last = max(played.onsets) + round(TAIL * RATE_HZ)
    total = np.zeros(min(max(ends), last), np.float32)
    for voice in voices:
        start, end, samples = _span(voice)
        skipped = max(-start, 0)
        room = len(total) - start
        total[max(start, 0) : end] += gain * voice.gain * samples[skipped:room]
    if max(ends) > last:
        n_fade = min(round(0.5 * RATE_HZ), len(total))
        total[-n_fade:] *= np.linspace(1, 0, n_fade, dtype=np.float32)
    peak = float(np.abs(total).max())
    if peak > CEILING:
        total *= CEILING / peak
        gain *= CEILING / peak
    return total, gain


def sounding(played: Played) -> Iterator[tuple[int, int, list[Voice]]]:
    """Row of the performance, onset in samples, and voices of every stroke that sounded."""
    yield from zip(played.rows, played.onsets, played.voices, strict=True)


def _span(voice: Voice) -> tuple[int, int, np.ndarray]:
    """First sample, the one after the last, and what sounds between, a silenced end faded."""
    start = voice.onset - voice.sound.lead
    samples = voice.sound.samples
    if voice.stop is not None:
        whole = voice.stop - start
        samples = samples[: whole + round(SILENCED * RATE_HZ)].copy()
        n_fade = len(samples) - whole
        if n_fade > 0:
            samples[whole:] *= np.linspace(1, 0, n_fade, dtype=np.float32)
    return start, start + len(samples), samples


def _silences(
    struck: list[Voice], ringing: Voice, silences: Mapping[str, Sequence[str]], *, is_layered: bool
) -> bool:
    """Whether a stroke ends a sound that rings; strokes of one instant end none of each other."""
    if ringing.onset == struck[0].onset:
        return False
    if ringing.label in silences.get(struck[0].label, ()):
        return True
    # A mute group ends the other instruments of it; a group of SFZ those of the same key too.
    if ringing.instrument == struck[0].instrument and not is_layered:
        return False
    off_by = ringing.sound.shot.off_by
    return off_by is not None and any(voice.sound.shot.group == off_by for voice in struck)


def _is_its_turn(sound: Sound, velocity: int, count: int, draw: float) -> bool:
    shot = sound.shot
    place, length = shot.turn
    low, high = shot.chance
    return (
        shot.low <= velocity <= shot.high
        and count % max(length, 1) == place - 1
        and low <= draw < (high if high < 1 else 2)
    )


def _distance(sound: Sound, velocity: int) -> float:
    return max(sound.shot.low - velocity, velocity - sound.shot.high)
