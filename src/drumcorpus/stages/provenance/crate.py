"""What the run manifests of a product say, as a Workflow Run RO-Crate: ``ro-crate-metadata.json``.

Every job is an action that used a tool (the script) on files and gave files. The files themselves
are not in the crate: each has the name of its content (``ni:///sha-256;…``, RFC 6920), and the path
that the run had for it as `alternateName`. No clock, no host, no person: nobody has recorded them.

References
----------
RO-Crate 1.1; Workflow RO-Crate 1.0; Process, Workflow and Provenance Run Crate 0.5.
"""

import json
from collections.abc import Iterable, Mapping

from drumcorpus.ground.files.digests import content_name
from drumcorpus.ground.files.natural_order import natural_key
from drumcorpus.ground.run.job_plan import RAW_KIND
from drumcorpus.stages.provenance.chain import Chain, raw_inventories

METADATA = "ro-crate-metadata.json"
CONTEXT = [
    "https://w3id.org/ro/crate/1.1/context",
    "https://w3id.org/ro/terms/workflow-run/context",
]
CRATE = "https://w3id.org/ro/crate/1.1"
WORKFLOW_CRATE = "https://w3id.org/workflowhub/workflow-ro-crate/1.0"
PROFILES = {
    "process": ("https://w3id.org/ro/wfrun/process/0.5", "Process Run Crate", "0.5"),
    "workflow": ("https://w3id.org/ro/wfrun/workflow/0.5", "Workflow Run Crate", "0.5"),
    "provenance": ("https://w3id.org/ro/wfrun/provenance/0.5", "Provenance Run Crate", "0.5"),
    "crate": (WORKFLOW_CRATE, "Workflow RO-Crate", "1.0"),
}
SNAKEMAKE = "https://w3id.org/workflowhub/workflow-ro-crate#snakemake"
WORKFLOW = "Snakefile"
RUN = "#run"


def make_crate(
    chain: Chain,
    *,
    name: str,
    description: str,
    licences: Mapping[str, str],
    parts: Iterable[str],
    has_workflow: bool,
    published: str | None,
    max_jobs: int,
) -> dict:
    """The metadata of the crate of a chain.

    Parameters
    ----------
    chain : Chain
    name, description : str
        Of the crate, for people.
    licences : mapping
        The licence of each source set that the products rest on, as far as their cards are at hand.
    parts : iterable of str
        Further files of the crate, such as the statement.
    has_workflow : bool
        Whether the Snakefile is one of its files; else the jobs are told as processes.
    published : str, optional
        A date, as a person states it; RO-Crate wants one, and no run manifest has any.
    max_jobs : int
        Jobs that are described one by one; of more the crate has the run as a whole, and the run
        manifests have its steps.
    """
    with_steps = len(chain.manifests) <= max_jobs
    kinds = ["process"]
    if has_workflow:
        kinds += ["workflow", *(["provenance"] if with_steps else []), "crate"]
    graph = [
        _metadata(has_workflow),
        _root(
            name, description, licences, parts, kinds, has_workflow, published, chain, with_steps
        ),
        *(_profile(*PROFILES[kind]) for kind in kinds),
        *({"@id": part, "@type": "File", "name": part} for part in sorted(parts)),
        *_licences(licences),
        *(_workflow(chain, with_steps) if has_workflow else []),
        *(_run(chain) if has_workflow else []),
        *(_steps(chain, has_workflow) if with_steps else []),
        *(_tools(chain) if with_steps else []),
        *_libraries(chain),
        *_files(chain, with_steps),
    ]
    return {"@context": CONTEXT, "@graph": graph}


def _metadata(has_workflow: bool) -> dict:
    conforms = [CRATE, *([WORKFLOW_CRATE] if has_workflow else [])]
    return {
        "@id": METADATA,
        "@type": "CreativeWork",
        "about": {"@id": "./"},
        "conformsTo": _refs(conforms),
    }


def _root(
    name, description, licences, parts, kinds, has_workflow, published, chain, with_steps
) -> dict:
    held = [*([WORKFLOW] if has_workflow else []), *sorted(parts)]
    actions = [_action_id(each) for each in chain.manifests] if with_steps else []
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": name,
        "description": description,
        "conformsTo": _refs(PROFILES[kind][0] for kind in kinds),
        "hasPart": _refs(
            [*held, *sorted({_file_id(row) for row in _all_files(chain, with_steps)})]
        ),
        "mentions": _refs([*([RUN] if has_workflow else []), *actions]),
    }
    if licences:
        root["license"] = _refs(_licence_id(each) for each in sorted(set(licences.values())))
    root |= {"mainEntity": {"@id": WORKFLOW}} if has_workflow else {}
    return root | ({"datePublished": published} if published else {})


def _profile(url: str, name: str, version: str) -> dict:
    return {"@id": url, "@type": "CreativeWork", "name": name, "version": version}


def _licences(licences: Mapping[str, str]) -> list[dict]:
    """The licences of the source sets, each once, with the sets that have it."""
    return [
        {
            "@id": _licence_id(licence),
            "@type": "CreativeWork",
            "name": licence,
            "description": "licence of "
            + ", ".join(sorted(each for each in licences if licences[each] == licence)),
        }
        for licence in sorted(set(licences.values()))
    ]


