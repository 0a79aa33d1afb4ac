"""Each of the seven AI threats is answered for each ML engine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from harmpath.device.vocabulary import AiThreat
from harmpath.stpa.checks.interface import Check, Finding, Subject


class AiThreatUnanswered(Check):
    """Each of the seven AI threats is answered for each ML engine."""

    id = "ai-threat-unanswered"
    severity = "warning"
    title = "Each of the seven AI threats is answered for each ML engine."
    why = (
        "FDA's draft guidance on AI-enabled device software functions (2025) names seven; the risk report answers each."
    )
    remedy = "Add an answer under 'ai_threats': addressed_by, or not_applicable with the reason."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        for engine in subject.device.ml_engines:
            answered = {a.threat for a in subject.device.ai_threats if a.engine in (None, engine.id)}
            open_ = [t for t in get_args(AiThreat) if t not in answered]
            if open_:
                yield Finding(engine.id, f"Not answered for {engine.label}: {', '.join(open_)}.")
