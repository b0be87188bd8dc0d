"""
Write the embedded demo corpora: small, in their source sets' true layout, always the same.

out:  data/demo/{source_set}/            raw data, as if published
      data/demo/{source_set}.written     says that they are complete
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
    params:
        code=lambda wildcards: code(
            "write_demo.py", f"drumcorpus.demo.{wildcards.source_set}"
        ),
        demo=config["demo"],
    script:
        "../scripts/write_demo.py"
