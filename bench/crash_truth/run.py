"""Measure how well crash cymbals are told apart, on audio whose truth is known.

    python bench/crash_truth/run.py --midi GMD_ROOT --kits KIT_DIR... --renderer FILE --out OUT

See the README beside this file.
"""

import argparse
import json
import shutil
import time
from pathlib import Path

from chain import METHODS, read_hits, read_left_out, read_speed, run_chain, run_folder
from company import relate
from degrade import CONDITIONS, HARDER, code_of, degrade_root, why_not
from degrade import made_of as condition_made_of
from judge import judge_by_chain, judge_by_gap
from more_cymbals import CONDITION as MORE_CYMBALS
from more_cymbals import render_more, voices_of_notes
from page import write_page
from render import (
    SEED,
    Material,
    digest_files,
    double_crashes,
    find_material,
    finish_audio,
    has_audio,
    read_cymbals,
    read_notes,
    read_voices,
    render_kit,
    start_audio,
)
from report import (
    describe_company,
    describe_confidence,
    describe_more,
    describe_one,
    describe_seen,
    describe_two,
)
from score import JudgedSession, score_sessions

AS_RENDERED = "as_rendered"
CHAIN, CENTROID_GAP = "chain", "centroid gap"
SCHEMA = "crash_truth/3"


def main() -> None:
    """Read the command line, measure every kit under every condition, write and print."""
    args = read_arguments()
    material = find_material(args.renderer, args.midi, args.kits, args.limit, args.seen)
    material = double_crashes(material, args.out)
    chosen = set(args.conditions) | (set(HARDER) if args.harder else set())
    skipped = {c: why for c in CONDITIONS if c in chosen and (why := why_not(c))}
    conditions = [AS_RENDERED, *(c for c in CONDITIONS if c in chosen and c not in skipped)]
    too_few = [
        kit
        for kit, folder in material.kits.items()
        if args.more_cymbals
        and (kit in material.one_crash or voices_of_notes(read_voices(folder)) is None)
    ]
    if too_few:
        skipped[MORE_CYMBALS] = f"fewer than three crashes: {', '.join(too_few)}"
    for condition, reason in skipped.items():
        print(f"{condition} is left out: {reason}")

    digests, rows, judged = material.digests(), [], {}
    for kit in material.kits:
        more = [MORE_CYMBALS] if args.more_cymbals and kit not in too_few else []
        for condition in [*conditions, *more]:
            made_of = describe_audio(digests, kit, condition, args.limit)
            provide_audio(material, kit, condition, args, made_of)
            by_method, hits_left_out, sessions_left_out = measure(kit, condition, args)
            for method, sessions in by_method.items():
                judged.setdefault((condition, method), []).extend(sessions)
                row = {
                    "kit": kit,
                    "constants_chosen_on_it": material.chosen[kit],
                    "hits_left_out": hits_left_out,
                    "sessions_left_out": sessions_left_out,
                }
                rows.append(row | describe_method(condition, method, sessions))
    record = {
        "schema": SCHEMA,
        "limit": args.limit,
        "conditions": conditions[1:],
        "more_cymbals": args.more_cymbals,
        "methods": args.method,
        "chosen_on": {kit: made for kit, made in material.chosen.items() if made},
        "seed": SEED,
        "sha256": digests,
        "skipped": skipped,
        "rows": rows,
        "all_kits": [
            {"audio": condition, "method": method, "reliability": relate(sessions)}
            for (condition, method), sessions in judged.items()
            if method != CENTROID_GAP
        ],
    }
    path = args.out / "crash_truth.json"
    path.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    as_rendered = [row for row in rows if row["audio"] == AS_RENDERED]
    tables = [describe_two(rows), describe_more(rows), describe_one(rows)]
    tables += [describe_confidence(as_rendered), describe_company(record["all_kits"])]
    if args.page:
        write_page(args.page, record)
    print("", describe_seen(rows), *filter(None, tables), f"All of it: {path}", sep="\n\n")


