"""A weights profile: the rules by which the events of a manifest, or of a source set, weigh."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

# Whose weight a cap bounds, and the column that tells them apart; None: the session itself.
GROUP_COLUMNS = {
    "session": None,
    "performance": "group_id",
    "kit": "kit_id",
    "drummer": "drummer_id",
}
# What events may be told apart by, in the order in which keys are made of it.
DEDUPE_FIELDS = (
    *("source_set", "session_id", "group_id", "drummer_id", "kit_id", "style"),
    *("audio_path", "annotation_path", "onset_time", "labels"),
)


@dataclass(frozen=True)
class SamplingSettings:
    """The section ``sampling`` of the configuration, or a profile of ``weights`` over it.

    Parameters
    ----------
    split : str or tuple of str
        The splits whose events are weighted.
    exponent : float
        How strongly rare classes are preferred; 0 or more.
    smoothing : float
        Hits added to every class, which tempers the rarest; 0 or more.
    floor, ceiling : float
        Bounds of an event's weight, as multiples of the median weight; 0 <= floor <= 1 <= ceiling.
    class_bounds : mapping
        Label -> ``min`` and ``max``, either or both, in average events: bounds of the events that
        have their weight from a component of that label.
    session_cap : float or None
        Largest weight of one group, in average events; None for no cap.
    one_shot_cap : float or None
        The same of a group that has events of style ``one_shot``.
    group_field : str
        What a group is, of one source set: a key of `GROUP_COLUMNS`.
    technique_factors : mapping
        Technique -> factor > 0; techniques without one count 1.
    source_set_shares : mapping
        Source set -> its share of the draws, above 0; together at most 1.
    dedupe_fields : tuple of str
        Of `DEDUPE_FIELDS`: events that are equal in all of them share the weight of one.
    """

    SECTION: ClassVar[str] = "sampling"

    split: str | tuple[str, ...]
    exponent: float
    smoothing: float
    floor: float
    ceiling: float
    class_bounds: Mapping[str, Mapping[str, float]]
    session_cap: float | None
    one_shot_cap: float | None
    group_field: str
    technique_factors: Mapping[str, float]
    source_set_shares: Mapping[str, float]
    dedupe_fields: tuple[str, ...]

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits whose events are weighted."""
        return (self.split,) if isinstance(self.split, str) else tuple(self.split)

    def bounds(self, label: str) -> tuple[float, float]:
        """Least and largest weight of the events of a label, in average events."""
        own = self.class_bounds.get(label, {})
        return own.get("min", 0.0), own.get("max", math.inf)

    def document(self) -> dict:
        """Every setting but the splits, as JSON has it."""
        return {
            "exponent": self.exponent,
            "smoothing": self.smoothing,
            "floor": self.floor,
            "ceiling": self.ceiling,
            "session_cap": self.session_cap,
            "one_shot_cap": self.one_shot_cap,
            "technique_factors": dict(self.technique_factors),
            "class_bounds": {name: dict(own) for name, own in self.class_bounds.items()},
            "group_field": self.group_field,
            "source_set_shares": dict(self.source_set_shares),
            "dedupe_fields": list(self.dedupe_fields),
        }


def check_settings(settings: SamplingSettings) -> None:
    """Refuse a setting out of its range.

    Raises
    ------
    ValueError
        The message names the setting, the value and what is allowed.
    """
    exponent, smoothing = settings.exponent, settings.smoothing
    if not (exponent >= 0 and smoothing >= 0):
        raise ValueError(f"exponent {exponent} and smoothing {smoothing} must be 0 or more")
    floor, ceiling = settings.floor, settings.ceiling
    if not 0 <= floor <= 1 <= ceiling:
        raise ValueError(f"expected 0 <= floor <= 1 <= ceiling, got {floor} and {ceiling}")
    for name in ("session_cap", "one_shot_cap"):
        cap = getattr(settings, name)
        if cap is not None and not cap > 0:
            raise ValueError(f"{name} must be more than 0 events, got {cap}")
    for technique, factor in settings.technique_factors.items():
        if not 0 < factor < math.inf:
            raise ValueError(f"factor of technique {technique!r} must be above 0, got {factor}")
    for label in settings.class_bounds:
        least, most = settings.bounds(label)
        if not (0 <= least <= most and most > 0 and least < math.inf):
            raise ValueError(
                f"class_bounds: {label}: expected 0 <= min <= max, got {least}, {most}"
            )
    shares = settings.source_set_shares
    if not all(share > 0 for share in shares.values()) or sum(shares.values()) > 1 + 1e-9:
        raise ValueError(f"source_set_shares: {dict(shares)}: each above 0, together at most 1")
    if settings.group_field not in GROUP_COLUMNS:
        allowed = ", ".join(GROUP_COLUMNS)
        raise ValueError(f"group_field: {settings.group_field!r}; allowed: {allowed}")
    for name in settings.dedupe_fields:
        if name not in DEDUPE_FIELDS:
            raise ValueError(f"dedupe_fields: {name!r}; allowed: {', '.join(DEDUPE_FIELDS)}")
