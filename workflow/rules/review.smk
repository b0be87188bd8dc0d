"""
Show people the crash sessions in doubt.

in:   results/crash, results/events, results/sessions of every source set, raw audio, and the
      decisions in resources/source_sets/{source_set}_review.csv where there are any
out:  results/crash/doubts/{source_set}.json   the sessions to show, with pictures and sounds
      reports/crash/review.html                one page of all source sets
"""


rule illustrate_doubts:
    """Draw and cut the hits of the crash sessions in doubt of one source set."""
    input:
        review="results/crash/review/{source_set}.jsonl",
        assignments="results/crash/assignments/{source_set}.parquet",
        embeddings=lambda wildcards: shards_of(
            "results/crash/embeddings/{source_set}/{shard}.parquet",
            wildcards.source_set,
        ),
        events="results/events/{source_set}.parquet",
        sessions="results/sessions/{source_set}.parquet",
        components=f"{TAXONOMY}/components.yaml",
    output:
        doubts=update("results/crash/doubts/{source_set}.json"),
    log:
        "logs/illustrate_doubts/{source_set}.log",
    benchmark:
        "benchmarks/illustrate_doubts/{source_set}.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code("illustrate_doubts.py"),
        family=config["crash"]["family"],
        review=config["crash"]["review"],
        local=lambda wildcards: roots(wildcards.source_set),
    script:
        "../scripts/illustrate_doubts.py"


rule render_review:
    """Put the crash sessions in doubt of all source sets on one page."""
    input:
        review=expand("results/crash/review/{source_set}.jsonl", source_set=INGESTED),
        doubts=expand("results/crash/doubts/{source_set}.json", source_set=INGESTED),
        assignments=expand(
            "results/crash/assignments/{source_set}.parquet", source_set=INGESTED
        ),
        sessions=expand("results/sessions/{source_set}.parquet", source_set=INGESTED),
        decisions=[path for name in INGESTED for path in review_file(name)],
        components=f"{TAXONOMY}/components.yaml",
    output:
        page=update("reports/crash/review.html"),
    log:
        "logs/render_review.log",
    benchmark:
        "benchmarks/render_review.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code("render_review.py"),
        family=config["crash"]["family"],
        files={name: review_name(name) for name in INGESTED},
        vanished=config["inventory"]["vanished"],
        max_sessions=config["crash"]["review"]["max_sessions"],
    script:
        "../scripts/render_review.py"
