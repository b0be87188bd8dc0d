"""
Sessions to see and hear: those that other pages name, worst first, and some of every split.

in:   the health reports, results/crash/review, results/splits, results/aliased, raw audio
out:  results/listening/chosen/{source_set}.json      which sessions are shown, and why
      results/listening/excerpts/{source_set}.json    their pictures, labels and sound
      reports/sessions/{source_set}.html              one page of a source set
      results/sessions/{source_set}.html              the same without sound that stays here
      reports/sessions/index.html                     all of them by the reason why they are shown
"""


rule choose_sessions:
    """Choose the sessions of a source set that are shown, the worst of every kind first."""
    input:
        reports=lambda wildcards: expand(
            "reports/health/{manifest}.json",
            manifest=manifests_of(wildcards.source_set),
        ),
        of_set="reports/health/source_sets/{source_set}.json",
        review="results/crash/review/{source_set}.jsonl",
        sessions="results/sessions/{source_set}.parquet",
        splits=lambda wildcards: expand(
            "results/splits/{manifest}.parquet",
            manifest=manifests_of(wildcards.source_set),
        ),
    output:
        chosen="results/listening/chosen/{source_set}.json",
    log:
        "logs/choose_sessions/{source_set}.log",
    benchmark:
        "benchmarks/choose_sessions/{source_set}.tsv"
    threads: threads_of("choose_sessions")
    resources:
        **needs_of("choose_sessions"),
    params:
        code=code("choose_sessions.py"),
        manifests=lambda wildcards: manifests_of(wildcards.source_set),
        listening=config["listening"],
    script:
        "../scripts/choose_sessions.py"


rule cut_excerpts:
    """Cut and draw the excerpts of the chosen sessions of a source set."""
    input:
        chosen="results/listening/chosen/{source_set}.json",
        sessions="results/sessions/{source_set}.parquet",
        events=lambda wildcards: shards_of(
            "results/aliased/{source_set}/{shard}.parquet", wildcards.source_set
        ),
        assignments="results/crash/assignments/{source_set}.parquet",
        card=card_file,
        taxonomy=taxonomy_files(),
    output:
        excerpts="results/listening/excerpts/{source_set}.json",
    log:
        "logs/cut_excerpts/{source_set}.log",
    benchmark:
        "benchmarks/cut_excerpts/{source_set}.tsv"
    threads: threads_of("cut_excerpts")
    resources:
        **needs_of("cut_excerpts"),
    params:
        code=code("cut_excerpts.py"),
        listening=config["listening"],
        local=lambda wildcards: roots(wildcards.source_set),
    script:
        "../scripts/cut_excerpts.py"


rule render_sessions:
    """Put the excerpts of a source set on a page, and on one that may be passed on."""
    input:
        chosen="results/listening/chosen/{source_set}.json",
        excerpts="results/listening/excerpts/{source_set}.json",
        card=card_file,
    output:
        page=report(
            "reports/sessions/{source_set}.html",
            caption="../report/sessions.rst",
            category="Sessions",
            labels={"of": "source set {source_set}"},
        ),
        passed_on="results/sessions/{source_set}.html",
    log:
        "logs/render_sessions/{source_set}.log",
    benchmark:
        "benchmarks/render_sessions/{source_set}.tsv"
    localrule: True
    threads: threads_of("render_sessions")
    resources:
        **needs_of("render_sessions"),
    params:
        code=code("render_sessions.py"),
        listening=config["listening"],
    script:
        "../scripts/render_sessions.py"


rule index_sessions:
    """Lead to the sessions of all source sets by the reason why they are shown."""
    input:
        chosen=expand("results/listening/chosen/{source_set}.json", source_set=INGESTED),
    output:
        page=report(
            "reports/sessions/index.html",
            caption="../report/sessions.rst",
            category="Sessions",
            labels={"of": "all source sets"},
        ),
    log:
        "logs/index_sessions.log",
    benchmark:
        "benchmarks/index_sessions.tsv"
    localrule: True
    threads: threads_of("index_sessions")
    resources:
        **needs_of("index_sessions"),
    params:
        code=code("index_sessions.py"),
        source_sets=INGESTED,
    script:
        "../scripts/index_sessions.py"
