"""The page that one opens first: what a corpus is, its state, and the way to every other page."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from drumcorpus.ground.files.natural_order import natural_key
from drumcorpus.ground.pages.render import render_page

TEMPLATES = ("index.html.jinja",)
FAIL, WAIVED, PASS = "FAIL", "WAIVED", "PASS"
# Title and sentence of a page, by its place below reports without the name; the order is that of
# the page.
PAGES = {
    "health": ("Health", "What is in the manifest, its gates, and what differs from the blessed."),
    "splits": ("Splits", "How sessions were divided, and what sounds alike across splits."),
    "provenance": ("Provenance", "Whether every session is covered by its raw files and licence."),
    "train_check": ("Training check", "What an export teaches, class by class."),
    "evaluation": ("Evaluation", "How well a system transcribes a split, and where it fails."),
    "health/source_sets": ("Health", "What is in the source set, before any manifest."),
    "predictions": ("Predictions", "How far labels that a model made agree with the sound."),
    "sessions/index.html": (
        "Sessions to hear and see",
        "Those that other pages name, worst first, and some of every split.",
    ),
    "sessions": ("Sessions", "Waveform, spectrogram, labels and sound of its sessions."),
    "inventory.html": ("Inventory", "Files, sessions, sound and licences of every source set."),
    "ingest.html": ("Ingest", "What became of every source label, and of every file not used."),
    "crash/review.html": ("Cymbals in doubt", "Sessions to see, hear and decide."),
    "crash/label_changes.html": ("Label changes", "What telling cymbals apart did to the labels."),
    "releases": ("Release", "Everything of this release, as it was filed."),
    "releases/trend.html": ("Trend", "How the source sets changed over the releases."),
}


def front_page(
    release: str,
    pages: Iterable[str],
    inventory: Mapping,
    reports: Mapping[str, tuple[Mapping, Mapping]],
    reports_of_sets: Mapping[str, Mapping],
    ages: Mapping[str, str],
) -> str:
    """The page as HTML.

    Parameters
    ----------
    release : str
        Name of the release that a run files.
    pages : iterable of str
        Paths of all other pages, below the folder of this one.
    inventory : mapping
        The report on the raw data.
    reports : mapping
        Of every manifest its health report, and how it differs from the blessed one.
    reports_of_sets : mapping
        The health report of every source set.
    ages : mapping
        Of every manifest of which figures are blessed, how long ago that was, in words.

    Returns
    -------
    html : str
        A whole document. What has most wrong with it stands first.

    Raises
    ------
    ValueError
        If a page has no sentence.
    """
    manifests = sorted(
        (
            _manifest(name, report, diff) | {"age": ages.get(name)}
            for name, (report, diff) in reports.items()
        ),
        key=lambda row: (-row["n_failed"], -row["n_waived"], natural_key(row["name"])),
    )
    measured = {name: _measured(report) for name, report in reports_of_sets.items()}
    sets = [row | measured.get(row["source_set"], NOT_MEASURED) for row in inventory["source_sets"]]
    sets.sort(
        key=lambda row: (-row["n_failed"], -row["share_dropped"], natural_key(row["source_set"]))
    )
    order = [*(row["name"] for row in manifests), *(row["source_set"] for row in sets)]
    return render_page(
        "index.html.jinja",
        title="This corpus",
        release=release,
        manifests=manifests,
        source_sets=sets,
        totals=inventory["totals"],
        pages=[list(of) for _, of in itertools.groupby(listed(pages, order), _kind)],
        n_failed=sum(row["n_failed"] for row in [*manifests, *sets]),
        n_waived=sum(row["n_waived"] for row in [*manifests, *sets]),
        n_gates=sum(row["n_gates"] for row in [*manifests, *sets]),
        n_blessed=sum(row["is_blessed"] for row in manifests),
    )


def listed(pages: Iterable[str], order: Sequence[str]) -> list[dict]:
    """Path, name, title and sentence of pages; of one kind, those first whose names `order` has.

    Raises
    ------
    ValueError
        If a page is of no kind.
    """
    ranks, kinds = {name: n for n, name in enumerate(order)}, list(PAGES)
    rows = []
    for page in pages:
        path = PurePosixPath(page)
        parents = ("/".join(path.parts[:n]) for n in range(len(path.parts), 0, -1))
        kind = next((each for each in parents if each in PAGES), None)
        if kind is None:
            raise ValueError(f"{page}: PAGES has no sentence on such a page; it has {kinds}")
        name = page.removeprefix(kind).removesuffix(".html").removesuffix("/index").lstrip("/")
        title, sentence = PAGES[kind]
        row = {"path": page, "name": name, "title": title, "sentence": sentence}
        rows.append(((kinds.index(kind), ranks.get(name, len(ranks)), natural_key(name)), row))
    return [row for _, row in sorted(rows, key=lambda pair: pair[0])]


def _kind(row: Mapping) -> tuple[str, str]:
    return row["title"], row["sentence"]


def _gates(report: Mapping) -> dict:
    by_status = {status: [] for status in (FAIL, WAIVED, PASS)}
    for verdict in report.get("gates", ()):
        by_status[verdict["status"]].append(verdict["gate"])
    return {
        "failed": by_status[FAIL],
        "waived": by_status[WAIVED],
        "n_failed": len(by_status[FAIL]),
        "n_waived": len(by_status[WAIVED]),
        "n_gates": sum(map(len, by_status.values())),
    }


def _manifest(name: str, report: Mapping, diff: Mapping) -> dict:
    return {
        "name": name,
        "totals": report["totals"],
        "seconds": report["sessions"]["audio_duration"],
        "is_blessed": diff["baseline"] == "blessed",
        "blessed": diff["sentence"],
        **_gates(report),
    }


NOT_MEASURED = {"events": None, "share_dropped": 0.0, **_gates({})}


def _measured(report: Mapping) -> dict:
    drops = report["drops"]
    return {
        "events": report["totals"]["events"],
        "share_dropped": drops["dropped"] / drops["hits"] if drops["hits"] else 0.0,
        **_gates(report),
    }
