"""
File the reports of a release together, under its name.

in:   the audit, splits, health, drift, weights and gates of every manifest, the metrics of all sets;
      manifests, provenance, the crash mapping, and what stands around the sound of the exports; the
      cards of what is merged
out:  reports/releases/<release>/...           documents and small files, each as it was then
      reports/releases/<release>/index.json, .html   one page that leads to them, with their digests
      reports/releases/<release>/contents.json       all that belongs to it, with digests and places
      reports/releases/<release>/contents.sha256, elsewhere.sha256   the same for `sha256sum -c`
      reports/releases/<release>/licences.json, CITE.bib    of what was merged
      reports/releases/<release>/croissant.json, ro-crate-metadata.json   the release for others
      reports/releases/trend.html              the metrics of all releases that are filed
"""

from drumcorpus.ground.files.natural_order import natural_key
from drumcorpus.ground.files.plain_files import is_plain_file

RELEASES = "reports/releases"
RELEASE = f"{RELEASES}/{config['release']}"
# What is filed, by its place in the release; there, as below reports, pages lead to each other.
FILED = {
    f"{RELEASE}/{target}": f"{top}/{target}"
    for top, targets in (
        (
            "reports",
            expand(
                [
                    "provenance/{manifest}.json",
                    "provenance/{manifest}.diff.json",
                    "provenance/{manifest}.md",
                    "provenance/{manifest}.html",
                    "splits/{manifest}.json",
                    "splits/{manifest}.html",
                    "distribution/{manifest}.json",
                    "health/{manifest}.json",
                    "health/{manifest}.diff.json",
                    "health/{manifest}.html",
                ],
                manifest=MANIFESTS,
            ),
        ),
        (
            "results",
            expand(
                [
                    "gates/{manifest}.json",
                    "sampling/{manifest}.json",
                ],
                manifest=MANIFESTS,
            ),
        ),
        ("results", expand("sampling/{profiled}.json", profiled=PROFILED)),
        (
            "reports",
            expand(
                [
                    "metrics/{source_set}.json",
                    "health/source_sets/{source_set}.json",
                    "health/source_sets/{source_set}.diff.json",
                    "health/source_sets/{source_set}.html",
                ],
                source_set=INGESTED,
            ),
        ),
        (
            "reports",
            expand("distribution/source_sets/{source_set}.json", source_set=GATED),
        ),
        ("results", expand("gates/source_sets/{source_set}.json", source_set=GATED)),
        (
            "results",
            expand("gates/train_check/{manifest}.json", manifest=TRAIN_CHECKED),
        ),
        (
            "reports",
            [
                f"train_check/{manifest}/{TRAINED[manifest]}.{ext}"
                for manifest in TRAIN_CHECKED
                for ext in ("json", "html")
            ],
        ),
        (
            "results",
            expand("sampling/source_sets/{source_set}.json", source_set=ALONE),
        ),
        (
            "reports",
            [
                *("inventory.html", "inventory.json", "inventory.csv"),
                *("ingest.html", "ingest.json", "crash/agreement.json"),
                *("crash/label_changes.html", "crash/label_changes.json"),
                *(
                    f"export/{export['manifest']}/{name}.json"
                    for name, export in EXPORTS.items()
                ),
            ],
        ),
    )
    for target in targets
} | {
    f"{RELEASE}/sessions/index.html": "reports/sessions/index.html",
    # Without the sound that may not be passed on.
    **{
        f"{RELEASE}/sessions/{name}.html": f"results/sessions/{name}.html"
        for name in INGESTED
    },
}
# What is copied where it is small, and else listed by its digest and its place. The sound of the
# exports is listed alone.
EXPORT_FOLDERS = [
    f"results/export/{export['manifest']}/{name}" for name, export in EXPORTS.items()
]
HELD = [
    *expand(
        [
            "results/manifests/{manifest}.parquet",
            "results/manifests/{manifest}.jsonl",
            "results/splits/{manifest}.parquet",
        ],
        manifest=MANIFESTS,
    ),
    *expand(
        "results/sampling/{weighed}.parquet",
        weighed=[*MANIFESTS, *(f"source_sets/{name}" for name in ALONE)],
    ),
    *products(
        ["provenance/{s}.jsonl", "missing/{s}.jsonl", "crash/assignments/{s}"], INGESTED
    ),
    *products(["crash/kits/{s}"], POOLED),
    "results/crash/label_counts.parquet",
    *(
        f"{folder}/{file}"
        for folder, export in zip(EXPORT_FOLDERS, EXPORTS.values(), strict=True)
        for file in [
            *(LABEL_LISTS if FILES in export["form"] else []),
            *AROUND_SAMPLES,
        ]
    ),
]
# The folders of other releases: what is in them was made from what stood then, and stays.
EARLIER_RELEASES = sorted(
    (
        path.as_posix()
        for path in Path(RELEASES).glob("*/")
        if path.is_dir() and not path.is_symlink() and path.name != config["release"]
    ),
    key=natural_key,
)


rule file_release:
    """Copy what is small into the folder of the release, and list all that belongs to it."""
    input:
        documents=list(FILED.values()),
        held=HELD,
        cards=[config_path(card_name(name)) for name in MERGED],
    output:
        documents=list(FILED),
        index=f"{RELEASE}/index.json",
        page=f"{RELEASE}/index.html",
        contents=f"{RELEASE}/contents.json",
        here=f"{RELEASE}/contents.sha256",
        elsewhere=f"{RELEASE}/elsewhere.sha256",
        licences=f"{RELEASE}/licences.json",
        citations=f"{RELEASE}/CITE.bib",
        croissant=f"{RELEASE}/croissant.json",
        crate=f"{RELEASE}/ro-crate-metadata.json",
    log:
        "logs/file_release.log",
    benchmark:
        "benchmarks/file_release.tsv"
    threads: threads_of("file_release")
    resources:
        **needs_of("file_release"),
    params:
        code=code("file_release.py"),
        release=config["release"],
        releases=config["releases"],
        exports=EXPORT_FOLDERS,
        manifests=MANIFESTS,
        gated_sets=GATED,
        train_checked=TRAIN_CHECKED,
        merged_sets=MERGED,
    script:
        "../scripts/file_release.py"


rule draw_trend:
    """Draw the metrics of every source set over all releases."""
    input:
        snapshots=expand(f"{RELEASE}/metrics/{{source_set}}.json", source_set=INGESTED),
        earlier=[
            path.as_posix()
            for folder in EARLIER_RELEASES
            for path in sorted(Path(folder).glob("metrics/*.json"))
            if not path.name.endswith(".manifest.json") and is_plain_file(path)
        ],
    output:
        page=report(
            f"{RELEASES}/trend.html",
            caption="../report/trend.rst",
            category="Releases",
            labels={"of": "metrics of all releases"},
        ),
    log:
        "logs/draw_trend.log",
    benchmark:
        "benchmarks/draw_trend.tsv"
    localrule: True
    threads: threads_of("draw_trend")
    resources:
        **needs_of("draw_trend"),
    params:
        code=code("draw_trend.py"),
    script:
        "../scripts/draw_trend.py"