def _workflow(chain: Chain, with_steps: bool) -> list[dict]:
    rules = _rules(chain)
    workflow = {
        "@id": WORKFLOW,
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
        "name": "drumcorpus",
        "programmingLanguage": {"@id": SNAKEMAKE},
    }
    language = {
        "@id": SNAKEMAKE,
        "@type": "ComputerLanguage",
        "name": "Snakemake",
        "url": "https://snakemake.github.io",
    }
    if not with_steps:
        return [workflow, language]
    workflow["@type"] = [*workflow["@type"], "HowTo"]
    tools = sorted({_tool_id(each) for each in chain.manifests})
    workflow |= {"hasPart": _refs(tools), "step": _refs(f"#step-{rule}" for rule in rules)}
    steps = [
        {
            "@id": f"#step-{rule}",
            "@type": "HowToStep",
            "name": rule,
            "workExample": _refs(sorted(tools_of)),
        }
        for rule, tools_of in rules.items()
    ]
    return [workflow, language, *steps]


def _run(chain: Chain) -> list[dict]:
    """The run of the workflow as a whole, from what no run has made to the products."""
    return [
        {
            "@id": RUN,
            "@type": "CreateAction",
            "name": f"{len(chain.manifests)} jobs of drumcorpus",
            "instrument": {"@id": WORKFLOW},
            "object": _refs(sorted({_file_id(row) for row in chain.sources})),
            "result": _refs(sorted({_file_id(row) for row in chain.subjects})),
        }
    ]


def _steps(chain: Chain, has_workflow: bool) -> list[dict]:
    """Each job as an action, and as the execution of its step."""
    entities = []
    for each in chain.manifests:
        title = " ".join([each["rule"], *each["wildcards"].values()])
        entities.append(
            {
                "@id": _action_id(each),
                "@type": "CreateAction",
                "name": title,
                "description": json.dumps(each["params"], sort_keys=True, ensure_ascii=False),
                "instrument": {"@id": _tool_id(each)},
                "object": _refs(sorted({_file_id(row) for row in each["inputs"]})),
                "result": _refs(sorted({_file_id(row) for row in each["outputs"]})),
            }
        )
        if has_workflow:
            entities.append(
                {
                    "@id": f"#control-{each['seal'][:16]}",
                    "@type": "ControlAction",
                    "name": f"step {title}",
                    "instrument": {"@id": f"#step-{each['rule']}"},
                    "object": {"@id": _action_id(each)},
                }
            )
    return entities


def _tools(chain: Chain) -> list[dict]:
    """The scripts, by the digest of their code with all modules that they reach."""
    tools = {}
    for each in chain.manifests:
        script = each["script"]
        libraries = sorted(script["software"].items())
        tools[_tool_id(each)] = {
            "@id": _tool_id(each),
            "@type": "SoftwareApplication",
            "name": script["path"],
            "softwareVersion": script["code"],
            "softwareRequirements": _refs(f"#{name}-{version}" for name, version in libraries),
        }
    return [tools[key] for key in sorted(tools)]


def _libraries(chain: Chain) -> list[dict]:
    return [
        {
            "@id": f"#{name}-{version}",
            "@type": "SoftwareApplication",
            "name": name,
            "softwareVersion": version,
        }
        for name, version in chain.software()
    ]


def _files(chain: Chain, with_steps: bool) -> list[dict]:
    """The files by content: one that stood at several paths has all of them as names."""
    tables = raw_inventories(chain)
    entities: dict[str, dict] = {}
    for row in _all_files(chain, with_steps):
        key = _file_id(row)
        is_listing = row.get("kind") == RAW_KIND
        name = f"raw files of {row['path']}" if is_listing else row["path"]
        entity = entities.setdefault(
            key, {"@id": key, "@type": "File", "sha256": row["sha256"], "alternateName": set()}
        )
        entity["alternateName"].add(name)
        if row.get("bytes") is not None:
            entity["contentSize"] = str(row["bytes"])
        if is_listing and row["path"] in tables:
            table = tables[row["path"]]
            entity["description"] = f"{row['rows']} raw files; the table of them is {table['path']}"
    for entity in entities.values():
        names = sorted(entity["alternateName"], key=natural_key)
        entity["name"] = names[0]
        entity["alternateName"] = names if len(names) > 1 else names[0]
    return [entities[key] for key in sorted(entities)]


def _all_files(chain: Chain, with_steps: bool) -> list[Mapping]:
    made = [row for each in chain.manifests for row in each["outputs"]] if with_steps else []
    return [*chain.sources, *made, *chain.subjects]


def _rules(chain: Chain) -> dict[str, set[str]]:
    rules: dict[str, set[str]] = {}
    for each in chain.manifests:
        rules.setdefault(each["rule"], set()).add(_tool_id(each))
    return dict(sorted(rules.items()))


def _file_id(row: Mapping) -> str:
    return content_name(row["sha256"])


def _action_id(manifest: Mapping) -> str:
    return f"#job-{manifest['seal'][:16]}"


def _tool_id(manifest: Mapping) -> str:
    return f"#{manifest['script']['path']}-{manifest['script']['code']}"


def _licence_id(licence: str) -> str:
    return f"#licence-{licence.replace(' ', '-')}"


def _refs(ids: Iterable[str]) -> list[dict]:
    return [{"@id": each} for each in ids]
