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


def describe_more(rows: list[dict]) -> str:
    """Table of how sessions of several cymbals fare one by one, and of hits in company.

    Sessions of three cymbals and more have a line of their own; empty where there are none.
    """
    head = ["kit", "audio", "method", "cymbals", "accepted", "index", "least index", "hits right"]
    head += ["number right", "told as", "right within 0.3 s", "0.3 to 0.6 s", "later"]
    lines = []
    for row in rows:
        for words, scores in (("2", row["two_cymbals"]), ("3 or more", row["more_cymbals"])):
            if not scores["sessions"]:
                continue
            least = scores["least_adjusted_rand"]
            told = ", ".join(f"{number}: {n}" for number, n in scores["told"].items())
            accepted = scores["accepted"]
            lines.append(
                [
                    *_names(row),
                    words,
                    f"{round((accepted['value'] or 0) * accepted['n'])} of {scores['sessions']}",
                    show_estimate(scores["adjusted_rand"]),
                    NOTHING if least is None else f"{least:.2f}",
                    show_estimate(scores["hits_right"]),
                    show_estimate(scores["number_right"]),
                    told or NOTHING,
                    *(show_share(each) for each in scores["near_another"].values()),
                ]
            )
    return _table(head, lines, n_words=4) if lines else ""


def describe_company(pools: list[dict]) -> str:
    """Reliability over all kits by what a hit is near, where a bin has many hits."""
    head = ["audio", "method", "by", "from", "to", "hits", "mean confidence", "hits right", "off"]
    lines = []
    for pool in pools:
        for by, bins in pool["reliability"].items():
            for each in (each for each in bins if each["many"]):
                lines.append(
                    [
                        pool["audio"],
                        pool["method"],
                        by,
                        "none" if each["from"] is None else f"{each['from']:g}",
                        "" if each["to"] is None else f"{each['to']:g}",
                        f"{each['hits']:,}",
                        f"{each['mean_confidence']:.3f}",
                        f"{each['right']['value']:.3f}",
                        f"{each['off']:+.3f}",
                    ]
                )
    return _table(head, lines, n_words=3) if lines else ""


def show_share(estimate: dict) -> str:
    """Right of all, such as ``113 of 124``."""
    if estimate["value"] is None:
        return NOTHING
    return f"{round(estimate['value'] * estimate['n']):,} of {estimate['n']:,}"


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
    head = ["kit", "audio", "method", "confidence", "hits", "mean confidence", "hits right"]
    lines = [
        [
            *_names(row),
            f"{each['from']:.1f} to {each['to']:.1f}",
            f"{each['hits']:,}",
            f"{each['mean_confidence']:.2f}",
            show_estimate(each["right"]),
        ]
        for row in rows
        if row["calibration"]
        for each in row["calibration"]["bins"]
    ]
    return _table(head, lines, n_words=4)


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
