"""
What a corpus teaches: trees learn from an export of clips, and what they lose is held against a
blessed report. Nothing but the target asks for it, unless the gates of a manifest do.

in:   results/export/{manifest}/{export}/, results/splits/{manifest}.parquet, the taxonomy; the gates
      and the blessed report they name
out:  results/train_check/{manifest}/{export}.parquet   events with the features of their sound
      reports/train_check/{manifest}/{export}.json, .html   what was learned, and how sure that is
      results/gates/train_check/{manifest}.json         stands only if the release may
      reports/train_check/networks/{manifest}/{export}.json, .html   what networks learned, if asked
"""

from drumcorpus.ground.run.software import here
from drumcorpus.ground.run.state_folder import STATE_FOLDER


rule describe_onsets:
    """Describe the sound around the onset of every clip that the training check takes."""
    input:
        [f"results/export/{{manifest}}/{{export}}/{file}" for file in AROUND_SAMPLES],
        taxonomy=taxonomy_files(),
    output:
        events="results/train_check/{manifest}/{export}.parquet",
    log:
        "logs/describe_onsets/{manifest}/{export}.log",
    benchmark:
        "benchmarks/describe_onsets/{manifest}/{export}.tsv"
    threads: threads_of("describe_onsets")
    resources:
        **needs_of("describe_onsets"),
    params:
        code=code("describe_onsets.py"),
        class_map=config["train_check"]["class_map"],
        max_events=config["train_check"]["max_events"],
        features=config["train_check"]["features"],
    script:
        "../scripts/describe_onsets.py"


rule check_training:
    """Learn from the training split of an export, and score its test split."""
    input:
        events="results/train_check/{manifest}/{export}.parquet",
        splits="results/splits/{manifest}.parquet",
        taxonomy=taxonomy_files(),
    output:
        report="reports/train_check/{manifest}/{export}.json",
    log:
        "logs/check_training/{manifest}/{export}.log",
    benchmark:
        "benchmarks/check_training/{manifest}/{export}.tsv"
    threads: threads_of("check_training")
    resources:
        **needs_of("check_training"),
    params:
        code=code("check_training.py"),
        check={
            key: value
            for key, value in config["train_check"].items()
            if key not in ("exports", "networks")
        },
    script:
        "../scripts/check_training.py"


rule render_training:
    """Show what was learned from an export."""
    input:
        report="reports/train_check/{manifest}/{export}.json",
    output:
        page=report(
            "reports/train_check/{manifest}/{export}.html",
            caption="../report/train_check.rst",
            category="Training check",
            labels={"of": "{manifest}/{export}"},
        ),
    log:
        "logs/render_training/{manifest}/{export}.log",
    benchmark:
        "benchmarks/render_training/{manifest}/{export}.tsv"
    localrule: True
    threads: threads_of("render_training")
    resources:
        **needs_of("render_training"),
    params:
        code=code("render_training.py"),
    script:
        "../scripts/render_training.py"


rule judge_training:
    """Stop a release where crash classes are learned worse than when the check was blessed."""
    input:
        present=lambda wildcards: (
            f"reports/train_check/{wildcards.manifest}/{TRAINED[wildcards.manifest]}.json"
        ),
        blessed=lambda wildcards: TRAIN_GATES[wildcards.manifest],
        gates=lambda wildcards: config_path(
            config["manifests"][wildcards.manifest]["gates"]
        ),
    output:
        verdict="results/gates/train_check/{manifest}.json",
    log:
        "logs/judge_training/{manifest}.log",
    benchmark:
        "benchmarks/judge_training/{manifest}.tsv"
    wildcard_constraints:
        manifest="|".join(TRAIN_CHECKED) or "(?!)",
    localrule: True
    threads: threads_of("judge_training")
    resources:
        **needs_of("judge_training"),
    params:
        code=code("judge_training.py"),
        expired_waivers=lambda wildcards: EXPIRED_WAIVERS[wildcards.manifest],
        local={"mode": config["gates"]},
    script:
        "../scripts/judge_training.py"


# The version of torch is a parameter: the library is named by none that imports it, and may lack.
rule learn_networks:
    """Let networks learn from an export of segments or sessions, and score its test split."""
    input:
        [f"results/export/{{manifest}}/{{export}}/{file}" for file in AROUND_SAMPLES],
        splits="results/splits/{manifest}.parquet",
        taxonomy=taxonomy_files(),
    output:
        report="reports/train_check/networks/{manifest}/{export}.json",
    log:
        "logs/learn_networks/{manifest}/{export}.log",
    benchmark:
        "benchmarks/learn_networks/{manifest}/{export}.tsv"
    threads: threads_of("learn_networks")
    resources:
        **needs_of("learn_networks"),
    params:
        code=code("learn_networks.py"),
        networks={
            key: value
            for key, value in config["train_check"]["networks"].items()
            if key != "exports"
        },
        draws=config["train_check"]["draws"],
        torch=here("torch"),
        local={"memory": f"{STATE_FOLDER}/networks"},
    script:
        "../scripts/learn_networks.py"


rule render_networks:
    """Show what networks have learned from an export."""
    input:
        report="reports/train_check/networks/{manifest}/{export}.json",
    output:
        page=report(
            "reports/train_check/networks/{manifest}/{export}.html",
            caption="../report/network_check.rst",
            category="Training check",
            labels={"of": "networks of {manifest}/{export}"},
        ),
    log:
        "logs/render_networks/{manifest}/{export}.log",
    benchmark:
        "benchmarks/render_networks/{manifest}/{export}.tsv"
    localrule: True
    threads: threads_of("render_networks")
    resources:
        **needs_of("render_networks"),
    params:
        code=code("render_networks.py"),
    script:
        "../scripts/render_networks.py"
