"""
Show people the crash sessions in doubt, and those that sound otherwise than they are numbered.

in:   results/crash, results/events, results/sessions of every source set, raw audio, and the
      decisions in resources/source_sets/{source_set}_review.csv where there are any
out:  results/crash/doubts/{source_set}.json   the sessions to show, with pictures and sounds
      reports/crash/agreement.json             do sessions sound as the source numbers them?
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


rule report_agreement:
    """Say of which sessions the crashes sound otherwise than the source numbers them."""
    input:
        agreement=[
            path
            for name in INGESTED
            for path in shards_of(
                "results/crash/agreement/{source_set}/{shard}.jsonl", name
            )
        ],
    output:
        report=update("reports/crash/agreement.json"),
    log:
        "logs/report_agreement.log",
    benchmark:
        "benchmarks/report_agreement.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code("report_agreement.py"),
        shards={name: SHARDS[name] for name in INGESTED},
    script:
        "../scripts/report_agreement.py"


rule render_review:
    """Put the crash sessions in doubt of all source sets on one page."""
    input:
        review=expand("results/crash/review/{source_set}.jsonl", source_set=INGESTED),
        doubts=expand("results/crash/doubts/{source_set}.json", source_set=INGESTED),
        assignments=expand(
            "results/crash/assignments/{source_set}.parquet", source_set=INGESTED
        ),
        sessions=expand("results/sessions/{source_set}.parquet", source_set=INGESTED),
        candidates=expand(
            "results/crash/candidates/{source_set}.parquet", source_set=INGESTED
        ),
        agreement="reports/crash/agreement.json",
        decisions=[path for name in INGESTED for path in review_file(name)],
        components=f"{TAXONOMY}/components.yaml",
    output:
        page=report(
            update("reports/crash/review.html"),
            caption="../report/crash_review.rst",
            category="Crash cymbals",
            labels={"of": "sessions in doubt"},
        ),
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
