"""
Write the embedded demo corpora: small, in their source sets' true layout, always the same.

out:  data/demo/{source_set}/            raw data, as if published
      data/demo/{source_set}.written     says that they are complete
      results/corpora/simulated/         ratings of clips by reviewers who do not exist
"""


rule write_demo:
    """Play and record the demo corpus of one source set."""
    input:
        kits=f"{WORKFLOW}/resources/demo/kits.yaml",
    output:
        marker=f"{config['demo']['folder']}/{{source_set}}.written",
    log:
        "logs/write_demo/{source_set}.log",
    benchmark:
        "benchmarks/write_demo/{source_set}.tsv"
    wildcard_constraints:
        source_set="|".join(sorted({module_name(name) for name in SOURCE_SETS})),
    threads: threads_of("write_demo")
    resources:
        **needs_of("write_demo"),
    params:
        code=lambda wildcards: code(
            "write_demo.py", f"drumcorpus.demo.{wildcards.source_set}"
        ),
        demo={name: config["demo"][name] for name in ("seed", "performances")},
    script:
        "../scripts/write_demo.py"


rule rate_review_clips:
    """Rate the clips of the review as two reviewers who do not exist, each on a scale of its own."""
    input:
        clips="results/corpora/review_clips.jsonl",
    output:
        ratings=expand(
            "results/corpora/simulated/{reviewer}.jsonl",
            reviewer=["reviewer-1-5", "reviewer-0-1"],
        ),
    log:
        "logs/rate_review_clips.log",
    benchmark:
        "benchmarks/rate_review_clips.tsv"
    threads: threads_of("rate_review_clips")
    resources:
        **needs_of("rate_review_clips"),
    params:
        code=code("rate_review_clips.py"),
        seed=config["demo"]["seed"],
    script:
        "../scripts/rate_review_clips.py"
