"""Find the strokes of a recording, and tell a microphone's own strokes from its neighbours'.

Conventions: audio is mono float, full scale 1; times are seconds from the start of the audio;
levels are dB re full scale. The settings are the section ``onsets`` of the configuration.

Onsets are peaks of the SuperFlux [1]_: the rise of a mel spectrum over 15 ms, in dB, mean over
bands, with a maximum filter over frequency against vibrato. A peak counts where it stands out of
both the mean just before it, which masks what a stroke itself leaves behind, and the median around
it, which rises where a cymbal washes. The time of a peak is refined to the sample at which the
signal is best divided into a quiet and a loud stretch (Akaike's criterion [2]_), and so to the
start of the transient; annotators mostly put onsets some milliseconds later.

References
----------
.. [1] S. Böck and G. Widmer, "Maximum filter vibrato suppression for onset detection", DAFx 2013.
.. [2] N. Maeda, "A method for reading and checking phase times in auto-processing system of
   seismic wave data", Zisin 38, 365-379, 1985.
"""

import numpy as np

from drumcorpus.ground.sound.bleed import bleed_margin_db
from drumcorpus.ground.sound.onset_peaks import (
    BATCH_FRAMES,
    POWER_FLOOR,
    RISE,
    find_peaks,
    frame_samples,
    transient_start,
)
from drumcorpus.ground.sound.onset_settings import OnsetSettings
from drumcorpus.ground.sound.resampling import resample
from drumcorpus.ground.sound.stems import Stem

SALIENCE_SCALE_DB = 1.0  # rise above what is usual around, of salience 0.5
# The odds that an onset of a drum mix is a stroke are (rise / 0.21 dB) to the power of 1.6. Fitted
# on eight annotated takes (MDB Drums); of seven of them each, 0.20 to 0.31 dB and 1.5 to 1.9.
EVEN_RISE_DB = 0.21
ODDS_POWER = 1.6

CUT_REACH, CUT_GAIN = 0.03, 4.0  # s before a file's end, and how much power a stroke adds there
MARGIN_SCALE_DB = 2.0  # above the bleed gate: by which the odds of an own hit grow e-fold
ONE_SHOT_RANGE_DB = 20.0  # below its loudest onset: what comes before may be handling noise


def analyse_stem(samples: np.ndarray, sample_rate_hz: int, settings: OnsetSettings) -> Stem:
    """Find the onsets of one recording.

    Parameters
    ----------
    samples : np.ndarray, shape (n_samples,), float
        The recording, mono, full scale 1; it may be empty.
    sample_rate_hz : int
        Its rate in Hz.
    settings : OnsetSettings

    Returns
    -------
    stem : Stem
        Onsets at least ``wait_ms`` apart, in order.

    Raises
    ------
    ValueError
        If samples are not mono float, hold a NaN or an infinity, or a setting is out of range.
    """
    prepared = _prepare(samples, sample_rate_hz, settings)
    return Stem(
        *_find_onsets(samples, sample_rate_hz, *prepared, settings),
        _envelope_db(*prepared, settings),
        len(samples) / sample_rate_hz,
    )


def own_hits(
    stem: Stem, others: list[Stem], settings: OnsetSettings
) -> tuple[np.ndarray, np.ndarray]:
    """Tell the strokes of a close microphone's own drum from those of its neighbours.

    Every stem is measured against its own loud hits, so that its gain does not matter. How much of
    another drum reaches this stem is bounded by what the stem holds at that drum's loud hits,
    while its own drum rests. A hit is bleed if it is not `bleed_margin_db` louder than what so
    arrives, within `bleed_delay_ms`, from the other drums that are struck; a cymbal that merely
    rings strikes nothing. Two drums struck at once are both own hits. A stem whose onsets all
    follow another's, and which lies far below them, is taken for one whose drum is never struck.

    Parameters
    ----------
    stem : Stem
        The close microphone's.
    others : list of Stem
        Other drums' close microphones in the same session; a second microphone at the same drum
        does no harm. Empty for a mix or a single stroke: then all hits are own.
    settings : OnsetSettings

    Returns
    -------
    is_own : np.ndarray, shape (n_onsets,), bool
    confidence : np.ndarray, shape (n_onsets,)
        0 to 1: `onset_confidence`, times the odds of the margin as a share. The latter is not
        fitted to data: it is even at the gate and rises e-fold in 2 dB.
    """
    confidence = onset_confidence(stem.salience)
    margin_db = bleed_margin_db(stem, others, settings) - settings.bleed_margin_db
    odds = np.exp(np.clip(margin_db / MARGIN_SCALE_DB, -50, 50))
    return margin_db >= 0, confidence * odds / (1 + odds)


