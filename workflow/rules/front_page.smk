"""
The page that one opens first, which leads to all others.

in:   reports/inventory.json; the health reports of every manifest and source set, what differs from
      the blessed ones, and what was noted when they were blessed
out:  reports/index.html
"""

# What `all` makes for people to read.
PAGES = [
    *expand(
        [
            "health/{manifest}.html",
            "splits/{manifest}.html",
            "provenance/{manifest}.html",
        ],
        manifest=MANIFESTS,
    ),
    *(f"train_check/{name}/{TRAINED[name]}.html" for name in TRAIN_CHECKED),
    *(f"evaluation/{name}.html" for name in sorted(config["evaluations"])),
    *expand("health/source_sets/{source_set}.html", source_set=INGESTED),
    *(f"predictions/{name}.html" for name in PREDICTED),
    "sessions/index.html",
    *expand("sessions/{source_set}.html", source_set=INGESTED),
    *("inventory.html", "ingest.html", "crash/review.html", "crash/label_changes.html"),
    *(f"releases/{config['release']}/index.html", "releases/trend.html"),
]


rule write_index:
    """Say what this corpus is and in what state, and lead to every page."""
    input:
        inventory="reports/inventory.json",
        reports=expand("reports/health/{manifest}.json", manifest=MANIFESTS),
        diffs=expand("reports/health/{manifest}.diff.json", manifest=MANIFESTS),
        tables=expand("results/manifests/{manifest}.parquet", manifest=MANIFESTS),
        blessed=[
            path for name in MANIFESTS for path in baseline_file(f"{name}.health.json")
        ],
        notes=[
            path
            for name in MANIFESTS
            for path in baseline_file(f"{name}.blessing.json")
        ],
        of_sets=expand(
            "reports/health/source_sets/{source_set}.json", source_set=INGESTED
        ),
    output:
        page="reports/index.html",
    log:
        "logs/write_index.log",
    benchmark:
        "benchmarks/write_index.tsv"
    localrule: True
    threads: threads_of("write_index")
    resources:
        **needs_of("write_index"),
    params:
        code=code("write_index.py"),
        releases={
            "release": config["release"],
            "earlier_releases": [Path(folder).name for folder in EARLIER_RELEASES],
        },
        pages=PAGES,
        manifests=MANIFESTS,
        source_sets=INGESTED,
    script:
        "../scripts/write_index.py"