def read_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--midi", type=Path, required=True, help="folder that holds info.csv")
    parser.add_argument("--kits", type=Path, nargs="+", required=True, help="folders of kits")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--limit", type=int, help="performances of each kind on each kit")
    parser.add_argument("--harder", action="store_true", help="the same audio made harder too")
    parser.add_argument(
        "--conditions",
        nargs="+",
        default=[],
        choices=CONDITIONS,
        metavar="NAME",
        help=f"the same performances under these too: {', '.join(CONDITIONS)}",
    )
    parser.add_argument(
        "--more-cymbals",
        action="store_true",
        help="sessions with three crashes too, on kits that have them",
    )
    parser.add_argument(
        "--method",
        nargs="+",
        choices=METHODS,
        help="of clustering, side by side; without it the configuration's own",
    )
    parser.add_argument("--page", type=Path, metavar="FILE", help="gets a page with pictures")
    parser.add_argument(
        "--seen",
        nargs="*",
        default=[],
        metavar="KIT",
        help="kits beside those of constants.yaml that a constant was chosen on",
    )
    parser.add_argument(
        "--renderer", type=Path, required=True, help="program that plays a kit; see the README"
    )
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument(
        "--keep-audio", action="store_true", help="keep the harder audio for the next run"
    )
    args = parser.parse_args()
    unknown = sorted(set(args.seen) - {kit.resolve().name for kit in args.kits})
    if unknown:
        parser.error(f"--seen names no kit of this run: {', '.join(unknown)}")
    if args.limit is not None and args.limit < 1:
        parser.error(f"--limit must be at least 1, got {args.limit}")
    if args.method and len(set(args.method)) < len(args.method):
        parser.error(f"--method names one twice: {' '.join(args.method)}")
    return args


def describe_audio(digests: dict, kit: str, condition: str, limit: int | None) -> dict:
    """What audio depends on: as long as it stays the same, the audio need not be made again."""
    names, more = ["render.py"], {}
    if condition == MORE_CYMBALS:
        names, more = [*names, "more_cymbals.py"], {"condition": condition}
    elif condition != AS_RENDERED:
        names, more = [*names, *code_of(condition)], condition_made_of(condition)
    return {
        **{name: digests[name] for name in ("renderer", "midi")},
        "kit": digests["kits"][kit],
        "limit": limit,
        "seed": SEED,
        "code": digest_files(Path(__file__).with_name(name) for name in names),
        **more,
    }


def provide_audio(
    material: Material, kit: str, condition: str, args: argparse.Namespace, made_of: dict
) -> None:
    """Render or degrade, unless the audio stands as it would be made."""
    folder, rendered = args.out / kit / condition, args.out / kit / AS_RENDERED
    if has_audio(folder, made_of):
        return
    start = time.perf_counter()
    if condition == AS_RENDERED:
        # Another kit's audio holds the same performances, and only those.
        first = args.out / next(iter(material.kits)) / AS_RENDERED / "audio"
        performances = material.midi if first == folder / "audio" else first
        render_kit(material, kit, performances, folder, made_of)
    elif condition == MORE_CYMBALS:
        render_more(material, kit, read_voices(material.kits[kit]), folder, made_of)
    else:
        audio = start_audio(folder)
        degrade_root(condition, material, kit, rendered / "audio", audio, args.cores)
        finish_audio(folder, made_of, read_cymbals(rendered), read_notes(rendered))
    print(f"{kit}, {condition}: audio made in {time.perf_counter() - start:.0f} s", flush=True)


def measure(
    kit: str, condition: str, args: argparse.Namespace
) -> tuple[dict[str, list[JudgedSession]], int, dict[str, str]]:
    """Run the chain with every method, and judge it and the plain method on the same hits.

    Returns
    -------
    judged : dict of str to list of JudgedSession
        Sessions by method, the plain one last.
    hits_left_out : int
        Hits of several crashes in one event, which have no truth.
    sessions_left_out : dict of str to str
        Sessions that errata leave out, and why; they are not judged.
    """
    folder = args.out / kit / condition
    n_cymbals, notes = read_cymbals(folder), read_notes(folder)
    judged, first, left_out = {}, None, {}
    for method in args.method or [None]:
        run = run_folder(folder, method)
        run_chain(folder / "audio", run, args.cores, method, first)
        first = first or run
        hits, left_out = read_hits(run, notes), read_left_out(run)
        n_cymbals = {key: number for key, number in n_cymbals.items() if key not in left_out}
        speed = read_speed(run, len(hits), hits["session_id"].nunique())
        print(f"{kit}, {condition}, {method or CHAIN}: {speed}", flush=True)
        judged[method or CHAIN] = judge_by_chain(hits, n_cymbals)
    judged[CENTROID_GAP] = judge_by_gap(hits, n_cymbals, folder / "audio", args.cores)
    if condition != AS_RENDERED and not args.keep_audio:
        shutil.rmtree(folder / "audio")
    return judged, int(hits["both_at_once"].sum()), left_out


def describe_method(condition: str, method: str, sessions: list[JudgedSession]) -> dict:
    """What one method made of one kit under one condition."""
    return {
        "audio": condition,
        "method": method,
        **score_sessions(sessions),
        "reliability": None if method == CENTROID_GAP else relate(sessions),
    }


if __name__ == "__main__":
    main()