def one_shot_onset(
    samples: np.ndarray, sample_rate_hz: int, settings: OnsetSettings
) -> tuple[float, float] | None:
    """Where the stroke of a one-shot starts.

    Parameters
    ----------
    samples, sample_rate_hz, settings
        As for `analyse_stem`.

    Returns
    -------
    onset : float
        Seconds: the first onset within 20 dB of the loudest. Where nothing attacks, as in a
        reversed cymbal, the first sample within 20 dB of the peak.
    confidence : float
        0 to 1, as `onset_confidence`; 0 where nothing attacks. None instead of both where the
        file holds silence.
    """
    rate = settings.sample_rate_hz
    prepared, dc_offset = _prepare(samples, sample_rate_hz, settings)
    if _is_silent(prepared, dc_offset, settings):
        return None
    onset, level_db, salience = _find_onsets(samples, sample_rate_hz, prepared, dc_offset, settings)
    if len(onset) == 0:
        least = _peak(prepared, dc_offset) * 10 ** (-ONE_SHOT_RANGE_DB / 20)
        loud = np.abs(prepared - dc_offset) >= least
        return float(np.argmax(loud) / rate), 0.0
    first = int(np.argmax(level_db >= level_db.max() - ONE_SHOT_RANGE_DB))
    return float(onset[first]), float(onset_confidence(salience)[first])


def onset_confidence(salience: np.ndarray) -> np.ndarray:
    """How likely an onset of this salience is a stroke, 0 to 1.

    A logistic curve of the logarithm of the rise, fitted on drum mixes (MDB Drums). On a single
    drum's microphone, where less rings, it errs on the low side.
    """
    rise_db = SALIENCE_SCALE_DB * salience / np.maximum(1 - salience, POWER_FLOOR)
    odds = (rise_db / EVEN_RISE_DB) ** ODDS_POWER
    return odds / (1 + odds)


def _prepare(samples, sample_rate_hz, settings):
    """The samples at the rate of the analysis, and their mean, the DC offset.

    The offset is subtracted block by block where samples are read: a corrected copy of the whole
    recording would double the memory.
    """
    _check_settings(settings)
    if samples.ndim != 1 or not np.issubdtype(samples.dtype, np.floating):
        raise ValueError(
            f"expected mono float samples, got shape {samples.shape} of {samples.dtype} "
            "(did you forget to mix down?)"
        )
    if len(samples) == 0:
        return np.zeros(0, dtype=np.float32), np.float32(0)
    if not np.isfinite([samples.min(), samples.max()]).all():
        raise ValueError("samples hold a NaN or an infinity")
    samples = samples.astype(np.float32, copy=False)
    samples = resample(samples, sample_rate_hz, settings.sample_rate_hz)
    return samples, np.float32(samples.mean(dtype=np.float64) if len(samples) else 0)


def _check_settings(settings):
    rate, top_hz = settings.sample_rate_hz, settings.fmax_hz
    if not 0 < settings.fmin_hz < top_hz <= rate / 2:
        raise ValueError(
            f"onsets: fmin_hz {settings.fmin_hz} and fmax_hz {top_hz} must rise, and stay "
            f"within half of sample_rate_hz {rate}"
        )
    for name in ("hop_ms", "wait_ms", "delta_db", "range_db"):
        if not getattr(settings, name) > 0:
            raise ValueError(f"onsets: {name} is {getattr(settings, name)}; allowed is above 0")
    if settings.hop_ms / 1000 > RISE:
        raise ValueError(f"onsets: hop_ms is {settings.hop_ms}; allowed is up to {1000 * RISE}")


