"""python -m equations [chapter ...]: read every displayed equation as printed, evaluate it, compare."""

import argparse
import sys

from equations import book, checking, record
from equations.scenes import SCENES, Outside, Unknown

SHOWN = {"whole": "", "column": " (columns of it, (i))", "row": " (rows of it, j)", "entry": " (its entries)",
         "example": " (one per example, (i))"}


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m equations", description=__doc__)
    parser.add_argument("chapters", nargs="*", help="chapters by number, name or path; all if none is given")
    parser.add_argument("--mutants", action="store_true", help="also make wrong versions and see them rejected")
    parser.add_argument("--failed", action="store_true", help="print only what failed")
    parser.add_argument("--record", action="store_true", help="try everything, write the numbers of chapter 17")
    parser.add_argument("--try", dest="tex", metavar="LATEX", help="check one equation, with --scene")
    parser.add_argument("--scene", help="the scene for --try")
    parser.add_argument("--scenes", action="store_true", help="list the scenes with their symbols")
    options = parser.parse_args(arguments)
    if options.scenes:
        return list_scenes()
    if options.record:
        print(f"written: {record.write().relative_to(book.ROOT)}; now execute chapter 17 again")
        return 0
    if options.tex:
        return try_one(options)
    try:
        paths = book.pages(options.chapters)
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 2
    return report(paths, options)


def report(paths, options):
    results = book.examine_pages(paths)
    page = None
    for result in results:
        if options.failed and result.status != "failed":
            continue
        if result.equation.page != page:
            page = result.equation.page
            print(f"\n{page.name}")
        print(row(result))
    counts = {status: sum(r.status == status for r in results) for status in ("executed", "excused", "failed")}
    mutants = "mutants: not made"
    bad = counts["failed"]
    if options.mutants:
        from equations import mutants as making
        outcome = making.try_all([r for r in results if r.status == "executed"])
        for line in outcome.complaints:
            print(line)
        mutants = f"mutants: {outcome.made} made, {outcome.rejected} rejected"
        bad += len(outcome.complaints)
    if bad:
        print(f"\n{bad} failed")
    print(f"equations: {len(results)} displayed, {counts['executed']} executed, {counts['excused']} excused; {mutants}")
    return 1 if bad else 0


def row(result):
    equation = result.equation
    if result.status == "failed":
        return f"  {equation.label:32} FAILED   cell {equation.cell}: {result.message}"
    if result.status == "excused":
        return f"  {equation.label:32} excused  {result.message}"
    scenes = ", ".join(v.scene for v in result.verdicts)
    return f"  {equation.label:32} {result.cases:6} cases  {result.difference:7.0e}  {scenes}"


def try_one(options):
    names = [options.scene] if options.scene else [
        n for n in dict.fromkeys([*book.FALLBACK, *SCENES]) if checking.declares(n, options.tex)]
    if not names:
        print("no scene declares all its symbols")
        return 1
    verdict = checking.check(options.tex, names[0])
    print(f"{names[0]}: " + (f"true in {verdict.cases} cases, largest difference {verdict.difference:.0e}"
                             if verdict.ok else verdict.message))
    return 0 if verdict.ok else 1


def list_scenes():
    for name, kind in SCENES.items():
        scene = kind(0)
        print(f"{name}: {scene.about}")
        values = scene.values()
        for printed, symbol in scene.symbols.items():
            at = symbol.layer if symbol.layer is not None else (1 if symbol.layered or symbol.time else None)
            try:
                value = values.get((symbol.quantity, at))
                value = values.get((symbol.quantity, None)) if value is None else value
                value = scene.derive((symbol.quantity, at), {}) if value is None else value
                shape = "x".join(map(str, value.shape)) or "number"
            except (Outside, Unknown, KeyError):
                shape = "?"
            marks = ("^{[l]}" if symbol.layered else "") + {"(": "^{(t)}", "_": "_t", "": ""}[symbol.time]
            print(f"    {printed + marks:18} {shape}{SHOWN[symbol.shows]}")
        print(f"    sizes: {', '.join(f'{k} = {v}' for k, v in scene.sizes.items())}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
