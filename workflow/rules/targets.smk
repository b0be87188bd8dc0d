"""
Targets: what to ask for on the command line. `snakemake --list-target-rules` shows them.

A target asks for every product on the way to it and not only for the last: Snakemake by itself
does not miss an intermediate product, and so would take a failed or deleted one for done.
"""

INVENTORY = ["inventory/{s}", "sessions/{s}", "quarantine/{s}/inventory"]
INGEST = [
    *("sessions/{s}/{n}", "events/{s}/{n}", "tallies/{s}/{n}", "quarantine/{s}/{n}"),
    *("events/{s}", "tallies/{s}", "quarantine/{s}"),
]
CRASH = [
    *("crash/embeddings/{s}/{n}", "crash/assignments/{s}/{n}", "crash/assignments/{s}"),
    *("crash/review/{s}/{n}.jsonl", "crash/review/{s}.jsonl", "crash/candidates/{s}"),
    *("crash/agreement/{s}/{n}.jsonl", "crash/doubts/{s}.json"),
]


localrules:
    all,
    inventory,
    integrity,
    ingest,
    provenance,
    crash,
    manifest,
    audit,
    health,
    weights,
    export,
    yardstick,


rule inventory:
    """Raw files of every source set with their digests, without ingesting anything."""
    input:
        products(INVENTORY),
        expand("reports/inventory.{ext}", ext=["html", "json", "csv"]),


rule integrity:
    """Raw files of every source set, held against their checksum lists."""
    input:
        products(["integrity/{s}.json"]),


for source_set in INGESTED:

    rule:
        """Events and provenance of one source set."""
        name:
            f"ingest_{source_set}"
        input:
            products([*INVENTORY, *INGEST, "provenance/{s}.jsonl"], [source_set]),
        localrule: True


rule ingest:
    """Events of every source set, and a page of what became of every source label."""
    input:
        rules.inventory.input,
        products(INGEST, INGESTED),
        expand("reports/ingest.{ext}", ext=["html", "json"]),


rule provenance:
    """Where every session came from: raw files by hash, licence, code."""
    input:
        rules.ingest.input,
        products(["provenance/{s}.jsonl"], INGESTED),


rule crash:
    """Which cymbal every crash hit is, and the sessions in doubt."""
    input:
        rules.ingest.input,
        products(CRASH, INGESTED),
        "reports/crash/review.html",


rule manifest:
    """The merged events of every manifest, as Parquet and as JSON Lines."""
    input:
        rules.crash.input,
        products(["aliased/{s}/{n}"], INGESTED),
        "results/crash/label_counts.parquet",
        expand("reports/crash/label_changes.{ext}", ext=["html", "json"]),
        expand(
            "results/manifests/{manifest}.{ext}",
            manifest=MANIFESTS,
            ext=["parquet", "jsonl"],
        ),


rule audit:
    """Provenance audit of every manifest, as JSON and Markdown."""
    input:
        rules.manifest.input,
        rules.provenance.input,
        expand(
            "reports/provenance/{manifest}.{ext}",
            manifest=MANIFESTS,
            ext=["json", "md"],
        ),


rule health:
    """Health report of every manifest, as JSON and page, held against its gates."""
    input:
        rules.audit.input,
        expand(
            "reports/health/{manifest}.{ext}", manifest=MANIFESTS, ext=["json", "html"]
        ),
        expand("results/gates/{manifest}.json", manifest=MANIFESTS),


rule yardstick:
    """How well the onset tooling finds the hits of recordings that people have annotated."""
    input:
        expand(
            "reports/onsets/{source_set}.{ext}",
            source_set=YARDSTICKS,
            ext=["json", "md"],
        ),


rule weights:
    """Sampling weights of every manifest, once it passes its gates."""
    input:
        rules.health.input,
        expand(
            "results/sampling/{manifest}.{ext}",
            manifest=MANIFESTS,
            ext=["json", "parquet"],
        ),


rule export:
    """Clips and labels of every manifest that passes its gates, each with its checksum."""
    input:
        rules.health.input,
        [
            path
            for manifest in MANIFESTS
            for path in shards_of_manifest(
                f"results/clips/{manifest}/{{source_set}}/{{shard}}.parquet", manifest
            )
        ],
        expand(
            "results/export/{manifest}/{file}",
            manifest=MANIFESTS,
            file=[
                *(
                    "train/train_labels.json",
                    "val/val_labels.json",
                    "test/test_labels.json",
                ),
                *("components.json", "metadata.json", "SHA256SUMS"),
            ],
        ),


rule all:
    """Everything: manifests, reports, sampling weights and exports, through all gates."""
    default_target: True
    input:
        rules.weights.input,
        rules.export.input,
        rules.yardstick.input,
