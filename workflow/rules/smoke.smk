"""
Try the exports on a part of their manifests, before a night is spent on all.

in:   what the exports read, and the verdicts of the gates that they wait for
out:  none but the log; with `smoke: {keep: true}` smoke/{manifest}/{export}/, which is no product
"""


# No output and no benchmark: Snakemake would take a benchmark's file for a job well done.
rule smoke:
    """Cut and assemble a part of every export aside, measure it, and take it away again."""
    input:
        [path for manifest in SMOKED_MANIFESTS for path in smoke_inputs(manifest)],
        after=expand("results/gates/{manifest}.json", manifest=SMOKED_MANIFESTS),
        taxonomy=taxonomy_files(),
        class_maps=f"{TAXONOMY}/class_maps.yaml",
        general_midi=f"{TAXONOMY}/general_midi.yaml",
    log:
        "logs/smoke.log",
    localrule: True
    threads: lambda wildcards: workflow.resource_settings.cores or 2
    resources:
        **needs_of("smoke"),
    params:
        exports=SMOKED,
        smoke={
            "events": config["smoke"]["events"],
            "keep": config["smoke"]["keep"],
            "scratch": f"{STATE_FOLDER}/smoke",
            "kept": SMOKE_FOLDER,
        },
        local={
            "tables": {name: smoke_tables(name) for name in SMOKED_MANIFESTS},
            "roots": {name: roots(name)["roots"] for name in MERGED},
            "gates": {
                name: {
                    "gates_file": config_path(config["manifests"][name]["gates"]),
                    "expired": EXPIRED_WAIVERS[name],
                    "mode": config["gates"],
                }
                for name in SMOKED_MANIFESTS
            },
            "memory_limit": config["export"]["memory_limit"],
        },
    script:
        "../scripts/smoke.py"
