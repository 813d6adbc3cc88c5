#!/usr/bin/env python3
"""Holds what `swscan report` writes to validators of others: SARIF, CycloneDX and JUnit XML, for every kind of finding.

    pip install -r scripts/report-formats/requirements.txt
    scripts/report-formats/check.py [REPORT.json]

Without REPORT it scans models-sample/super-weight-1.5m. Findings that it lacks are put in by hand. If npx is there,
SARIF goes through Microsoft's multitool as well, with the rules of GitHub's code scanning.
"""

import copy
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import jsonschema
import junitparser
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

ROOT = pathlib.Path(__file__).resolve().parents[2]
SWSCAN = os.environ.get("SWSCAN", ROOT / "scripts" / "swscan")
SCHEMA = ROOT / "src/core/src/test/resources/io/github/swscan/report/sarif/sarif-schema-2.1.0.json"
MULTITOOL = "@microsoft/sarif-multitool@5.7.0"


def swscan(*arguments, codes=(0, 1)):
    run = subprocess.run([SWSCAN, *map(str, arguments)], capture_output=True, text=True)
    assert run.returncode in codes, (arguments, run.returncode, run.stderr)
    return run.stdout


def variations(report):
    """Reports that between them have a finding of every kind."""
    yield "as-it-is", report
    critical = copy.deepcopy(report)
    weight = critical["superWeights"][0]
    weight["effectFlipped"], weight["flipVerdict"] = weight["effect"], "critical"
    other = copy.deepcopy(weight)
    other["row"], other["verdict"] = weight["row"] + 1, "high"
    members = [f"{one['tensor']}[{one['row']}, {one['column']}]" for one in (weight, other)]
    for one in (weight, other):
        one["sets"] = [1, 2]
    critical["superWeights"].append(other)
    for number, verdict in ((1, "critical"), (2, "moderate")):
        effects = [weight["effect"], other["effect"]]
        critical["sets"].append(
            dict(set=number, rank=number, kind="joint", members=members, effect=weight["effect"], alone=effects)
            | dict(leftIn=effects, verdict=verdict, nearThreshold=False)
        )
    change = dict(kind="value", description="weight 1:57:123 was 1.0 and is 2.0", weights=members[:1])
    critical["changes"] = dict(baseline="before.json", changes=[change], notes=[])
    yield "judged", critical
    broken = copy.deepcopy(report)
    broken.update(baseline=None, hiddenState=None, superWeights=[], sets=[], verdict=None, otherSpikes=[])
    broken["nonFinite"] = [
        dict(tensor="w", layer=0, expert=None, row=1, column=2, value="NaN", count=3, location=weight["location"])
    ]
    yield "not-finite", broken
    unsafe = copy.deepcopy(broken)
    unsafe["nonFinite"], unsafe["notes"] = [], ["wants to load os.system"]
    unsafe["model"]["unsafe"] = [dict(file="pytorch_model.bin", name="os.system", offset=3)]
    yield "unsafe", unsafe


def check(name, report, folder):
    source = folder / f"{name}.json"
    source.write_text(json.dumps(report))
    files = {kind: folder / f"{name}.{kind}" for kind in ("sarif", "cyclonedx", "junit")}
    outputs = [part for kind, file in files.items() for part in ("-o", f"{kind}={file}")]
    swscan("report", source, "--quiet", *outputs, "--fail-on", "critical", "--fail-on", "set", codes=(0, 1, 3))
    sarif = valid(files["sarif"])
    problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(files["cyclonedx"].read_text())
    assert problem is None, problem
    suites = junitparser.JUnitXml.fromfile(str(files["junit"]))
    assert [case.name for suite in suites for case in suite] == ["critical", "set"]
    swscan("report", source, "--quiet", "-o", f"junit={files['junit']}", codes=(0, 3))
    assert [case.name for suite in junitparser.JUnitXml.fromfile(str(files["junit"])) for case in suite] == ["scan"]
    return {result["ruleId"] for result in sarif["runs"][0]["results"]}, sarif["runs"][0]["tool"]["driver"]["rules"]


def valid(file):
    """What is in a SARIF file that validators accept."""
    sarif = json.loads(file.read_text())
    jsonschema.Draft4Validator(json.loads(SCHEMA.read_text())).validate(sarif)
    if shutil.which("npx"):
        for rules in ("Sarif", "Ghas"):
            command = ["npx", "--yes", MULTITOOL, "validate", file, "--rule-kind", rules, "--level", "Error"]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return sarif


def tampered(folder):
    """What a verification finds of a model to which a file was added."""
    model = folder / "tampered"
    shutil.copytree(ROOT / "models-sample/super-weight-1.5m", model)
    manifest, file = folder / "manifest.json", folder / "verification.sarif"
    swscan("fingerprint", model, "-o", manifest, "--no-detect", "--quiet")
    (model / "modeling.py").write_text("")
    swscan("verify", model, "--manifest", manifest, "--quiet", "-o", f"sarif={file}", codes=(1,))
    return {result["ruleId"] for result in valid(file)["runs"][0]["results"]}


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        report = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else folder / "report.json"
        if len(sys.argv) < 2:
            swscan("detect", ROOT / "models-sample/super-weight-1.5m", "--quiet", "--report", report)
        seen, rules = set(), []
        for kind, varied in variations(json.loads(report.read_text())):
            found, rules = check(kind, varied, folder)
            print(f"{kind}: valid; {', '.join(sorted(found)) or 'no findings'}")
            seen |= found
        found = tampered(folder)
        print(f"verification: valid; {', '.join(sorted(found))}")
        seen |= found
        missing = {rule["id"] for rule in rules} - seen
        print(f"rules without a finding here: {', '.join(sorted(missing)) or 'none'}")
        if missing:
            sys.exit(1)


if __name__ == "__main__":
    main()
