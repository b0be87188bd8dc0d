"""What a job will record of itself: its plan, as far as it is known before anything is read.

A job compares it with the run manifest that stands; `replay` asks for it without running the job.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from drumcorpus.ground.run.run_manifest import SCHEMA

# `local` says where things lie on this machine, and never what is made of them; `code` is recorded
# as the script's.
UNRECORDED = ("local", "code")
# The rule that records raw files.
INVENTORY = "take_inventory"
# The input that orders jobs and shapes nothing, such as the verdict of the gates; of the raw data
# that it stands for, a job records the digests itself.
ORDER_ONLY = "after"
# Where the scripts of rules lie, which is how a run manifest tells that a rule made its product.
WORKFLOW_SCRIPTS = "workflow/scripts/"
PRODUCT, RESOURCE, EXTERNAL, RAW_KIND = "product", "resource", "external", "raw"
# Folders of the checkout whose files come with the workflow.
RESOURCES = ("resources", "config/corpora")


def job_plan(rule: str, wildcards: Mapping, params: Mapping, inputs: Iterable[Mapping]) -> dict:
    """The run manifest of a job before its work: everything but outputs and counters.

    Parameters
    ----------
    rule : str
    wildcards : mapping
    params : mapping
        Parameters of the rule, `code` and `local` among them.
    inputs : iterable of mapping
        Descriptions of what the job reads, in order.
    """
    code = params["code"]
    return {
        "schema": SCHEMA,
        "rule": rule,
        "wildcards": dict(wildcards),
        "script": {
            "path": f"{WORKFLOW_SCRIPTS}{rule}.py",
            "code": code["digest"],
            "software": code["software"],
        },
        # A round trip through JSON: what is compared later is what was written.
        "params": json.loads(
            json.dumps({name: value for name, value in params.items() if name not in UNRECORDED})
        ),
        "inputs": list(inputs),
    }


def recorded_inputs(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those of the (name, path) of a job's inputs that it records."""
    return [(name, path) for name, path in pairs if name != ORDER_ONLY]


def named_paths(files) -> list[tuple[str, str]]:
    """(name, path) of each file of a rule's inputs or outputs, lists under their one name."""
    pairs = []
    for name, value in files.items():
        paths = [value] if isinstance(value, str) else value
        pairs += [(name, str(path)) for path in paths]
    return pairs


def kind_of_input(path: str, workflow_folder: Path) -> tuple[str, str]:
    """The kind of an input, and its path as it is recorded: no path of this machine."""
    if not Path(path).is_absolute():
        return PRODUCT, path
    absolute = Path(path).resolve()
    if any(absolute.is_relative_to(workflow_folder / folder) for folder in RESOURCES):
        return RESOURCE, absolute.relative_to(workflow_folder).as_posix()
    return EXTERNAL, absolute.name
