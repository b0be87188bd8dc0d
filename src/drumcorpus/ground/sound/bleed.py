"""How far a close microphone's onsets are above what reaches it from other drums.

Works on what `stems.Stem` keeps of a recording: onsets in seconds, and the mean power
of every hop. All levels are dB re the stem's own loud hits, so that gains do not matter.

A drum's own microphone hears it before, and mostly far louder than, any other. What other drums
add is predicted from their own microphones and from the paths between the two, which are measured
where the drum in question rests. Sound travels 0.34 m in a millisecond.
"""

import numpy as np

from drumcorpus.ground.sound.onset_peaks import frame_samples
from drumcorpus.ground.sound.onset_settings import OnsetSettings
from drumcorpus.ground.sound.stems import Stem

ATTACK, QUIET = 0.015, 0.015  # s after and before an onset between which power is compared
LEAST_ADDED = 0.03  # share of the power after an onset that is put down to it at least
SOURCE_RISE = 2.0  # a source's power at least doubles, or else it merely rings
N_LOUD = 3  # loudest hits that stand for a stem's loud ones; a crash may be struck no more often
ONE_POP_DB = 6.0  # how far a stem's loudest onset may be above its loud hits
LOUD_RANGE_DB = 10.0  # below the loud hits: strokes that measure the path to another microphone
PATH_SHARE = 0.2  # of these strokes: those at which the other microphone holds least
PATH_SPREAD_DB = 3.0  # above the path: strokes that are likely to be nothing but bleed there
WORST_PATH_DB = -15.0  # taken where few strokes measure it, or both drums mostly play together
MIN_STROKES = 8
LEAST_DELAY = 0.0003  # s; 10 cm
LATE_SHARE = 0.9  # of bleed; of strokes in time with the other drum's some come first
UNPLAYED_SHARE = 0.95  # of a stem's onsets that come late, and
UNPLAYED_DB = 12.0  # how far below the others it lies, where its own drum is never struck


def bleed_margin_db(stem: Stem, others: list[Stem], settings: OnsetSettings) -> np.ndarray:
    """How far each onset is above the bleed that may be expected there.

    Parameters
    ----------
    stem : Stem
        The microphone in question.
    others : list of Stem
        Microphones of other drums in the same session, on the same clock.
    settings : OnsetSettings

    Returns
    -------
    margin_db : np.ndarray, shape (n_onsets,)
        Level of what the onset adds, over the sum of what other drums, struck up to
        ``bleed_delay_ms`` before, send here; infinite where none is struck, and minus infinity
        where the stem's own drum is never struck.
    """
    hop = frame_samples(settings) / settings.sample_rate_hz
    delay = settings.bleed_delay_ms / 1000
    others = [other for other in others if len(other.onset)]
    if len(stem.onset) == 0 or not others:
        return np.full(len(stem.onset), np.inf)
    strikes = np.sort(np.concatenate([[-np.inf], *(other.onset for other in others)]))
    if _is_unplayed(stem, others, strikes, hop, delay):
        return np.full(len(stem.onset), -np.inf)
    added = _added_power(stem, stem.onset, hop) / _loud_power(stem, hop)
    arriving = np.zeros(len(stem.onset))
    for other in others:
        source = _struck_power(other, stem.onset, hop, delay) / _loud_power(other, hop)
        arriving += source * 10 ** (_path_db(stem, other, strikes, hop, delay) / 10)
    with np.errstate(divide="ignore"):
        return 10 * (np.log10(added) - np.log10(arriving))


def _power_at(stem, starts, stops, hop):
    """Power of the frames from `starts` to `stops` s, as many for each, (n_times, n_frames)."""
    n_frames = int(np.ceil((stops - starts).max(initial=0.0) / hop)) + 1
    frames = np.floor(starts / hop).astype(int)[:, None] + np.arange(n_frames)
    inside = (frames >= 0) & (frames < len(stem.envelope_db))
    levels_db = stem.envelope_db[np.where(inside, frames, 0)].astype(np.float64)
    return np.where(inside, 10 ** (levels_db / 10), 0.0)


def _held_power(stem, times, hop, delay=0.0):
    """Most that a stem holds from `times` until a stroke then has arrived, (n_times,)."""
    return _power_at(stem, times, times + delay + ATTACK, hop).max(axis=1)


def _power_before(stem, times, hop):
    return _power_at(stem, times - QUIET - hop, times - hop, hop).mean(axis=1)


def _added_power(stem, times, hop):
    """What a stem's own onsets add to what rings, (n_times,)."""
    held = _held_power(stem, times, hop)
    return np.maximum(held - _power_before(stem, times, hop), LEAST_ADDED * held)


def _struck_power(stem, times, hop, delay):
    """What was struck from `delay` before `times` on, (n_times,); 0 where nothing was."""
    before = _power_before(stem, times - delay, hop)
    held = _held_power(stem, times - delay, hop, delay)
    return np.where(held >= SOURCE_RISE * before, held - before, 0.0)


def _loud_power(stem, hop):
    """Of a stem's loud hits: the least of the few loudest, but for one pop far above them."""
    held = np.sort(_held_power(stem, stem.onset, hop))[::-1]
    return max(held[min(N_LOUD, len(held)) - 1], held[0] * 10 ** (-ONE_POP_DB / 10))


def _path_db(stem, other, strikes, hop, delay):
    """The highest level of another drum's bleed in this stem, dB re its hit in its own stem."""
    there = _held_power(other, other.onset, hop) / _loud_power(other, hop)
    here = _held_power(stem, other.onset, hop, delay) / _loud_power(stem, hop)
    # Where this stem has ended, or holds digital silence, nothing can be measured of its bleed.
    is_loud = (there >= 10 ** (-LOUD_RANGE_DB / 10)) & (here > 0)
    strokes = other.onset[is_loud]
    if len(strokes) < MIN_STROKES:
        return WORST_PATH_DB
    paths_db = 10 * np.log10(here[is_loud] / there[is_loud])
    path_db = np.quantile(paths_db, PATH_SHARE)
    quiet = strokes[paths_db <= path_db + PATH_SPREAD_DB]
    onset = stem.onset[np.abs(stem.onset - quiet[:, None]).argmin(axis=1)]
    onset = onset[np.abs(onset - quiet) <= delay]
    is_bleed = len(onset) >= MIN_STROKES / 2 and _comes_late(onset, strikes, delay) >= LATE_SHARE
    return path_db if is_bleed else min(path_db, WORST_PATH_DB)


def _comes_late(onset, strikes, delay):
    """Share of onsets that follow a strike elsewhere: a drum of its own is as often the first."""
    latest = np.searchsorted(strikes, onset - LEAST_DELAY, side="right") - 1
    return (onset - strikes[latest] <= delay).mean()


def _is_unplayed(stem, others, strikes, hop, delay):
    """Whether a stem lies far below the others, and its onsets follow theirs, the loudest too."""
    if len(stem.onset) < MIN_STROKES:
        return False
    loudest = max(_loud_power(other, hop) for other in others)
    is_far_below = _loud_power(stem, hop) <= loudest * 10 ** (-UNPLAYED_DB / 10)
    by_power = stem.onset[np.argsort(_held_power(stem, stem.onset, hop))]
    return bool(
        is_far_below
        and _comes_late(by_power, strikes, delay) >= UNPLAYED_SHARE
        and _comes_late(by_power[-N_LOUD:], strikes, delay) == 1
    )
