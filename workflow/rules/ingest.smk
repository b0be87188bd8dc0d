"""
Read the strokes of every session, merge them into events, and say where each session came from.

in:   results/sessions/{source_set}/{shard}.parquet, raw annotation files, cards and label maps;
      results/roots/{source_set}.parquet, for the provenance; results/predictions/{source_set}.*,
      where a model has made the labels
out:  results/events/{source_set}/{shard}.parquet       events of one shard
      results/tallies/{source_set}/{shard}.parquet      what became of every stroke
      results/quarantine/{source_set}/{shard}.parquet   files that are not used, with the reason
      results/flags/{source_set}/{shard}.parquet        what is wrong around strokes that are used
      the same four for the whole source set
      results/events/{source_set}.jsonl                 its events as JSON Lines, where asked for
      results/provenance/{source_set}/ingest.jsonl      one row per session
      results/missing/{source_set}.jsonl                sessions without sound or annotation
      reports/ingest.html, .json                        hits of each set by source label and outcome
"""


rule ingest_sessions:
    """Turn the sessions of one shard into events."""
    input:
        sessions="results/sessions/{source_set}/{shard}.parquet",
        card=card_file,
        label_maps=label_map_files,
        references=reference_files,
        taxonomy=taxonomy_files(),
        predicted=predicted_hits,
        terms=term_files,
    output:
        events="results/events/{source_set}/{shard}.parquet",
        tallies="results/tallies/{source_set}/{shard}.parquet",
        quarantine="results/quarantine/{source_set}/{shard}.parquet",
        flags="results/flags/{source_set}/{shard}.parquet",
    log:
        "logs/ingest_sessions/{source_set}/{shard}.log",
    benchmark:
        "benchmarks/ingest_sessions/{source_set}/{shard}.tsv"
    group:
        "shard"
    threads: threads_of("ingest_sessions")
    resources:
        **needs_of("ingest_sessions"),
    params:
        code=source_set_code("ingest_sessions.py"),
        settings=lambda wildcards: own_settings(wildcards.source_set),
        ingest=config["ingest"],
        model=lambda wildcards: model_of(wildcards.source_set),
        terms=lambda wildcards: terms_of(wildcards.source_set),
        local=lambda wildcards: roots(wildcards.source_set) | {"terms": PLACES_OF_TERMS},
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
        flags=lambda wildcards: shards_of(
            "results/flags/{source_set}/{shard}.parquet", wildcards.source_set
        ),
    output:
        events="results/events/{source_set}.parquet",
        tallies="results/tallies/{source_set}.parquet",
        quarantine="results/quarantine/{source_set}.parquet",
        flags="results/flags/{source_set}.parquet",
    log:
        "logs/gather_events/{source_set}.log",
    benchmark:
        "benchmarks/gather_events/{source_set}.tsv"
    group:
        "set"
    threads: threads_of("gather_events")
    resources:
        **needs_of("gather_events"),
    params:
        code=code("gather_events.py"),
    script:
        "../scripts/gather_events.py"


# Asked for by its name, or with the target `event_lines`; nothing is made from it.
rule publish_events:
    """Write the events of one source set as JSON Lines, as ingestion has made them."""
    input:
        events="results/events/{source_set}.parquet",
    output:
        lines="results/events/{source_set}.jsonl",
    log:
        "logs/publish_events/{source_set}.log",
    benchmark:
        "benchmarks/publish_events/{source_set}.tsv"
    group:
        "set"
    threads: threads_of("publish_events")
    resources:
        **needs_of("publish_events"),
    params:
        code=code("publish_events.py"),
    script:
        "../scripts/publish_events.py"


rule write_provenance:
    """Write the provenance of every session of a source set, as far as ingestion goes."""
    input:
        sessions="results/sessions/{source_set}.parquet",
        events="results/events/{source_set}.parquet",
        tallies="results/tallies/{source_set}.parquet",
        quarantine="results/quarantine/{source_set}.parquet",
        flags="results/flags/{source_set}.parquet",
        roots="results/roots/{source_set}.parquet",
        card=card_file,
        predicted=staged_predictions,
    output:
        provenance="results/provenance/{source_set}/ingest.jsonl",
        missing="results/missing/{source_set}.jsonl",
    log:
        "logs/write_provenance/{source_set}.log",
    benchmark:
        "benchmarks/write_provenance/{source_set}.tsv"
    group:
        "set"
    threads: threads_of("write_provenance")
    resources:
        **needs_of("write_provenance"),
    params:
        code=code("write_provenance.py"),
        license_ref=lambda wildcards: card_name(wildcards.source_set),
        ingestion=ingestion_digest,
    script:
        "../scripts/write_provenance.py"


rule summarise_ingest:
    """Put what became of every source label of all source sets on one page."""
    input:
        cards=[config_path(card_name(name)) for name in INGESTED],
        tallies=expand("results/tallies/{source_set}.parquet", source_set=INGESTED),
        quarantine=expand(
            "results/quarantine/{source_set}.parquet", source_set=INGESTED
        ),
        sessions=expand("results/sessions/{source_set}.parquet", source_set=INGESTED),
        flags=expand("results/flags/{source_set}.parquet", source_set=INGESTED),
    output:
        page=report(
            "reports/ingest.html",
            caption="../report/ingest.rst",
            category="Sources",
            labels={"of": "ingestion"},
        ),
        report="reports/ingest.json",
    log:
        "logs/summarise_ingest.log",
    benchmark:
        "benchmarks/summarise_ingest.tsv"
    threads: threads_of("summarise_ingest")
    resources:
        **needs_of("summarise_ingest"),
    params:
        code=code("summarise_ingest.py"),
        tiers={name: config["source_sets"][name]["tier"] for name in INGESTED},
    script:
        "../scripts/summarise_ingest.py"
