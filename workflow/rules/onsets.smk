"""
Hold the onset detector against the annotations of a source set; for people, and nothing waits.

in:   results/events/{source_set}.parquet, results/sessions/{source_set}.parquet, raw audio
out:  reports/onsets/{source_set}.json, .md    scores of every take and in all
"""


rule score_onsets:
    """Score the onset detector on one source set."""
    input:
        events="results/events/{source_set}.parquet",
        sessions="results/sessions/{source_set}.parquet",
    output:
        scores="reports/onsets/{source_set}.json",
    log:
        "logs/score_onsets/{source_set}.log",
    benchmark:
        "benchmarks/score_onsets/{source_set}.tsv"
    threads: threads_of("score_onsets")
    resources:
        **needs_of("score_onsets"),
    params:
        code=code("score_onsets.py"),
        onsets=config["onsets"],
        local=lambda wildcards: roots(wildcards.source_set),
    script:
        "../scripts/score_onsets.py"


rule render_scores:
    """Show the scores of the onset detector on one source set."""
    input:
        scores="reports/onsets/{source_set}.json",
    output:
        page="reports/onsets/{source_set}.md",
    log:
        "logs/render_scores/{source_set}.log",
    benchmark:
        "benchmarks/render_scores/{source_set}.tsv"
    localrule: True
    threads: threads_of("render_scores")
    resources:
        **needs_of("render_scores"),
    params:
        code=code("render_scores.py"),
    script:
        "../scripts/render_scores.py"
