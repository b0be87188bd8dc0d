"""
Corpora of other kinds, kept as JSON Lines: shards are merged, and rated ones put on one axis.

in:   the inputs that `corpora` in the config names, files of a person or products; scales of ratings;
      results/crash/doubts/{source_set}.json, what the review of crashes shows;
      results/corpora/simulated/{reviewer}.jsonl, ratings that the demo makes up
out:  results/corpora/merged/{corpus}.jsonl       a merge, in order of its natural key
      results/corpora/aggregated/{corpus}.jsonl   ratings on the axis of 0 to 100, each item once
      results/corpora/review_clips.jsonl          the clips of the review of crashes, to be rated
"""

MERGES = sorted(config["corpora"]["merges"])
# One whose shards are simulated ratings is of the demo alone.
AGGREGATES = sorted(
    name for name in config["corpora"]["aggregates"] if is_for_these_sets(name)
)


localrules:
    corpora,


rule corpora:
    """Every merged and aggregated corpus of the config, with its run manifest."""
    input:
        expand("results/corpora/merged/{corpus}.jsonl", corpus=MERGES),
        expand("results/corpora/aggregated/{corpus}.jsonl", corpus=AGGREGATES),
        [path for name in AGGREGATES for path in simulated_shards(name)],
        "results/corpora/review_clips.jsonl",


rule merge_corpora:
    """Merge shards of rows into one corpus; equal duplicates are counted, others reported."""
    input:
        shards=shards_to_merge,
    output:
        corpus="results/corpora/merged/{corpus}.jsonl",
    log:
        "logs/merge_corpora/{corpus}.log",
    benchmark:
        "benchmarks/merge_corpora/{corpus}.tsv"
    wildcard_constraints:
        corpus="|".join(MERGES) or "(?!)",
    threads: threads_of("merge_corpora")
    resources:
        **needs_of("merge_corpora"),
    params:
        code=code("merge_corpora.py"),
        merge=recorded_merge,
    script:
        "../scripts/merge_corpora.py"


rule aggregate_corpora:
    """Put rated shards on one axis; of several ratings of one item the surest stays."""
    input:
        shards=shards_to_aggregate,
        scales=scales_of_ratings(),
    output:
        corpus="results/corpora/aggregated/{corpus}.jsonl",
    log:
        "logs/aggregate_corpora/{corpus}.log",
    benchmark:
        "benchmarks/aggregate_corpora/{corpus}.tsv"
    wildcard_constraints:
        corpus="|".join(AGGREGATES) or "(?!)",
    threads: threads_of("aggregate_corpora")
    resources:
        **needs_of("aggregate_corpora"),
    params:
        code=code("aggregate_corpora.py"),
        aggregate=recorded_aggregate,
    script:
        "../scripts/aggregate_corpora.py"


rule list_review_clips:
    """List the clips of the review of crashes, for people who rate them."""
    input:
        doubts=expand("results/crash/doubts/{source_set}.json", source_set=INGESTED),
    output:
        clips="results/corpora/review_clips.jsonl",
    log:
        "logs/list_review_clips.log",
    benchmark:
        "benchmarks/list_review_clips.tsv"
    threads: threads_of("list_review_clips")
    resources:
        **needs_of("list_review_clips"),
    params:
        code=code("list_review_clips.py"),
        source_sets=INGESTED,
    script:
        "../scripts/list_review_clips.py"
