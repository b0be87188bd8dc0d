"""
Tell the cymbals of every session apart, by what the source says or by their sound, and show people
the sessions in doubt. `crash.families` are the families of cymbals that this is done for.

in:   results/events/{source_set}/{shard}.parquet, results/sessions, raw audio, label maps, cymbal
      maps, and the decisions in resources/source_sets/{source_set}_review.csv where there are any
out:  results/crash/candidates/{source_set}.parquet            sessions that may hold two cymbals
      results/crash/embeddings/{source_set}/{shard}.parquet    one row per hit
      results/crash/assignments/{source_set}/{shard}.parquet   which cymbal each hit is
      results/crash/assignments/{source_set}.parquet           the same for the whole source set
      results/crash/review/{source_set}.jsonl                  sessions in doubt, for a person
      results/crash/doubts/{source_set}.json                   those to show, pictures and sounds
      reports/crash/agreement.json                             do they sound as they are numbered?
      reports/crash/review.html                                one page of all source sets
"""


rule find_crash_candidates:
    """List the sessions that may hold two cymbals of a family, each with its reason."""
    input:
        events="results/events/{source_set}.parquet",
        sessions="results/sessions/{source_set}.parquet",
        label_maps=label_map_files,
        cymbal_maps=cymbal_map_files,
        kit_notes=kit_notes,
        cymbal_words=CYMBAL_WORDS,
        taxonomy=taxonomy_files(),
    output:
        candidates="results/crash/candidates/{source_set}.parquet",
    log:
        "logs/find_crash_candidates/{source_set}.log",
    benchmark:
        "benchmarks/find_crash_candidates/{source_set}.tsv"
    group:
        "set"
    threads: threads_of("find_crash_candidates")
    resources:
        **needs_of("find_crash_candidates"),
    params:
        code=code("find_crash_candidates.py"),
        label_maps=lambda wildcards: CARDS[wildcards.source_set]["label_maps"],
        families=config["crash"]["families"],
        use_metadata=config["crash"]["use_metadata"],
        candidates=config["crash"]["candidates"],
    script:
        "../scripts/find_crash_candidates.py"


rule embed_crashes:
    """Describe the sound of every hit of one shard whose cymbal is to be told."""
    input:
        events="results/events/{source_set}/{shard}.parquet",
        sessions="results/sessions/{source_set}/{shard}.parquet",
        components=f"{TAXONOMY}/components.yaml",
    output:
        embeddings="results/crash/embeddings/{source_set}/{shard}.parquet",
    log:
        "logs/embed_crashes/{source_set}/{shard}.log",
    benchmark:
        "benchmarks/embed_crashes/{source_set}/{shard}.tsv"
    threads: threads_of("embed_crashes")
    resources:
        **needs_of("embed_crashes"),
    params:
        code=code("embed_crashes.py"),
        families=config["crash"]["families"],
        embedding=config["crash"]["embedding"],
        local=lambda wildcards: roots(wildcards.source_set),
    script:
        "../scripts/embed_crashes.py"


rule cluster_crashes:
    """Number the cymbals of every session of one shard."""
    input:
        embeddings="results/crash/embeddings/{source_set}/{shard}.parquet",
        sessions=sessions_to_map,
        cymbal_maps=cymbal_map_files,
        decisions=lambda wildcards: review_file(wildcards.source_set),
        model=cymbal_model,
        kits=kits_of_set,
        kit_sessions=kit_sessions_of_set,
        components=f"{TAXONOMY}/components.yaml",
    output:
        assignments="results/crash/assignments/{source_set}/{shard}.parquet",
        review="results/crash/review/{source_set}/{shard}.jsonl",
        agreement="results/crash/agreement/{source_set}/{shard}.jsonl",
    log:
        "logs/cluster_crashes/{source_set}/{shard}.log",
    benchmark:
        "benchmarks/cluster_crashes/{source_set}/{shard}.tsv"
    group:
        "labels"
    threads: threads_of("cluster_crashes")
    resources:
        **needs_of("cluster_crashes"),
    params:
        code=code("cluster_crashes.py"),
        families=config["crash"]["families"],
        use_metadata=config["crash"]["use_metadata"],
        agreement=config["crash"]["agreement"],
        clustering=config["crash"]["clustering"],
    script:
        "../scripts/cluster_crashes.py"


rule gather_crashes:
    """Put the assignments of a source set together, and list the sessions in doubt."""
    input:
        assignments=lambda wildcards: shards_of(
            "results/crash/assignments/{source_set}/{shard}.parquet",
            wildcards.source_set,
        ),
        review=lambda wildcards: shards_of(
            "results/crash/review/{source_set}/{shard}.jsonl", wildcards.source_set
        ),
    output:
        assignments="results/crash/assignments/{source_set}.parquet",
        review="results/crash/review/{source_set}.jsonl",
    log:
        "logs/gather_crashes/{source_set}.log",
    benchmark:
        "benchmarks/gather_crashes/{source_set}.tsv"
    group:
        "cymbals"
    threads: threads_of("gather_crashes")
    resources:
        **needs_of("gather_crashes"),
    params:
        code=code("gather_crashes.py"),
    script:
        "../scripts/gather_crashes.py"


rule illustrate_doubts:
    """Draw and cut the hits of the sessions in doubt of one source set."""
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
        doubts="results/crash/doubts/{source_set}.json",
    log:
        "logs/illustrate_doubts/{source_set}.log",
    benchmark:
        "benchmarks/illustrate_doubts/{source_set}.tsv"
    group:
        "cymbals"
    threads: threads_of("illustrate_doubts")
    resources:
        **needs_of("illustrate_doubts"),
    params:
        code=code("illustrate_doubts.py"),
        families=config["crash"]["families"],
        review=config["crash"]["review"],
        local=lambda wildcards: roots(wildcards.source_set),
    script:
        "../scripts/illustrate_doubts.py"


rule report_agreement:
    """Say of which sessions the cymbals sound otherwise than the source numbers them."""
    input:
        agreement=[
            path
            for name in INGESTED
            for path in shards_of(
                "results/crash/agreement/{source_set}/{shard}.jsonl", name
            )
        ],
    output:
        report="reports/crash/agreement.json",
    log:
        "logs/report_agreement.log",
    benchmark:
        "benchmarks/report_agreement.tsv"
    localrule: True
    threads: threads_of("report_agreement")
    resources:
        **needs_of("report_agreement"),
    params:
        code=code("report_agreement.py"),
        shards={name: SHARDS[name] for name in INGESTED},
    script:
        "../scripts/report_agreement.py"


rule render_review:
    """Put the sessions in doubt of all source sets on one page."""
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
            "reports/crash/review.html",
            caption="../report/crash_review.rst",
            category="Cymbals",
            labels={"of": "sessions in doubt"},
        ),
    log:
        "logs/render_review.log",
    benchmark:
        "benchmarks/render_review.tsv"
    threads: threads_of("render_review")
    resources:
        **needs_of("render_review"),
    params:
        code=code("render_review.py"),
        families=config["crash"]["families"],
        files={name: review_name(name) for name in INGESTED},
        vanished=config["inventory"]["vanished"],
        max_sessions=config["crash"]["review"]["max_sessions"],
    script:
        "../scripts/render_review.py"
