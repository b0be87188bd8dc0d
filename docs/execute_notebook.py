"""Execute a notebook in a working folder and store what comes out.

    python docs/execute_notebook.py docs/manifest_to_batch.ipynb demo      (or `make notebook`)

Equal code and data give equal bytes: cells are numbered, and neither times nor versions are kept.
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
TIMEOUT_S = 600  # of a cell


def main(notebook: str, folder: str) -> None:
    """Write the notebook with what its cells give."""
    executed = execute(nbformat.read(notebook, as_version=4), folder)
    Path(notebook).write_text(f"{nbformat.writes(executed)}\n", encoding="utf-8")


def execute(notebook: nbformat.NotebookNode, folder: str) -> nbformat.NotebookNode:
    """The same cells with what they give in a kernel of their own.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Of format 4; what is stored in it counts for nothing.
    folder : str
        Where the cells run.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell fails.
    """
    cells = [_bare(cell, number) for number, cell in enumerate(notebook.cells, 1)]
    bare = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL})
    client = NotebookClient(
        bare,
        timeout=TIMEOUT_S,
        kernel_name=KERNEL["name"],
        resources={"metadata": {"path": folder}},
        record_timing=False,
        coalesce_streams=True,  # how a long text is parted depends on the moment
    )
    executed = client.execute()
    executed.metadata = {"kernelspec": KERNEL}  # not the version of Python
    return executed


def _bare(cell: nbformat.NotebookNode, number: int) -> nbformat.NotebookNode:
    new = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}
    return new[cell.cell_type](cell.source, id=f"cell-{number}")


if __name__ == "__main__":
    main(*sys.argv[1:])
