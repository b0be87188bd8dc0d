"""
What Snakemake looks at again for every job, though it is the same: it is looked at once.

Each of these stands in front of what Snakemake does, with the same answers. A test holds it to that.
In front of another Snakemake, which lacks what they call, none stands: it looks again, and a plan
takes longer.
"""

from drumcorpus.ground.run.producers import LooksUp
from drumcorpus.ground.run.quick_plan import (
    LooksAtScriptsOnce,
    ReadsRecordsOnce,
    finds_nested_outputs_quickly,
    is_storage,
    remember_parameters,
    what_is_lacking,
)


def look_up_producers():
    """Which rules make a file: a plan asks it for every input of every job."""
    import snakemake.dag

    class Producers(LooksUp, snakemake.dag.OutputIndex):
        """As Snakemake looks for them, and faster."""

    snakemake.dag.OutputIndex = Producers


def look_once():
    """At scripts, records and folders of products."""
    import snakemake.dag
    import snakemake.workflow
    from snakemake.io import _IOFile

    class Scripts(LooksAtScriptsOnce, snakemake.dag.ScriptProcessor):
        """Whether the scripts of jobs are there."""

    class Records(ReadsRecordsOnce, snakemake.workflow.FilePersistence):
        """What Snakemake has recorded of each product."""

        read = RECORDS

    snakemake.dag.ScriptProcessor = Scripts
    snakemake.workflow.FilePersistence = Records
    snakemake.dag.DAG.check_directory_outputs = finds_nested_outputs_quickly(
        snakemake.dag.DAG.check_directory_outputs
    )
    # Files are compared and looked up by their text, a million times: without a detour.
    _IOFile.__eq__, _IOFile.__hash__ = str.__eq__, str.__hash__
    _IOFile.is_storage = property(is_storage)


def functions_of_rules():
    """Whose parameters are asked for at every call."""
    from snakemake.resources import Resource

    yield Resource.evaluate
    for described in workflow.rules:
        yield from described.input
        yield from described.params
        for resource in described.resources.values():
            yield getattr(resource, "_evaluator", None)


if lacking := what_is_lacking():
    if workflow.is_main_process:
        sys.stderr.write(
            f"A plan takes longer with this version of Snakemake, which has no {lacking[0]} as the "
            "one of requirements.lock has it.\n"
        )
else:
    look_up_producers()
    if workflow.is_main_process:
        from snakemake.common import overwrite_function_params

        look_once()
        remember_parameters(functions_of_rules(), overwrite_function_params)
