"""How much each job of a plan reads: events, sessions and sound of the source sets that it is of.

What is counted in the run manifests that stand goes first; of a source set that has none, the sizes
of its raw files and the figures that its card has published; and where the card has none either,
what there is of the other sets for as much sound.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from drumcorpus.ground.run.resources import counted_in

SET, SHARD = "source_set", "shard"


@dataclass(frozen=True)
class Amount:
    """What a job reads; None is unknown. `seconds` are those of the sound."""

    events: float | None = None
    sessions: float | None = None
    sound_bytes: float | None = None
    seconds: float | None = None

    def times(self, share: float) -> "Amount":
        """A share of it."""
        return Amount(*(value and value * share for value in self._values()))

    def plus(self, other: "Amount") -> "Amount":
        """Both together; what is unknown of one is unknown of both."""
        pairs = zip(self._values(), other._values(), strict=True)
        return Amount(*(None if None in pair else sum(pair) for pair in pairs))

    def or_else(self, other: "Amount") -> "Amount":
        """What is unknown here by another estimate."""
        pairs = zip(self._values(), other._values(), strict=True)
        return Amount(*(own if own is not None else theirs for own, theirs in pairs))

    def _values(self) -> tuple:
        return self.events, self.sessions, self.sound_bytes, self.seconds


NOTHING = Amount(0, 0, 0, 0)


class ExpectedReads:
    """What each job reads.

    Parameters
    ----------
    jobs : iterable of mapping
        All jobs of the plan, as of `ask_snakemake.plan_jobs`, in their order.
    raw_sound : mapping
        Bytes of the raw files that are sound, by source set, of those that were looked at.
    published : mapping
        What the cards have published, by source set.
    seconds : mapping
        Seconds of sound of the sets whose inventory stands.
    """

    def __init__(
        self,
        jobs: Iterable[Mapping],
        *,
        raw_sound: Mapping[str, int],
        published: Mapping[str, Amount],
        seconds: Mapping[str, float],
    ):
        jobs = list(jobs)
        parts = _counted_parts(jobs)
        self._sets_of: dict[str, frozenset[str]] = {}
        self._amounts: dict[tuple[str, str], Amount] = {}
        self._wholes: dict[str, Amount] = {}
        for name, shards in parts.items():
            whole = _sum(shards.values())
            if any(shards.values()):
                whole = Amount(whole.events, whole.sessions, whole.sound_bytes, seconds.get(name))
            else:
                stands = Amount(sound_bytes=raw_sound.get(name), seconds=seconds.get(name))
                whole = stands.or_else(published.get(name, Amount()))
            self._wholes[name] = whole
        self._fill_by_others()
        for name, shards in parts.items():
            whole = self._wholes[name]
            for shard, own in shards.items():
                self._amounts[name, shard] = _part(own, whole, len(shards))
        for job in jobs:
            self._note_sets(job)

    def of(self, job: Mapping) -> Amount:
        """What one job of the plan reads."""
        source_set, shard = (job["wildcards"].get(name) for name in (SET, SHARD))
        if (source_set, shard) in self._amounts:
            return self._amounts[source_set, shard]
        names = self._sets_of.get(job["outputs"][0][1], frozenset())
        return _sum(self._wholes.get(name, Amount()) for name in sorted(names))

    def sets(self) -> dict[str, Amount]:
        """What each source set holds."""
        return dict(self._wholes)

    def _note_sets(self, job: Mapping) -> None:
        if SET in job["wildcards"]:
            names = frozenset([job["wildcards"][SET]])
        else:
            above = (self._sets_of.get(path, frozenset()) for _, path in job["inputs"])
            names = frozenset().union(*above)
        for _, path in job["outputs"]:
            self._sets_of[path] = names

    def _fill_by_others(self) -> None:
        """What neither counters nor card tell, by what the other sets have for as much sound."""
        wholes = self._wholes.values()
        for name in ("events", "sessions", "seconds"):
            both = [
                (getattr(whole, name), whole.sound_bytes)
                for whole in wholes
                if getattr(whole, name) and whole.sound_bytes
            ]
            if not both:
                continue
            per_byte = sum(value for value, _ in both) / sum(n_bytes for _, n_bytes in both)
            for key, whole in self._wholes.items():
                guess = Amount(**{name: whole.sound_bytes and whole.sound_bytes * per_byte})
                self._wholes[key] = whole.or_else(guess)


def _counted_parts(jobs: Iterable[Mapping]) -> dict[str, dict[str, Amount | None]]:
    """What is counted of each shard of each source set; None where nothing is."""
    parts: dict[str, dict[str, Amount | None]] = {}
    for job in jobs:
        source_set, shard = (job["wildcards"].get(name) for name in (SET, SHARD))
        if source_set is None:
            continue
        shards = parts.setdefault(source_set, {})
        if shard is None:
            continue
        earlier = shards.setdefault(shard, None)
        if counted := counted_in(job["outputs"][0][1]):
            earlier = earlier or NOTHING
            shards[shard] = Amount(
                max(counted.events, earlier.events),
                max(counted.sessions, earlier.sessions),
                max(counted.sound_bytes, earlier.sound_bytes),
                0,
            )
    return parts


def _part(own: Amount | None, whole: Amount, n_shards: int) -> Amount:
    """One shard of a source set; its sound lasts as long as its share of the bytes."""
    if own is None:
        return whole.times(1 / n_shards)
    share = own.sound_bytes / whole.sound_bytes if whole.sound_bytes else 1 / n_shards
    seconds = whole.seconds and whole.seconds * share
    return Amount(own.events, own.sessions, own.sound_bytes, seconds)


def _sum(amounts: Iterable[Amount | None]) -> Amount:
    total = NOTHING
    for amount in amounts:
        total = total.plus(amount or NOTHING)
    return total
