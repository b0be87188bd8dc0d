"""Measure how well crash cymbals are told apart, on audio whose truth is known.

    python bench/crash_truth/run.py --midi GMD_ROOT --kits KIT_DIR... --renderer FILE --out OUT

See the README beside this file.
"""

import argparse
import json
import shutil
import time
from pathlib import Path

from chain import read_hits, read_speed, run_chain
from degrade import CONDITIONS, degrade_root, why_not
from degrade import made_of as condition_made_of
from judge import judge_by_chain, judge_by_gap
from render import (
    SEED,
    Material,
    digest_files,
    find_material,
    finish_audio,
    has_audio,
    read_cymbals,
    render_kit,
    start_audio,
)
from report import describe_confidence, describe_one, describe_seen, describe_two
from score import score_sessions

AS_RENDERED = "as_rendered"
SCHEMA = "crash_truth/2"


def main() -> None:
    """Read the command line, measure every kit under every condition, write and print."""
    args = read_arguments()
    material = find_material(args.renderer, args.midi, args.kits, args.limit, args.seen)
    skipped = {c: why for c in CONDITIONS if (why := why_not(c))} if args.harder else {}
    for condition, reason in skipped.items():
        print(f"{condition} is left out: {reason}")
    conditions = [AS_RENDERED, *(c for c in CONDITIONS if args.harder and c not in skipped)]

    digests, rows = material.digests(), []
    for kit in material.kits:
        for condition in conditions:
            made_of = describe_audio(digests, kit, condition, args.limit)
            provide_audio(material, kit, condition, args, made_of)
            rows += measure(kit, condition, material.chosen[kit], args)
    record = {
        "schema": SCHEMA,
        "limit": args.limit,
        "harder": args.harder,
        "chosen_on": {kit: made for kit, made in material.chosen.items() if made},
        "seed": SEED,
        "sha256": digests,
        "skipped": skipped,
        "rows": rows,
    }
    path = args.out / "crash_truth.json"
    path.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    as_rendered = [row for row in rows if row["audio"] == AS_RENDERED]
    tables = (describe_two(rows), describe_one(rows), describe_confidence(as_rendered))
    print("", describe_seen(rows), *tables, f"All of it: {path}", sep="\n\n")


def read_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--midi", type=Path, required=True, help="folder that holds info.csv")
    parser.add_argument("--kits", type=Path, nargs="+", required=True, help="folders of kits")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--limit", type=int, help="performances of each kind on each kit")
    parser.add_argument("--harder", action="store_true", help="the same audio made harder too")
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
    return args


def describe_audio(digests: dict, kit: str, condition: str, limit: int | None) -> dict:
    """What audio depends on: as long as it stays the same, the audio need not be made again."""
    names = ["render.py"] if condition == AS_RENDERED else ["render.py", "degrade.py", "harder.py"]
    return {
        **{name: digests[name] for name in ("renderer", "midi")},
        "kit": digests["kits"][kit],
        "limit": limit,
        "seed": SEED,
        "code": digest_files(Path(__file__).with_name(name) for name in names),
        **({} if condition == AS_RENDERED else condition_made_of(condition)),
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
    else:
        audio = start_audio(folder)
        degrade_root(condition, material, kit, rendered / "audio", audio, args.cores)
        finish_audio(folder, made_of, read_cymbals(rendered))
    print(f"{kit}, {condition}: audio made in {time.perf_counter() - start:.0f} s", flush=True)


def measure(kit: str, condition: str, chosen: list[str], args: argparse.Namespace) -> list[dict]:
    """Run the chain, score it and the plain method on the same hits."""
    folder = args.out / kit / condition
    run_chain(folder / "audio", folder / "run", args.cores)
    hits, n_cymbals = read_hits(folder / "run"), read_cymbals(folder)
    speed = read_speed(folder / "run", len(hits), hits["session_id"].nunique())
    print(f"{kit}, {condition}: {speed}", flush=True)
    judged = {
        "chain": judge_by_chain(hits, n_cymbals),
        "centroid gap": judge_by_gap(hits, n_cymbals, folder / "audio", args.cores),
    }
    if condition != AS_RENDERED and not args.keep_audio:
        shutil.rmtree(folder / "audio")
    return [
        {
            "kit": kit,
            "constants_chosen_on_it": chosen,
            "audio": condition,
            "method": method,
            "hits_left_out": int(hits["both_at_once"].sum()),
            **score_sessions(sessions),
        }
        for method, sessions in judged.items()
    ]


if __name__ == "__main__":
    main()
