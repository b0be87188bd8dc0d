"""
Say of every session where it came from.

in:   results/sessions, results/tallies, results/quarantine of the source set, and its card
out:  results/provenance/{source_set}.jsonl   one row per session
"""


rule write_provenance:
    """Write the provenance of every session of a source set."""
    input:
        sessions="results/sessions/{source_set}.parquet",
        events="results/events/{source_set}.parquet",
        tallies="results/tallies/{source_set}.parquet",
        quarantine="results/quarantine/{source_set}.parquet",
        card=card_file,
    output:
        provenance=update("results/provenance/{source_set}.jsonl"),
    log:
        "logs/write_provenance/{source_set}.log",
    benchmark:
        "benchmarks/write_provenance/{source_set}.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code("write_provenance.py"),
        license_ref=lambda wildcards: card_name(wildcards.source_set),
        ingestion=source_set_code("ingest_sessions.py"),
    script:
        "../scripts/write_provenance.py"
