"""The findings of the preflight, as a table for people and as JSON for programs."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

PASSED = "pass"
WARNING = "warning"
FAILURE = "failure"  # the hub cannot start, or nobody could use it
UNKNOWN = "unknown"  # the hub may not read what the check needs
RESULTS = (PASSED, UNKNOWN, WARNING, FAILURE)


@dataclass(frozen=True)
class Finding:
    """The outcome of one check: a sentence, and a command that shows more or corrects it."""

    check: str
    result: str
    message: str
    command: str = ""

    def text(self) -> str:
        """Return sentence and command for a log."""
        return f"{self.message} {self.command}".strip()


def worst(findings: Sequence[Finding]) -> str:
    """Return the most serious result."""
    return max((finding.result for finding in findings), key=RESULTS.index, default=PASSED)


def table(findings: Sequence[Finding]) -> str:
    """Return two lines for each finding: the sentence, and beneath it the command."""
    width = max((len(finding.check) for finding in findings), default=0) + 2
    lines = [f"{'CHECK':{width}}{'RESULT':9}WHAT WAS FOUND, AND A COMMAND"]
    for finding in findings:
        sentence, *more = finding.message.splitlines() or [""]
        lines.append(f"{finding.check:{width}}{finding.result:9}{sentence}")
        lines += [f"{'':{width + 9}}{line}" for line in [*more, finding.command] if line]
    return "\n".join(lines)


def as_json(findings: Sequence[Finding]) -> str:
    """Return one JSON object: the most serious result, and each finding."""
    document = {"result": worst(findings), "checks": [asdict(finding) for finding in findings]}
    return json.dumps(document, indent=2, ensure_ascii=False)
