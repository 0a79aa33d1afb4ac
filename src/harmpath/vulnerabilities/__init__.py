"""Known vulnerabilities of a device's technologies: matched with the reason, scored, and what each gives away."""

from harmpath.vulnerabilities.effects import GAINS, Effect, Gain, effect_of
from harmpath.vulnerabilities.matching import match, match_product
from harmpath.vulnerabilities.protocols import Protocol, protocol_named
from harmpath.vulnerabilities.scores import Score, ScoreError, primary_score, score_vector, scores_of
from harmpath.vulnerabilities.values import CONFIDENCES, Confidence, Match, Matches, Product, Unmatched

__all__ = [
    "CONFIDENCES",
    "GAINS",
    "Confidence",
    "Effect",
    "Gain",
    "Match",
    "Matches",
    "Product",
    "Protocol",
    "Score",
    "ScoreError",
    "Unmatched",
    "effect_of",
    "match",
    "match_product",
    "primary_score",
    "protocol_named",
    "score_vector",
    "scores_of",
]
