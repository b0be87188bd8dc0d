"""
Predictions of a model as labels of a source set that has none, held against its sound.

in:   the files that `predictions` in the config names, results/sessions and results/inventory of
      the source set, raw audio
out:  results/predictions/{source_set}.parquet       one row per prediction
      results/predictions/{source_set}/{shard}.parquet   those of one shard, for ingestion
      results/predictions/{source_set}.json          model, files by digest, recording of every session
      reports/predictions/{source_set}.json, .html   how far they agree with the onsets that are heard
"""


rule stage_predictions:
    """Read the predictions of one source set; whatever is not of its recordings is refused."""
    input:
        sessions="results/sessions/{source_set}.parquet",
        inventory="results/inventory/{source_set}.parquet",
        predictions=staged_files,
        terms=term_files,
    output:
        hits="results/predictions/{source_set}.parquet",
        staged="results/predictions/{source_set}.json",
    log:
        "logs/stage_predictions/{source_set}.log",
    benchmark:
        "benchmarks/stage_predictions/{source_set}.tsv"
    wildcard_constraints:
        source_set=PREDICTED_SET,
    threads: threads_of("stage_predictions")
    resources:
        **needs_of("stage_predictions"),
    params:
        code=code("stage_predictions.py"),
        model=lambda wildcards: model_of(wildcards.source_set),
        terms=lambda wildcards: terms_of(wildcards.source_set),
        system=lambda wildcards: recorded_system(
            place_of_predictions(wildcards.source_set)
        ),
        local=lambda wildcards: {
            "path": place_of_predictions(wildcards.source_set),
            "terms": PLACES_OF_TERMS,
        },
    script:
        "../scripts/stage_predictions.py"


rule shard_predictions:
    """Take the predictions of one shard's sessions out of the table."""
    input:
        hits="results/predictions/{source_set}.parquet",
    output:
        hits="results/predictions/{source_set}/{shard}.parquet",
    log:
        "logs/shard_predictions/{source_set}/{shard}.log",
    benchmark:
        "benchmarks/shard_predictions/{source_set}/{shard}.tsv"
    wildcard_constraints:
        source_set=PREDICTED_SET,
    group:
        "shard"
    threads: threads_of("shard_predictions")
    resources:
        **needs_of("shard_predictions"),
    params:
        code=code("shard_predictions.py"),
        n_shards=lambda wildcards: SHARDS[wildcards.source_set],
    script:
        "../scripts/shard_predictions.py"


rule hold_predictions:
    """Hold the predictions of one source set against the onsets that are heard."""
    input:
        hits="results/predictions/{source_set}.parquet",
        staged="results/predictions/{source_set}.json",
        sessions="results/sessions/{source_set}.parquet",
    output:
        report="reports/predictions/{source_set}.json",
    log:
        "logs/hold_predictions/{source_set}.log",
    benchmark:
        "benchmarks/hold_predictions/{source_set}.tsv"
    wildcard_constraints:
        source_set=PREDICTED_SET,
    threads: threads_of("hold_predictions")
    resources:
        **needs_of("hold_predictions"),
    params:
        code=code("hold_predictions.py"),
        onsets=config["onsets"],
        local=lambda wildcards: roots(wildcards.source_set),
    script:
        "../scripts/hold_predictions.py"


rule render_predictions:
    """Show how far the predictions of one source set agree with its sound."""
    input:
        report="reports/predictions/{source_set}.json",
    output:
        page=report(
            "reports/predictions/{source_set}.html",
            caption="../report/predictions.rst",
            category="Sources",
            labels={"of": "predictions of {source_set}"},
        ),
    log:
        "logs/render_predictions/{source_set}.log",
    benchmark:
        "benchmarks/render_predictions/{source_set}.tsv"
    wildcard_constraints:
        source_set=PREDICTED_SET,
    localrule: True
    threads: threads_of("render_predictions")
    resources:
        **needs_of("render_predictions"),
    params:
        code=code("render_predictions.py"),
    script:
        "../scripts/render_predictions.py"
