"""
What Snakemake looks at again for every job, though it is the same: it is looked at once.

Each of these stands in front of what Snakemake does, with the same answers. A test holds it to that.
"""

import snakemake.dag
import snakemake.workflow
from drumcorpus.ground.run.producers import LooksUp
from drumcorpus.ground.run.quick_plan import (
    LooksAtScriptsOnce,
    ReadsRecordsOnce,
    finds_nested_outputs_quickly,
    is_storage,
    remember_parameters,
)
from snakemake.common import overwrite_function_params
from snakemake.io import _IOFile
from snakemake.output_index import OutputIndex
from snakemake.resources import Resource


class Producers(LooksUp, OutputIndex):
    """Which rules make a file: a plan asks it for every input of every job."""


class Scripts(LooksAtScriptsOnce, snakemake.dag.ScriptProcessor):
    """Whether the scripts of jobs are there."""


class Records(ReadsRecordsOnce, snakemake.workflow.FilePersistence):
    """What Snakemake has recorded of each product."""

    read = RECORDS


snakemake.dag.OutputIndex = Producers
if workflow.is_main_process:
    snakemake.dag.ScriptProcessor = Scripts
    snakemake.workflow.FilePersistence = Records
    snakemake.dag.DAG.check_directory_outputs = finds_nested_outputs_quickly(
        snakemake.dag.DAG.check_directory_outputs
    )
    # Files are compared and looked up by their text, a million times: without a detour.
    _IOFile.__eq__, _IOFile.__hash__ = str.__eq__, str.__hash__
    _IOFile.is_storage = property(is_storage)
    remember_parameters(
        [
            Resource.evaluate,
            *(
                function
                for described in workflow.rules
                for function in [
                    *described.input,
                    *described.params,
                    *(
                        getattr(resource, "_evaluator", None)
                        for resource in described.resources.values()
                    ),
                ]
            ),
        ],
        overwrite_function_params,
    )
