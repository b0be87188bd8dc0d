"""What a job of today would record that the run manifest of its product does not say."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from drumcorpus.ground.files.paths import ELSEWHERE
from drumcorpus.ground.run.code_listings import modules_that_differ
from drumcorpus.ground.run.job_plan import EXTERNAL, PRODUCT, RAW_KIND, RESOURCE

# What can differ. `UNSEEN` is what could not be looked at: it neither holds nor differs.
CODE, SOFTWARE, PARAMETER = "code", "software", "parameter"
TAXONOMY, CARD, INPUT, RAW = "taxonomy", "card", "input", "raw file"
RULE, CIRCLE, UNSEEN = "rule", "circle", "not looked at"


@dataclass(frozen=True)
class Difference:
    """One thing that is not today as it was recorded; `product` is what is made with it.

    `recorded` and `today` are digests, versions or values in words; empty where there is none.
    """

    product: str
    kind: str
    name: str
    recorded: str = ""
    today: str = ""
    detail: str = ""


def compare_plans(
    product: str,
    record: Mapping,
    plan: Mapping,
    *,
    listings: Mapping[str, Mapping[str, str]] | None = None,
    listings_today: Mapping[str, Mapping[str, str]] | None = None,
) -> list[Difference]:
    """What one job would record today that its product's run manifest does not say.

    Parameters
    ----------
    product : str
    record, plan : mapping
        The run manifest, and the plan of today.
    listings, listings_today : mapping
        The modules of digests of code.
    """
    differences = []
    for name in ("rule", "wildcards"):
        if record[name] != plan[name]:
            was, now = (_in_words(each[name]) for each in (record, plan))
            differences.append(Difference(product, RULE, name, was, now))
    was, now = record["script"], plan["script"]
    if was["code"] != now["code"]:
        earlier = (listings or {}).get(was["code"])
        detail = _modules_in_words(earlier, (listings_today or {}).get(now["code"]))
        differences.append(Difference(product, CODE, now["path"], was["code"], now["code"], detail))
    for name in sorted(was["software"].keys() | now["software"].keys()):
        versions = was["software"].get(name, ""), now["software"].get(name, "")
        if versions[0] != versions[1]:
            differences.append(Difference(product, SOFTWARE, name, *versions))
    was, now = _flat(record["params"]), _flat(plan["params"])
    for name in sorted(was.keys() | now.keys()):
        if name not in was or name not in now or was[name] != now[name]:
            words = [_in_words(each[name]) if name in each else "" for each in (was, now)]
            differences.append(Difference(product, PARAMETER, name, *words))
    return differences + _compare_inputs(product, record["inputs"], plan["inputs"])


def _compare_inputs(product: str, recorded: list, planned: list) -> list[Difference]:
    was, now = ({(row["name"], row["path"]): row for row in each} for each in (recorded, planned))
    names_now = {name for name, _ in now}
    differences = []
    for key in sorted(was.keys() | now.keys()):
        row, row_now = was.get(key), now.get(key)
        digest = row["sha256"] if row else ""
        digest_now = (row_now["sha256"] or "") if row_now else ""
        if row and row_now and digest == digest_now:
            continue
        detail = ""
        if not row:
            detail = "is an input today and was none"
        elif not row_now:
            detail = "was an input and is none today"
        elif not digest_now and row["kind"] == PRODUCT:
            continue  # it may be made: what it rests on is compared
        elif not digest_now:
            detail = "is missing"
        either = row or row_now
        kind = _kind_of_input(either)
        if not row_now and key[0] not in names_now and row["kind"] in (RAW_KIND, EXTERNAL):
            kind, detail = UNSEEN, "the job looks at it by itself; it was not compared"
        if not digest_now and either["path"].startswith(ELSEWHERE):
            kind, detail = UNSEEN, "lies elsewhere; it was not compared"
        name = f"raw files of {either['path']}" if either["kind"] == RAW_KIND else either["path"]
        differences.append(Difference(product, kind, name, digest, digest_now, detail))
    if not differences and list(was) != list(now):
        order = [", ".join(path for _, path in each) for each in (was, now)]
        differences.append(Difference(product, INPUT, "order of the inputs", *order))
    return differences


def _kind_of_input(row: Mapping) -> str:
    if row["kind"] == RESOURCE and row["path"].startswith("resources/taxonomy/"):
        return TAXONOMY
    if row["kind"] in (RESOURCE, EXTERNAL) and row["name"] in ("card", "cards"):
        return CARD
    return INPUT


def _modules_in_words(earlier: Mapping[str, str] | None, today: Mapping[str, str] | None) -> str:
    if today is None:
        return ""
    if earlier is None:
        n_modules = len(today) - 1
        return f"which of its {n_modules} modules cannot be told: no listing of theirs is at hand"
    became = modules_that_differ(earlier, today)
    return "; ".join(f"{path} {what}" for path, what in became.items())


def _flat(params: object, name: str = "") -> dict[str, object]:
    """Values by their dotted names; lists stay whole."""
    if not isinstance(params, Mapping) or (name and not params):
        return {name: params}
    flat: dict[str, object] = {}
    for key, value in params.items():
        flat |= _flat(value, f"{name}.{key}" if name else str(key))
    return flat


def _in_words(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