def _peak(samples, dc_offset):
    if len(samples) == 0:
        return np.float32(0)
    return max(samples.max() - dc_offset, dc_offset - samples.min())


def _is_silent(samples, dc_offset, settings):
    return _decibels(np.square(_peak(samples, dc_offset))) <= settings.silence_db


def _find_onsets(samples, sample_rate_hz, prepared, dc_offset, settings):
    """Onsets (s), their peak levels (dB) and saliences, each (n_onsets,)."""
    if _is_silent(prepared, dc_offset, settings):
        return np.zeros(0), np.zeros(0), np.zeros(0)
    rate, wait = settings.sample_rate_hz, settings.wait_ms / 1000
    peaks, rise_db = find_peaks(prepared, dc_offset, min(rate, sample_rate_hz), settings)
    mean = samples.mean(dtype=np.float64)
    onset = np.array([transient_start(samples, sample_rate_hz, peak, mean) for peak in peaks])
    rise_db[_is_cut(prepared, dc_offset, onset, rate)] = 0
    kept = _apart(onset, rise_db, wait) & (rise_db > 0)
    onset, rise_db = onset[kept], rise_db[kept]
    level_db = _peak_levels_db(prepared, dc_offset, onset, rate, wait)
    kept = level_db >= level_db.max(initial=-np.inf) + settings.min_level_db
    return onset[kept], level_db[kept], (rise_db / (rise_db + SALIENCE_SCALE_DB))[kept]


def _is_cut(samples, dc_offset, onset, rate):
    """Which onsets are no strokes, but a sound cut off at the file's end.

    The cut itself spreads over all bands and looks like a rise; unlike a stroke it adds no power.
    """
    is_cut = onset > len(samples) / rate - CUT_REACH
    for row in np.flatnonzero(is_cut):
        start = min(round(onset[row] * rate), len(samples) - 1)
        before = samples[max(start - round(CUT_REACH * rate), 0) : start] - dc_offset
        power = np.square(before).sum() / max(len(before), 1)
        is_cut[row] = np.square(samples[start:] - dc_offset).mean() < CUT_GAIN * power
    return is_cut


def _apart(onset, rise_db, wait):
    """Which onsets stay, so that none follows another within `wait` s; of two the clearer."""
    kept = np.zeros(len(onset), dtype=bool)
    for row in np.argsort(-rise_db, kind="stable"):
        kept[row] = not (np.abs(onset[kept] - onset[row]) < wait).any()
    return kept


def _peak_levels_db(samples, dc_offset, onset, rate, reach):
    starts = np.minimum(np.rint(onset * rate).astype(int), len(samples) - 1)
    stops = np.minimum(starts + round(reach * rate), np.append(starts[1:], len(samples)))
    peaks = [
        _peak(samples[start : max(stop, start + 1)], dc_offset)
        for start, stop in zip(starts, stops, strict=True)
    ]
    return _decibels(np.square(np.array(peaks, dtype=np.float64)))


def _envelope_db(samples, dc_offset, settings):
    """Mean power of every hop, dB re full scale, (n_frames,) float32; the last may be short."""
    hop = frame_samples(settings)
    n_whole = len(samples) // hop
    power = np.empty(n_whole, dtype=np.float32)
    for first in range(0, n_whole, BATCH_FRAMES):
        stop = min(first + BATCH_FRAMES, n_whole)
        whole = (samples[first * hop : stop * hop] - dc_offset).reshape(-1, hop)
        power[first:stop] = np.einsum("fs,fs->f", whole, whole) / hop
    remaining = samples[n_whole * hop :] - dc_offset
    if len(remaining):
        power = np.append(power, np.square(remaining).mean())
    return _decibels(power).astype(np.float32)


def _decibels(power):
    return 10 * np.log10(power + POWER_FLOOR)
