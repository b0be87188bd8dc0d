"""
Read the strokes of every session and merge them into events.

in:   results/sessions/{source_set}/{shard}.parquet, raw annotation files
out:  results/events/{source_set}/{shard}.parquet       events of one shard
      results/tallies/{source_set}/{shard}.parquet      what became of every stroke
      results/quarantine/{source_set}/{shard}.parquet   files that are not used, with the reason
      the same three for the whole source set
"""


rule ingest_sessions:
    """Turn the sessions of one shard into events."""
    input:
        sessions="results/sessions/{source_set}/{shard}.parquet",
        card=card_file,
        label_maps=label_map_files,
        references=reference_files,
        taxonomy=taxonomy_files(),
    output:
        events=update("results/events/{source_set}/{shard}.parquet"),
        tallies=update("results/tallies/{source_set}/{shard}.parquet"),
        quarantine=update("results/quarantine/{source_set}/{shard}.parquet"),
    log:
        "logs/ingest_sessions/{source_set}/{shard}.log",
    benchmark:
        "benchmarks/ingest_sessions/{source_set}/{shard}.tsv"
    conda:
        "../../environment.yml"
    params:
        code=source_set_code("ingest_sessions.py"),
        settings=lambda wildcards: own_settings(wildcards.source_set),
        ingest=config["ingest"],
        local=lambda wildcards: roots(wildcards.source_set),
    script:
        "../scripts/ingest_sessions.py"


rule gather_events:
    """Put the shards of a source set together, in order of session and onset."""
    input:
        events=lambda wildcards: shards_of(
            "results/events/{source_set}/{shard}.parquet", wildcards.source_set
        ),
        tallies=lambda wildcards: shards_of(
            "results/tallies/{source_set}/{shard}.parquet", wildcards.source_set
        ),
        quarantine=lambda wildcards: [
            f"results/quarantine/{wildcards.source_set}/inventory.parquet",
            *shards_of(
                "results/quarantine/{source_set}/{shard}.parquet", wildcards.source_set
            ),
        ],
    output:
        events=update("results/events/{source_set}.parquet"),
        tallies=update("results/tallies/{source_set}.parquet"),
        quarantine=update("results/quarantine/{source_set}.parquet"),
    log:
        "logs/gather_events/{source_set}.log",
    benchmark:
        "benchmarks/gather_events/{source_set}.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code("gather_events.py"),
    script:
        "../scripts/gather_events.py"
