"""
Settle the labels of all events, say what that changed, and merge source sets into one manifest.

in:   results/events and results/crash/assignments of one shard; results/splits/{manifest}.parquet
out:  results/aliased/{source_set}/{shard}.parquet          events with the taxonomy's labels
      results/changes/{source_set}/{shard}.parquet          every change, and what decided it
      results/session_labels/{source_set}/{shard}.parquet   labels by session, before and after
      results/crash/label_counts.parquet                    the same of all source sets
      reports/crash/label_changes.json, .html               what changed, by method and confidence
      results/manifests/{manifest}.parquet                  by source set, session and onset
      results/manifests/{manifest}.jsonl                    the same rows, one JSON object a line
"""


rule alias_events:
    """Apply aliases and the assignments of cymbals to the events of one shard; list every change."""
    input:
        events="results/events/{source_set}/{shard}.parquet",
        assignments="results/crash/assignments/{source_set}/{shard}.parquet",
        taxonomy=taxonomy_files(),
    output:
        events="results/aliased/{source_set}/{shard}.parquet",
        changes="results/changes/{source_set}/{shard}.parquet",
        sessions="results/session_labels/{source_set}/{shard}.parquet",
    log:
        "logs/alias_events/{source_set}/{shard}.log",
    benchmark:
        "benchmarks/alias_events/{source_set}/{shard}.tsv"
    group:
        "labels"
    threads: threads_of("alias_events")
    resources:
        **needs_of("alias_events"),
    params:
        code=code("alias_events.py"),
        use_metadata=config["crash"]["use_metadata"],
    script:
        "../scripts/alias_events.py"


rule compare_labels:
    """Compare the labels of all source sets before and after aliasing."""
    input:
        changes=[
            path
            for name in INGESTED
            for path in shards_of("results/changes/{source_set}/{shard}.parquet", name)
        ],
        sessions=[
            path
            for name in INGESTED
            for path in shards_of(
                "results/session_labels/{source_set}/{shard}.parquet", name
            )
        ],
        components=f"{TAXONOMY}/components.yaml",
    output:
        counts="results/crash/label_counts.parquet",
        report="reports/crash/label_changes.json",
    log:
        "logs/compare_labels.log",
    benchmark:
        "benchmarks/compare_labels.tsv"
    threads: threads_of("compare_labels")
    resources:
        **needs_of("compare_labels"),
    params:
        code=code("compare_labels.py"),
        families=config["crash"]["families"],
        shards={name: SHARDS[name] for name in INGESTED},
    script:
        "../scripts/compare_labels.py"


rule render_label_changes:
    """Show what aliasing did to the labels."""
    input:
        report="reports/crash/label_changes.json",
        components=f"{TAXONOMY}/components.yaml",
    output:
        page=report(
            "reports/crash/label_changes.html",
            caption="../report/label_changes.rst",
            category="Cymbals",
            labels={"of": "label changes"},
        ),
    log:
        "logs/render_label_changes.log",
    benchmark:
        "benchmarks/render_label_changes.tsv"
    localrule: True
    threads: threads_of("render_label_changes")
    resources:
        **needs_of("render_label_changes"),
    params:
        code=code("render_label_changes.py"),
        families=config["crash"]["families"],
    script:
        "../scripts/render_label_changes.py"


rule merge_manifest:
    """Merge the events of all source sets of a manifest, each session into its split."""
    input:
        events=lambda wildcards: shards_of_manifest(
            "results/aliased/{source_set}/{shard}.parquet", wildcards.manifest
        ),
        splits="results/splits/{manifest}.parquet",
    output:
        manifest="results/manifests/{manifest}.parquet",
    log:
        "logs/merge_manifest/{manifest}.log",
    benchmark:
        "benchmarks/merge_manifest/{manifest}.tsv"
    threads: threads_of("merge_manifest")
    resources:
        **needs_of("merge_manifest"),
    params:
        code=code("merge_manifest.py"),
    script:
        "../scripts/merge_manifest.py"


rule publish_manifest:
    """Write a manifest as JSON Lines."""
    input:
        manifest="results/manifests/{manifest}.parquet",
    output:
        lines="results/manifests/{manifest}.jsonl",
    log:
        "logs/publish_manifest/{manifest}.log",
    benchmark:
        "benchmarks/publish_manifest/{manifest}.tsv"
    threads: threads_of("publish_manifest")
    resources:
        **needs_of("publish_manifest"),
    params:
        code=code("publish_manifest.py"),
    script:
        "../scripts/publish_manifest.py"
