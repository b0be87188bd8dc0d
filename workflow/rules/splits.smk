"""
Find the sessions that belong together, and put each family into one split.

in:   results/sessions, results/sound_files, results/inventory and results/events of the source sets
      of a manifest, raw audio, lists of sessions that it selects
out:  results/fingerprints/{source_set}/{shard}.parquet   landmarks of the sound, patterns of onsets
      results/splits/{manifest}.parquet                   split of every session, or its refusal
      reports/splits/{manifest}.json                      families, why, and what was done
      reports/splits/{manifest}.html                      the same for people
      results/splits/{manifest}/{source_set}/{shard}.parquet   the splits of one shard's sessions
"""


rule fingerprint_sessions:
    """Take the fingerprints of the sessions of one shard."""
    input:
        events="results/events/{source_set}/{shard}.parquet",
        sessions="results/sessions/{source_set}/{shard}.parquet",
        sound_files="results/sound_files/{source_set}/{shard}.parquet",
        class_maps=f"{TAXONOMY}/class_maps.yaml",
    output:
        fingerprints="results/fingerprints/{source_set}/{shard}.parquet",
    log:
        "logs/fingerprint_sessions/{source_set}/{shard}.log",
    benchmark:
        "benchmarks/fingerprint_sessions/{source_set}/{shard}.tsv"
    threads: threads_of("fingerprint_sessions")
    resources:
        **needs_of("fingerprint_sessions"),
    params:
        code=code("fingerprint_sessions.py"),
        fingerprints=config["splits"]["fingerprints"],
        local=lambda wildcards: roots(wildcards.source_set),
    script:
        "../scripts/fingerprint_sessions.py"


rule decide_splits:
    """Find the families of one manifest, and decide in which split each session stands."""
    input:
        sessions=lambda wildcards: tables_of_manifest("sessions", wildcards.manifest),
        inventory=lambda wildcards: tables_of_manifest("inventory", wildcards.manifest),
        fingerprints=lambda wildcards: shards_of_manifest(
            "results/fingerprints/{source_set}/{shard}.parquet", wildcards.manifest
        ),
        lists=session_lists,
    output:
        splits="results/splits/{manifest}.parquet",
        report="reports/splits/{manifest}.json",
    log:
        "logs/decide_splits/{manifest}.log",
    benchmark:
        "benchmarks/decide_splits/{manifest}.tsv"
    threads: threads_of("decide_splits")
    resources:
        **needs_of("decide_splits"),
    params:
        code=code("decide_splits.py"),
        splits={
            name: config["splits"][name]
            for name in ("seed", "shares", "leaks", "isolate", "search")
        },
        select=lambda wildcards: selection_of(wildcards.manifest),
        model_labels=lambda wildcards: splits_of_model_labels(wildcards.manifest),
        local={"memory_limit": config["splits"]["memory_limit"]},
    script:
        "../scripts/decide_splits.py"


rule render_splits:
    """Show the families of one manifest, and what was done about them."""
    input:
        report="reports/splits/{manifest}.json",
    output:
        page=report(
            "reports/splits/{manifest}.html",
            caption="../report/splits.rst",
            category="Splits",
            labels={"of": "manifest {manifest}"},
        ),
    log:
        "logs/render_splits/{manifest}.log",
    benchmark:
        "benchmarks/render_splits/{manifest}.tsv"
    localrule: True
    threads: threads_of("render_splits")
    resources:
        **needs_of("render_splits"),
    params:
        code=code("render_splits.py"),
    script:
        "../scripts/render_splits.py"


rule shard_splits:
    """Take the splits of one shard's sessions out of a manifest's."""
    input:
        splits="results/splits/{manifest}.parquet",
        sessions="results/sessions/{source_set}/{shard}.parquet",
    output:
        splits="results/splits/{manifest}/{source_set}/{shard}.parquet",
    log:
        "logs/shard_splits/{manifest}/{source_set}/{shard}.log",
    benchmark:
        "benchmarks/shard_splits/{manifest}/{source_set}/{shard}.tsv"
    threads: threads_of("shard_splits")
    resources:
        **needs_of("shard_splits"),
    params:
        code=code("shard_splits.py"),
    script:
        "../scripts/shard_splits.py"
