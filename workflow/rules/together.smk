"""
Jobs that are done one after the other in one process, as steps.smk has them.

Of a job on a few sessions nearly all is the start of a process and what it imports. Every job stays
what its own rule describes, with its log, run manifest and benchmark, and leaves by itself where
its products are fresh; only Snakemake sees several as one.

in, out:  as the rules say whose jobs these are
"""

from functools import cache

from drumcorpus.ground.run.rule_paths import RulePaths, flat
from drumcorpus.ground.run.together import Parts, named_alone, steps_of_process
from snakemake.common import get_function_params
from snakemake.io import strip_wildcard_constraints
from snakemake.iocontainers import InputFiles, Log, OutputFiles, Wildcards


@cache
def paths_of(kind, rule_name):
    """What a rule says of the `input`, `output` or `log` of its jobs."""
    described = getattr(workflow.get_rule(rule_name), kind)
    return RulePaths(described, strip_wildcard_constraints)


@cache
def jobs_of(step):
    """The jobs of a step, as their rules describe them: of each its rule, its wildcards, what it
    makes, by name, and its logs.
    """
    jobs = []
    for name, names in STEPS[step]:
        wildcards = Wildcards(fromdict=names)
        outputs = paths_of("output", name).named(wildcards)
        logs = paths_of("log", name).paths(wildcards)
        jobs.append((workflow.get_rule(name), wildcards, outputs, logs))
    return jobs


@cache
def reads_of_jobs(step):
    """What each job of a step reads, by name."""
    return [
        paths_of("input", described.name).named(wildcards)
        for described, wildcards, *_ in jobs_of(step)
    ]


def outputs_of(step):
    """What the jobs of a step make, with what the report says of it."""
    return [
        of_the_report(path, pattern, wildcards)
        for described, wildcards, outputs, _ in jobs_of(step)
        for path, pattern in zip(flat(outputs), described.output)
    ]


def parts_of(step):
    """The jobs of a step with all that their scripts are handed."""

    def describe():
        for job, inputs in zip(jobs_of(step), reads_of_jobs(step)):
            described, wildcards, outputs, log = job
            yield {
                "rule": described.name,
                "wildcards": wildcards,
                "input": named_files(InputFiles, inputs),
                "output": named_files(OutputFiles, outputs),
                "params": params_of(described, wildcards, inputs, outputs),
                "log": Log(log),
                "benchmark": str(described.expand_benchmark(wildcards)),
                "threads": threads_of(described.name),
            }

    def recorded():
        return [
            (
                *(described.name, dict(wildcards.items()), inputs, outputs, log),
                dict(params_of(described, wildcards, inputs, outputs).items()),
                threads_of(described.name),
            )
            for (described, wildcards, outputs, log), inputs in zip(
                jobs_of(step), reads_of_jobs(step)
            )
        ]

    return Parts(describe, recorded)


@cache
def asks_for_files(rule_name):
    """Whether a parameter of a rule follows from the files of a job."""
    return any(
        {"input", "output"}.intersection(get_function_params(function))
        for function in workflow.get_rule(rule_name).params
        if callable(function)
    )


def params_of(described, wildcards, inputs, outputs):
    """The parameters of a job."""
    if not asks_for_files(described.name):
        inputs = outputs = []
    files = named_files(InputFiles, inputs), named_files(OutputFiles, outputs)
    params, _ = described.expand_params(wildcards, *files, None)
    return params


def named_files(kind, named):
    """Paths with their names as Snakemake hands them to a script."""
    files = kind()
    for name, paths in named:
        is_one = isinstance(paths, str)
        start = len(files)
        files.extend([paths] if is_one else paths)
        if name:
            files._set_name(name, start, end=None if is_one else len(files))
    return files


@cache
def inputs_of(step):
    """What the jobs of a step read, each once, but for what those before them make."""
    made = {path for _, _, outputs, _ in jobs_of(step) for path in flat(outputs)}
    read = dict.fromkeys(
        path for inputs in reads_of_jobs(step) for path in flat(inputs)
    )
    return [path for path in read if path not in made]


def logs_of(step):
    """The logs of the jobs of a step."""
    return [path for *_, log in jobs_of(step) for path in log]


def of_the_report(path, pattern, wildcards):
    """An output, with what the report says of it."""
    if "report" not in pattern.flags:
        return path
    shown = pattern.flags["report"]
    labels = {name: label.format(**wildcards) for name, label in shown.labels.items()}
    return report(path, caption=shown.caption, category=shown.category, labels=labels)


def reads_of(rule_name, wildcards, paths):
    """How much one job reads: where its sessions are taken out of their set's by a job before it,
    twice a shard's share, for shards differ.
    """
    name = wildcards.get("source_set")
    if rule_name == "ingest_sessions" and not any(
        path.startswith("results/sessions/") and Path(path).exists() for path in paths
    ):
        whole = what_is_read([f"results/sessions/{name}.parquet"])
        return whole.share(2 / SHARDS[name])
    return what_is_read(paths)


def needs_of_parts(step):
    """Memory and time of jobs that are done one after the other."""

    def jobs():
        return [
            (described.name, reads_of(described.name, wildcards, flat(inputs)))
            for (described, wildcards, *_), inputs in zip(
                jobs_of(step), reads_of_jobs(step)
            )
        ]

    def mem_mb(wildcards, attempt):
        return max(
            memory_of(name, reads, attempt, STATED.get(name, {}), LARGEST["mem_mb"])
            for name, reads in jobs()
        )

    def runtime(wildcards, attempt):
        return minutes_together(jobs(), attempt, STATED, LARGEST["runtime"])

    return {"mem_mb": mem_mb, "runtime": runtime}


def threads_of_step(step):
    """Threads of the widest job. The groups of the demo share the cores, and idle threads of a
    library would spin.
    """
    return (
        1 if step in STEPS_OF_DEMO else max(threads_of(name) for name, _ in STEPS[step])
    )


STATED = config["resources"]["rules"]
RULES_OF_STEPS = {step: {name for name, _ in jobs} for step, jobs in STEPS.items()}
if workflow.is_main_process and (remark := named_alone(TYPED, RULES_OF_STEPS)):
    sys.stderr.write(f"{remark}\n")

for step in steps_of_process(STEPS, sys.argv, is_main=workflow.is_main_process):

    rule:
        """Several jobs, one after the other in one process."""
        name:
            f"together_{step}"
        input:
            lambda wildcards, step=step: inputs_of(step),
        output:
            outputs_of(step),
        log:
            logs_of(step),
        benchmark:
            f"benchmarks/together/{step}.tsv"
        threads: threads_of_step(step)
        resources:
            **needs_of_parts(step),
        params:
            parts=lambda wildcards, step=step: parts_of(step),
        script:
            "../scripts/together.py"


# Snakemake would make a job of either rule that makes a product, to leave one of them.
DONE_TOGETHER = {
    str(path)
    for described in workflow.rules
    if described.name.startswith("together_")
    for path in described.output
}


def leave_to_steps(described):
    """Let a rule make what no step does."""
    is_producer = described.is_producer
    described.is_producer = lambda path: path not in DONE_TOGETHER and is_producer(path)


for rule_name in sorted(set().union(*RULES_OF_STEPS.values())):
    leave_to_steps(workflow.get_rule(rule_name))
