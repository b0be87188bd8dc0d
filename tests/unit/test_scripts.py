"""Scripts: what a rule hands to its script, the script reads."""

import re
from pathlib import Path

import pytest

WORKFLOW = Path(__file__).parents[2] / "workflow"
RULES = [
    (f"{path.stem}-{name}", block)
    for path in sorted(WORKFLOW.glob("rules/*.smk"))
    for name, block in re.findall(
        r"^rule (\w+):\n(.*?)(?=^\S|\Z)", path.read_text(), re.DOTALL | re.MULTILINE
    )
    if "params:" in block and "/scripts/" in block
]
# And recorded by it: code, and the version of a library that may be absent.
READ_BY_THE_JOB = {"code", "torch"}


def script_of(block):
    name = re.search(r'"\.\./scripts/(\w+\.py)"', block)[1]
    return (WORKFLOW / "scripts" / name).read_text()


def section(block, opening, indent):
    """What stands below a line, deeper than `indent` blanks."""
    found = re.search(rf"^ {{{indent}}}{opening}\n((?: {{{indent + 1},}}\S.*\n|\n)+)", block, re.M)
    return found[1] if found else ""


def names_read(script, names, whole):
    """Those of `names` that a script reads, all of them where it takes the `whole` on."""
    if re.search(rf"\*\*(?:snakemake\.)?{whole}(?![\w.\[])|\b{whole} \|", script):
        return set(names)
    return {name for name in names if re.search(rf"\.{name}\b|\"{name}\"", script)}


@pytest.mark.parametrize("block", [pytest.param(block, id=name) for name, block in RULES])
def test_a_script_reads_every_parameter_of_its_rule(block):
    script = script_of(block)
    params = section(block, "params:", 4)
    names = {*re.findall(r"^ {8}(\w+)=", params, re.M)} - READ_BY_THE_JOB
    assert params and names == names_read(script, names, "params")
    places = {*re.findall(r'^ {12}"(\w+)":', section(params, r"local=\{", 8), re.M)}
    assert places == names_read(script, places, r"params\.local")
