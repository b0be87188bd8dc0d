"""The scores as Markdown."""

MARK = "\\*"
NOTHING = "-"


def describe_seen(rows: list[dict]) -> str:
    """Say which constants were chosen on which kits, and which kits are held out."""
    chosen = {row["kit"]: row["constants_chosen_on_it"] for row in rows}
    seen = [f"{kit} ({', '.join(constants)})" for kit, constants in chosen.items() if constants]
    held_out = [kit for kit, constants in chosen.items() if not constants]
    return (
        "The chain fits nothing in this run. "
        f"Chosen on, marked {MARK}: {'; '.join(seen) or 'none'}. "
        f"Held out: {', '.join(held_out) or 'none'}."
    )


def describe_two(rows: list[dict]) -> str:
    """Table of the sessions in which two cymbals were struck."""
    head = ["kit", "audio", "method", "two-cymbal sessions", "hits", "accepted"]
    head += ["adjusted Rand index", "hits right", "missed split"]
    lines = []
    for row in rows:
        two = row["two_cymbals"]
        counts = [f"{two['sessions']}", f"{two['hits']:,}"]
        estimates = [two[n] for n in ("accepted", "adjusted_rand", "hits_right", "missed_split")]
        lines.append([*_names(row), *counts, *map(show_estimate, estimates)])
    return _table(head, lines, n_words=3)


def describe_one(rows: list[dict]) -> str:
    """Table of the sessions in which one cymbal was struck, and of the confidence."""
    head = ["kit", "audio", "method", "one-cymbal sessions", "hits", "accepted as one"]
    head += ["false split", "calibration error"]
    lines = []
    for row in rows:
        one, calibration = row["one_cymbal"], row["calibration"]
        counts = [f"{one['sessions']}", f"{one['hits']:,}"]
        estimates = [show_estimate(one[name]) for name in ("accepted_as_one", "false_split")]
        error = show_estimate(calibration["expected_error"]) if calibration else NOTHING
        lines.append([*_names(row), *counts, *estimates, error])
    return _table(head, lines, n_words=3)


def describe_confidence(rows: list[dict]) -> str:
    """Reliability table of the rows that state a confidence."""
    head = ["kit", "audio", "confidence", "hits", "mean confidence", "hits right"]
    lines = [
        [
            *_names(row)[:2],
            f"{each['from']:.1f} to {each['to']:.1f}",
            f"{each['hits']:,}",
            f"{each['mean_confidence']:.2f}",
            show_estimate(each["right"]),
        ]
        for row in rows
        if row["calibration"]
        for each in row["calibration"]["bins"]
    ]
    return _table(head, lines, n_words=3)


def show_estimate(estimate: dict) -> str:
    """Value with its interval, such as ``0.81 [0.73, 0.88]``."""
    if estimate["value"] is None:
        return NOTHING
    # Adding 0.0 makes a negative zero a plain one.
    value, low, high = (round(estimate[name], 2) + 0.0 for name in ("value", "low", "high"))
    return f"{value:.2f} [{low:.2f}, {high:.2f}]"


def _names(row: dict) -> list[str]:
    kit = row["kit"] + (f" {MARK}" if row["constants_chosen_on_it"] else "")
    return [kit, row["audio"], row["method"]]


def _table(head: list[str], lines: list[list[str]], *, n_words: int) -> str:
    """Markdown, the first `n_words` columns as words and the others as numbers."""
    rule = ["---"] * n_words + ["---:"] * (len(head) - n_words)
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *lines))
