"""
Targets: what to ask for on the command line. `snakemake --list-target-rules` shows them.

A target asks for every product on the way to it and not only for the last: Snakemake by itself
does not miss an intermediate product, and so would take a failed or deleted one for done.
"""

INVENTORY = [
    *("inventory/{s}", "roots/{s}", "sessions/{s}", "quarantine/{s}/inventory"),
    "not_of_the_set/{s}.json",
]
INGEST = [
    *("sessions/{s}/{n}", "sound_files/{s}/{n}"),
    *("events/{s}/{n}", "tallies/{s}/{n}", "quarantine/{s}/{n}", "flags/{s}/{n}"),
    *("events/{s}", "tallies/{s}", "quarantine/{s}", "flags/{s}"),
]
OF_INGESTION = ["provenance/{s}/ingest.jsonl", "missing/{s}.jsonl"]
OF_PREDICTIONS = ["predictions/{s}", "predictions/{s}.json", "predictions/{s}/{n}"]
CRASH_CYMBALS = [
    *("crash/embeddings/{s}/{n}", "crash/assignments/{s}/{n}", "crash/assignments/{s}"),
]
CRASH = [
    *CRASH_CYMBALS,
    *("crash/review/{s}/{n}.jsonl", "crash/review/{s}.jsonl", "crash/candidates/{s}"),
    *("crash/agreement/{s}/{n}.jsonl", "crash/doubts/{s}.json"),
]


localrules:
    inventory,
    integrity,
    ingest,
    predictions,
    event_lines,
    provenance,
    crash,
    manifest,
    audit,
    audit_of,
    health,
    health_of,
    compare,
    yardstick,


rule inventory:
    """Raw files of every source set with their digests, without ingesting anything."""
    input:
        asked(
            "inventory",
            products(INVENTORY),
            expand("reports/inventory.{ext}", ext=["html", "json", "csv"]),
        ),


rule integrity:
    """Raw files of every source set, held against their checksum lists."""
    input:
        asked("integrity", products(["integrity/{s}.json"])),


for source_set in INGESTED:

    rule:
        """Events, provenance and metrics of one source set."""
        name:
            f"ingest_{source_set}"
        input:
            asked(
                f"ingest_{source_set}",
                products([*INVENTORY, *INGEST, *OF_INGESTION], [source_set]),
                products(OF_PREDICTIONS, [s for s in PREDICTED if s == source_set]),
                f"reports/metrics/{source_set}.json",
            ),
        localrule: True


rule ingest:
    """Events and metrics of every source set, and a page of what became of every source label."""
    input:
        asked(
            "ingest",
            ASKED["inventory"],
            products(INGEST, INGESTED),
            products(OF_PREDICTIONS, PREDICTED),
            expand("reports/metrics/{source_set}.json", source_set=INGESTED),
            expand("reports/ingest.{ext}", ext=["html", "json"]),
        ),


rule predictions:
    """Labels that a model made of source sets without labels, held against what is heard."""
    input:
        asked(
            "predictions",
            ASKED["inventory"],
            products([*INGEST, *OF_INGESTION, *OF_PREDICTIONS], PREDICTED),
            expand(
                "reports/predictions/{source_set}.{ext}",
                source_set=PREDICTED,
                ext=["json", "html"],
            ),
        ),


rule event_lines:
    """The events of every source set as JSON Lines, which nothing else asks for."""
    input:
        asked("event_lines", products(["events/{s}.jsonl"], INGESTED)),


rule provenance:
    """Where every session came from: raw files by hash, licence, code, what told cymbals apart."""
    input:
        asked(
            "provenance",
            ASKED["ingest"],
            products(CRASH_CYMBALS, INGESTED),
            products([*OF_INGESTION, "provenance/{s}.jsonl"], INGESTED),
        ),


rule crash:
    """Which cymbal every hit of `crash.families` is, and the sessions in doubt."""
    input:
        asked(
            "crash",
            ASKED["ingest"],
            products(CRASH, INGESTED),
            [path for name in INGESTED for path in kit_notes_of(name)],
            cymbal_model(None),
            products(["crash/kits/{s}", "crash/kit_sessions/{s}"], POOLED),
            "reports/crash/agreement.json",
            "reports/crash/review.html",
        ),


rule manifest:
    """The merged events of every manifest, as Parquet and as JSON Lines."""
    input:
        asked(
            "manifest",
            ASKED["crash"],
            products(["fingerprints/{s}/{n}"], MERGED),
            expand("results/splits/{manifest}.parquet", manifest=MANIFESTS),
            expand(
                "reports/splits/{manifest}.{ext}",
                manifest=MANIFESTS,
                ext=["json", "html"],
            ),
            products(
                ["aliased/{s}/{n}", "changes/{s}/{n}", "session_labels/{s}/{n}"],
                INGESTED,
            ),
            "results/crash/label_counts.parquet",
            expand("reports/crash/label_changes.{ext}", ext=["html", "json"]),
            expand(
                "results/manifests/{manifest}.{ext}",
                manifest=MANIFESTS,
                ext=["parquet", "jsonl"],
            ),
        ),


rule audit:
    """Provenance audit of every manifest, and what differs from the blessed one."""
    input:
        asked(
            "audit",
            ASKED["manifest"],
            ASKED["provenance"],
            expand(
                "reports/provenance/{manifest}.{ext}",
                manifest=MANIFESTS,
                ext=["json", "diff.json", "md", "html"],
            ),
            expand("results/baselines/{manifest}.audit.json", manifest=MANIFESTS),
        ),


rule health:
    """Health report of every source set and manifest, as JSON and page, and all gates."""
    input:
        asked(
            "health",
            ASKED["audit"],
            products(["audio_checks/{s}/{n}", "listening/chosen/{s}.json"], INGESTED),
            expand(
                "reports/health/source_sets/{source_set}.{ext}",
                source_set=INGESTED,
                ext=["json", "diff.json", "html"],
            ),
            expand(
                "reports/distribution/source_sets/{source_set}.json", source_set=GATED
            ),
            expand("results/gates/source_sets/{source_set}.json", source_set=GATED),
            expand(
                "reports/health/{manifest}.{ext}",
                manifest=MANIFESTS,
                ext=["json", "diff.json", "html"],
            ),
            expand("reports/distribution/{manifest}.json", manifest=MANIFESTS),
            expand("results/baselines/{name}", name=baseline_names()),
            expand("results/gates/{manifest}.json", manifest=MANIFESTS),
        ),


rule compare:
    """Two health reports or manifests: --config "compare={a: FILE, b: FILE}"."""
    input:
        compared_pages,


rule audit_of:
    """Provenance audit of the file that the config names: --config manifest_file=FILE."""
    input:
        rules.audit_manifest_file.output,


rule health_of:
    """Health report of the file that the config names: --config manifest_file=FILE."""
    input:
        rules.measure_manifest_file.output,


rule yardstick:
    """How well the onset tooling finds the hits of recordings that people have annotated."""
    input:
        asked(
            "yardstick",
            expand(
                "reports/onsets/{source_set}.{ext}",
                source_set=YARDSTICKS,
                ext=["json", "md"],
            ),
        ),
