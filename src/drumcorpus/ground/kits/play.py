"""A performance played on a bank of samples: which sound for a stroke, until when, how loud.

A sound ends early where another stroke silences it, or a hand grabs the cymbal.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from drumcorpus.ground.kits.bank import Bank, Sound
from drumcorpus.ground.kits.kit_map import KitMap
from drumcorpus.ground.kits.shots import STARTS_AT, SampledKit
from drumcorpus.ground.kits.written import RATE_HZ

SILENCED = 0.03  # s that a silenced stroke takes to end
STOPPED = 0.15  # s that a cymbal takes to end in a hand
HEARD = STARTS_AT  # of the peak of a stroke: what a hand stops must be as loud to be a choke
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
    fade: float = SILENCED  # s that it takes to end from there


@dataclass
class Played:
    """The strokes of a performance that sounded, and those that did not.

    `voices` has for each row of `rows` those that it set off; `choked` the sample at which a hand
    stopped a stroke while it was heard, by its row.
    """

    onsets: list[int] = field(default_factory=list)  # samples
    voices: list[list[Voice]] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)  # of the performance's notes
    unanswered: list[int] = field(default_factory=list)  # the same, of the notes without an answer
    choked: dict[int, int] = field(default_factory=dict)


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
    grabs: Sequence[tuple[int, int]] = (),
    bodies: Mapping[str, str] | None = None,
) -> Played:
    """Set off the sounds of strokes, in their order.

    A hand that grabs a cymbal ends all of it that rings; of these strokes the last is choked, where
    it was still heard.

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
    grabs : sequence of (int, int)
        Sample at RATE_HZ, rising, and a note of the cymbal that a hand grabs then.
    bodies : mapping of str to str
        What a hand can grab, by label; labels of one cymbal have one body.
    """
    hands = _Hands(kit_map, bodies or {}, grabs)
    chooser, played = _Chooser(bank, kit, rng), Played()
    layered = {each.name for each in kit.instruments if each.is_layered}
    chokes = {each.name: each.chokes for each in kit.instruments}
    of_note, ringing = kit_map.of_note, []
    for row, (onset, note, velocity) in enumerate(zip(onsets, notes, velocities, strict=True)):
        hands.grab(played, ringing, int(onset))
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
            if voice.stop is None and voice.instrument in chokes[answer.name]:
                if voice.onset < onset:
                    voice.stop, voice.fade = int(onset), chokes[answer.name][voice.instrument]
            elif voice.stop is None and _silences(
                voices, voice, silences, is_layered=answer.name in layered
            ):
                voice.stop = int(onset)
        ringing = [voice for voice in ringing if voice.stop is None] + voices
        played.onsets.append(int(onset))
        played.voices.append(voices)
        played.rows.append(row)
    if played.onsets:  # where the recording ends there is nothing to grab
        hands.grab(played, ringing, played.onsets[-1] + round(TAIL * RATE_HZ) - 1)
    return played


class _Hands:
    """Hands that grab cymbals, in the order of time."""

    def __init__(
        self, kit_map: KitMap, bodies: Mapping[str, str], grabs: Sequence[tuple[int, int]]
    ):
        labels = {note: answer.label for note, answer in kit_map.of_note.items()}
        grabbed = ((at, bodies.get(labels.get(note) or "")) for at, note in grabs)
        self._bodies = bodies
        self._waiting = [(at, body) for at, body in grabbed if body is not None]
        self._waiting.reverse()

    def grab(self, played: Played, ringing: list[Voice], until: int) -> None:
        """End what hands grab up to a sample; a stroke of the same instant rings on."""
        while self._waiting and self._waiting[-1][0] <= until:
            at, body = self._waiting.pop()
            stopped = [
                voice
                for voice in ringing
                if voice.stop is None
                and self._bodies.get(voice.label) == body
                and voice.onset < at < voice.onset - voice.sound.lead + len(voice.sound.samples)
            ]
            last = max((voice.onset for voice in stopped), default=None)
            struck = (voice for voice in stopped if voice.onset == last)
            if heard := next((voice for voice in struck if _is_heard(voice, at)), None):
                played.choked[_row_of(played, heard)] = at
            for voice in stopped:
                voice.stop, voice.fade = at, STOPPED


def _row_of(played: Played, struck: Voice) -> int:
    """The row of the stroke that set a voice off."""
    rows = zip(reversed(played.rows), reversed(played.voices), strict=True)
    return next(row for row, voices in rows if any(voice is struck for voice in voices))


def _is_heard(voice: Voice, at: int) -> bool:
    """Whether a sound is still loud from a sample on."""
    samples = np.abs(voice.sound.samples)
    rest = samples[at - voice.onset + voice.sound.lead :]
    return float(rest.max(initial=0)) >= HEARD * float(samples.max())


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
        samples = samples[: whole + round(voice.fade * RATE_HZ)].copy()
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
