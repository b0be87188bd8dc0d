"""
Predictions of systems, held against a split of a manifest. Nothing but the target asks for it.

in:   results/manifests/{manifest}.parquet, its splits and sessions, and the predictions that
      `evaluations` in the config names, files or folders of a person
out:  reports/evaluation/{evaluation}.json, .html   scores with intervals, and where a system fails
      results/gates/evaluation/{evaluation}.json    stands only if all required figures hold
"""


rule evaluate_predictions:
    """Score what systems say of a split, with intervals over groups of sessions."""
    input:
        manifest=lambda wildcards: (
            f"results/manifests/{evaluated_manifest(wildcards)}.parquet"
        ),
        splits=lambda wildcards: (
            f"results/splits/{evaluated_manifest(wildcards)}.parquet"
        ),
        sessions=lambda wildcards: tables_of_manifest(
            "sessions", evaluated_manifest(wildcards)
        ),
        predictions=lambda wildcards: predicted_files(wildcards, "predictions"),
        compare=lambda wildcards: predicted_files(wildcards, "compare"),
        validation=lambda wildcards: predicted_files(wildcards, "validation"),
        compare_validation=lambda wildcards: predicted_files(
            wildcards, "compare_validation"
        ),
        another_seed=lambda wildcards: predicted_files(wildcards, "another_seed"),
        trained_on=tables_trained_on,
        boundary_pack=lambda wildcards: pack_of_evaluation(wildcards.evaluation),
        pack_schema=lambda wildcards: (
            [f"{WORKFLOW}/workflow/schemas/boundary_pack.schema.yaml"]
            if pack_of_evaluation(wildcards.evaluation)
            else []
        ),
        terms=lambda wildcards: [
            str(path) for path in terms_of_evaluation(wildcards.evaluation).files
        ],
    output:
        report="reports/evaluation/{evaluation}.json",
    log:
        "logs/evaluate_predictions/{evaluation}.log",
    benchmark:
        "benchmarks/evaluate_predictions/{evaluation}.tsv"
    wildcard_constraints:
        evaluation=EVALUATION,
    threads: threads_of("evaluate_predictions")
    resources:
        **needs_of("evaluate_predictions"),
    params:
        code=code("evaluate_predictions.py"),
        question=lambda wildcards: recorded_question(wildcards.evaluation),
        systems=recorded_systems,
        local=places_of_evaluation,
    script:
        "../scripts/evaluate_predictions.py"


rule render_evaluation:
    """Show an evaluation: figures with intervals, errors, slices, and how it was scored."""
    input:
        report="reports/evaluation/{evaluation}.json",
    output:
        page=report(
            "reports/evaluation/{evaluation}.html",
            caption="../report/evaluation.rst",
            category="Evaluation",
            labels={"of": "{evaluation}"},
        ),
    log:
        "logs/render_evaluation/{evaluation}.log",
    benchmark:
        "benchmarks/render_evaluation/{evaluation}.tsv"
    wildcard_constraints:
        evaluation=EVALUATION,
    localrule: True
    threads: threads_of("render_evaluation")
    resources:
        **needs_of("render_evaluation"),
    params:
        code=code("render_evaluation.py"),
        manifest=evaluated_manifest,
    script:
        "../scripts/render_evaluation.py"


rule enforce_evaluation:
    """Stop where a figure that an evaluation requires does not hold."""
    input:
        report="reports/evaluation/{evaluation}.json",
        # Whoever is stopped here finds the page.
        after="reports/evaluation/{evaluation}.html",
    output:
        verdict="results/gates/evaluation/{evaluation}.json",
    log:
        "logs/enforce_evaluation/{evaluation}.log",
    benchmark:
        "benchmarks/enforce_evaluation/{evaluation}.tsv"
    wildcard_constraints:
        evaluation=EVALUATION,
    localrule: True
    threads: threads_of("enforce_evaluation")
    resources:
        **needs_of("enforce_evaluation"),
    params:
        code=code("enforce_evaluation.py"),
    script:
        "../scripts/enforce_evaluation.py"
