"""Renders drum hits as sums of decaying modes and a burst of noise."""

from dataclasses import dataclass, replace

import numpy as np

from drumcorpus.demo.kits import NEPERS_PER_60_DB, Kit, Stroke, Voice

_BLOCK = 512  # samples; a mode's exponential is the product of one within and one between blocks
_CHOKE_DECAY = 0.05  # seconds to fall by 60 dB once a hand or a pedal stops the cymbal
_CEILING = 0.95  # of full scale
_RISE_CORNER_HZ = 2000.0  # modes well above it are fed by the lower ones, and late
_VARIATION = 0.25  # of a mode's amplitude, from hit to hit: the stick never lands twice alike
_NOISE_SAMPLES = 1 << 17
_NOISE_SEED = 20_231


def render(
    onsets: np.ndarray,
    notes: np.ndarray,
    velocities: np.ndarray,
    kit: Kit,
    *,
    sample_rate_hz: int,
    duration: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Render hits on a drum kit.

    Every hit is a sum of the damped modes of its voice. Velocity moves the spectrum: a
    harder hit has more level, a higher corner frequency, high modes that build up sooner,
    and less loss. The frequencies of the modes stay, for they belong to the body. No two
    hits are alike: amplitudes of modes vary by about 2 dB and the noise is another stretch.

    Parameters
    ----------
    onsets : np.ndarray, shape (n_hits,)
        Seconds, at least 0, in any order; the sound starts at the nearest sample.
    notes : np.ndarray, shape (n_hits,), int
        MIDI notes, all of them played by the kit.
    velocities : np.ndarray, shape (n_hits,), int
        MIDI velocities, 1 to 127.
    kit : Kit
        What is struck.
    sample_rate_hz : int
        Sample rate of the result.
    duration : float
        Seconds of the result; what still rings then is cut off.
    rng : np.random.Generator
        Draws the small differences between hits.

    Returns
    -------
    audio : np.ndarray, shape (n_samples,), float64
        Mono, full scale is 1. Turned down as a whole where its peak would pass 0.95.

    Raises
    ------
    ValueError
        If a note is not the kit's, or an onset or velocity is out of range.
    """
    order = np.lexsort((notes, onsets))
    onsets, notes, velocities = (np.asarray(a)[order] for a in (onsets, notes, velocities))
    strokes = kit.stroke_of_note
    _check_hits(onsets, notes, velocities, strokes, kit.name)
    struck = {strokes[int(note)].voice for note in notes}
    sounds = {name: _prepare(kit.voices[name], sample_rate_hz) for name in struck}
    n_samples = round(duration * sample_rate_hz)
    audio = np.zeros(n_samples)
    starts = np.rint(onsets * sample_rate_hz).astype(int)
    stops = _choke_samples(starts, [strokes[int(note)] for note in notes])
    for start, stop, note, velocity in zip(starts, stops, notes, velocities, strict=True):
        stroke = strokes[int(note)]
        hit = _hit(sounds[stroke.voice], stroke, velocity / 127.0, rng)
        hit = _choke(hit, stop - start, sample_rate_hz)[: max(n_samples - start, 0)]
        audio[start : start + len(hit)] += hit
    peak = np.abs(audio).max(initial=0.0)
    return audio * min(1.0, _CEILING / peak) if peak > 0 else audio


@dataclass(frozen=True, eq=False)
class _Sound:
    """A voice at one sample rate, with what all of its hits share."""

    voice: Voice
    sample_rate_hz: int
    within: np.ndarray  # shape (n_modes, block), complex exponentials from 0 to one block
    between: np.ndarray  # shape (n_blocks, n_modes), complex exponentials at block starts
    noise: np.ndarray  # shape (_NOISE_SAMPLES,), unit RMS, periodic


def _prepare(voice: Voice, sample_rate_hz: int) -> _Sound:
    """Lay out a voice's modes as two factors, whose product is every sample of every mode."""
    # A mode above the Nyquist frequency cannot sound; its alias would.
    audible = voice.frequencies_hz < 0.47 * sample_rate_hz
    rates = (-voice.losses + 2j * np.pi * voice.frequencies_hz)[audible] / sample_rate_hz
    longest = NEPERS_PER_60_DB / voice.losses[audible].min() * sample_rate_hz
    n_blocks = int(np.ceil(longest / _BLOCK))
    within = np.exp(np.outer(rates, np.arange(_BLOCK)))
    between = np.exp(np.outer(np.arange(n_blocks) * _BLOCK, rates))
    kept = replace(
        voice,
        frequencies_hz=voice.frequencies_hz[audible],
        amplitudes=voice.amplitudes[audible],
        losses=voice.losses[audible],
    )
    return _Sound(kept, sample_rate_hz, within, between, _noise(voice, sample_rate_hz))


def _noise(voice: Voice, sample_rate_hz: int) -> np.ndarray:
    frequencies = np.fft.rfftfreq(_NOISE_SAMPLES, 1.0 / sample_rate_hz)
    low, high = voice.noise_band_hz
    # Second-order slopes: a cliff in the spectrum would ring before the onset.
    gains = 1.0 / np.sqrt(1 + (low / np.maximum(frequencies, 1.0)) ** 4)
    gains /= np.sqrt(1 + (frequencies / high) ** 4)
    rng = np.random.default_rng(_NOISE_SEED)
    phases = np.exp(2j * np.pi * rng.random(len(frequencies)))
    noise = np.fft.irfft(gains * phases, _NOISE_SAMPLES)
    return noise / np.sqrt(np.mean(noise**2))


def _hit(sound: _Sound, stroke: Stroke, strength: float, rng: np.random.Generator) -> np.ndarray:
    """One hit, from its onset until it has fallen by 60 dB; `strength` from 0 to 1."""
    voice = sound.voice
    weights = _mode_weights(voice, stroke, strength, rng)
    loss = stroke.added_loss + voice.soft_loss * (1.0 - strength)
    tone = _sum_modes(sound, weights, loss)
    if voice.rise > 0:
        # The high modes start at nothing and build up: full minus a fast-fading part.
        late = 1.0 / (1.0 + (_RISE_CORNER_HZ / voice.frequencies_hz) ** 2)
        building = _sum_modes(
            sound, weights * late, loss + 1.0 / (voice.rise * (1.0 - 0.85 * strength))
        )
        tone[: len(building)] -= building
    burst = _burst(sound, stroke, strength, rng)
    hit = np.zeros(max(len(tone), len(burst)))
    hit[: len(tone)] = tone
    hit[: len(burst)] += burst
    return hit * stroke.level * strength**1.3


def _mode_weights(
    voice: Voice, stroke: Stroke, strength: float, rng: np.random.Generator
) -> np.ndarray:
    """Amplitudes of the modes of one hit, scaled to unit power."""
    corner_hz = stroke.corner_hz * 2.0 ** (voice.brightness_octaves * (strength - 0.7))
    gains = 1.0 / (1.0 + (voice.frequencies_hz / corner_hz) ** 2)
    if stroke.peak_hz is not None:
        octaves = np.log2(voice.frequencies_hz / stroke.peak_hz)
        gains = gains * (1.0 + stroke.peak_gain * np.exp(-0.5 * (octaves / 0.35) ** 2))
    variation = 1.0 + _VARIATION * rng.standard_normal(len(gains))
    weights = voice.amplitudes * gains * variation
    return weights / np.sqrt(np.sum(weights**2))


def _sum_modes(sound: _Sound, weights: np.ndarray, added_loss: float) -> np.ndarray:
    """Sum damped sines over modes, every mode losing `added_loss` (1/s) more than its own."""
    extra = added_loss / sound.sample_rate_hz
    slowest = sound.voice.losses.min() / sound.sample_rate_hz + extra
    n_blocks = min(int(np.ceil(NEPERS_PER_60_DB / slowest / _BLOCK)), len(sound.between))
    between = sound.between[:n_blocks] * weights
    between *= np.exp(-extra * _BLOCK * np.arange(n_blocks))[:, None]
    # The imaginary part of the product, by two real products: cheaper than a complex one.
    tone = between.real @ sound.within.imag + between.imag @ sound.within.real
    return (tone * np.exp(-extra * np.arange(_BLOCK))).ravel()


def _burst(sound: _Sound, stroke: Stroke, strength: float, rng: np.random.Generator) -> np.ndarray:
    """Noise of the stroke: stick, beater or snare wires, more of it in a hard hit."""
    loss = (sound.voice.noise_loss + stroke.added_loss) / sound.sample_rate_hz
    n_samples = min(int(NEPERS_PER_60_DB / loss) + 1, _NOISE_SAMPLES // 2)
    first = int(rng.integers(_NOISE_SAMPLES - n_samples))
    envelope = np.exp(-loss * np.arange(n_samples))
    level = sound.voice.noise_level * strength
    return level * envelope * sound.noise[first : first + n_samples]


def _choke_samples(starts: np.ndarray, strokes: list[Stroke]) -> np.ndarray:
    """For every hit, the sample at which a later stroke on its voice stops it."""
    never = np.iinfo(np.int64).max // 2
    stops = np.full(len(starts), never)
    next_choke: dict[str, int] = {}
    for index in reversed(range(len(starts))):
        voice = strokes[index].voice
        stops[index] = next_choke.get(voice, never)
        if strokes[index].chokes:
            next_choke[voice] = int(starts[index])
    return stops


def _choke(hit: np.ndarray, n_free: int, sample_rate_hz: int) -> np.ndarray:
    if n_free >= len(hit):
        return hit
    n_fade = min(int(_CHOKE_DECAY * sample_rate_hz), len(hit) - n_free)
    choked = hit[: n_free + n_fade].copy()
    choked[n_free:] *= np.exp(
        -NEPERS_PER_60_DB / (_CHOKE_DECAY * sample_rate_hz) * np.arange(n_fade)
    )
    return choked


def _check_hits(
    onsets: np.ndarray,
    notes: np.ndarray,
    velocities: np.ndarray,
    strokes: dict[int, Stroke],
    kit: str,
) -> None:
    foreign = sorted({int(note) for note in notes} - set(strokes))
    if foreign:
        raise ValueError(f"kit {kit!r} does not play the notes {foreign}, only {sorted(strokes)}")
    if len(onsets) and not (np.isfinite(onsets).all() and onsets.min() >= 0):
        raise ValueError(f"onsets start at {np.min(onsets)}; allowed are 0 s and later")
    if len(velocities) and not (velocities.min() >= 1 and velocities.max() <= 127):
        raise ValueError(
            f"velocities {velocities.min()} to {velocities.max()}; allowed are 1 to 127"
        )
