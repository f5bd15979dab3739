"""Comments in the user's source that silence a finding in their line: `# funcgrad: ignore[FG001]`."""

from __future__ import annotations

import re

from funcgrad.audit.finding import Finding

_COMMENT = re.compile(r"#\s*funcgrad:\s*ignore(?:\[([^\]]*)\])?")


def is_ignored(finding: Finding) -> bool:
    """Whether the line of a finding says so; without codes, it speaks of all."""
    match = _COMMENT.search(finding.place.source)
    return match is not None and (match[1] is None or finding.code in re.split(r"[\s,]+", match[1].strip()))
