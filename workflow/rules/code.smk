"""
What jobs are made of: digests of code, and versions of libraries.
"""

import atexit

from drumcorpus.ground.files.project_files import package_folder
from drumcorpus.ground.run.code_digest import Library
from drumcorpus.ground.run.python_modules import shared_memory
from drumcorpus.ground.run.state import PYTHON_FILES

LIBRARY = Library(
    package_folder(WORKFLOW),
    memory=PYTHON_FILES,
    shared=shared_memory(package_folder(WORKFLOW)),
)
if workflow.is_main_process:  # some modules are read only when jobs are planned
    atexit.register(LIBRARY.share)


def code(script, *modules):
    """What a script is made of: the digest of its code with all modules that it reaches, modules that
    it loads by name among them, and the versions of the libraries; and which versions are accepted.
    """
    described = LIBRARY.describe_code(WORKFLOW / "workflow/scripts" / script, modules)
    return described | {"accepts": config["software"]}


def source_set_code(script):
    """As a function of wildcards: the digest of a script with its source set's module."""
    return lambda wildcards: code(
        script, f"drumcorpus.source_sets.{module_name(wildcards.source_set)}"
    )


def ingestion_digest(wildcards):
    """The digest of the code that a source set's events were made by, for its provenance."""
    return source_set_code("ingest_sessions.py")(wildcards)["digest"]
