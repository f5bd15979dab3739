"""Words of the reports, in each language; what a check says stands in the check."""

from __future__ import annotations

import math

from funcgrad.audit.audit import Audit, Judged
from funcgrad.audit.checks import BY_CODE
from funcgrad.audit.measure import Effect
from funcgrad.audit.place import place_of_error, shown_path

NAMES = 4  # parameters that are named
PROOF = frozenset({"FG001", "FG002", "FG003"})
"""The checks without a finding of which each update has used what is new, once."""
USUAL = ("zero_grad", "forward", "backward", "step")
LANGUAGES: dict[str, dict[str, str]] = {
    "en": {
        "harmless": "Harmless here",
        "effect": "Effect",
        "repair": "Repair",
        "in": " In: {}.",
        "more": "{} and {} more",
        "cosine": "cosine between the used and the intended gradient {:.3f}",
        "no update due": "an update where there should be none",
        "factor": "effective learning rate times {:.3g}",
        "loss": "loss after {} backward {} {:.3g}, repaired {:.3g}",
        "same": "the repaired run makes the same updates",
        "order": "Your order is {}",
        "equivalent": ": equivalent to {}",
        "proof": "Every update used each of its gradients once.",
        "stopped": "the script stopped at {}:{} with {}: {}",
        "ended": " (the script was ended there)",
        "timeline": "What each update used",
        "timeline note": "A column is an update, a block a backward pass in its gradients.",
        "fresh": "new",
        "stale": "used before",
        "lost": "cleared unused",
        "losses": "Loss of each backward pass",
        "written": "as written",
        "repaired": "repaired",
        "update": "update",
    },
    "ko": {
        "harmless": "여기서는 해롭지 않음",
        "effect": "영향",
        "repair": "고치기",
        "in": " 매개변수: {}.",
        "more": "{} 외 {}개",
        "cosine": "쓰인 기울기와 써야 할 기울기의 코사인 {:.3f}",
        "no update due": "없어야 할 업데이트가 있음",
        "factor": "실제 학습률이 {:.3g}배",
        "loss": "backward {0}번 뒤의 손실 {2:.3g}, 고치면 {3:.3g}",
        "same": "고쳐도 업데이트가 같음",
        "order": "지금 순서는 {}",
        "equivalent": "이고, {}와 결과가 같습니다",
        "proof": "모든 업데이트가 새 기울기를 한 번씩만 썼습니다.",
        "stopped": "스크립트가 {}:{}에서 {}로 멈췄습니다: {}",
        "ended": " (여기서 스크립트를 끝냈음)",
        "timeline": "업데이트마다 쓰인 것",
        "timeline note": "세로줄 하나가 업데이트, 칸 하나가 그 기울기에 든 backward 한 번입니다.",
        "fresh": "새것",
        "stale": "이미 쓰인 것",
        "lost": "쓰이지 않고 지워진 것",
        "losses": "backward마다의 손실",
        "written": "쓴 그대로",
        "repaired": "고친 뒤",
        "update": "업데이트",
    },
}


def message(judged: Judged, language: str) -> str:
    """What happened, and in which parameters."""
    finding, words = judged.finding, LANGUAGES[language]
    text = finding.message(BY_CODE[finding.code].texts[language])
    if not finding.parameters:
        return text
    named, more = ", ".join(finding.parameters[:NAMES]), len(finding.parameters) - NAMES
    return text + words["in"].format(words["more"].format(named, more) if more > 0 else named)


def repair(judged: Judged, language: str) -> str:
    """What to do about it."""
    return BY_CODE[judged.finding.code].texts[language]["repair"]


def effect(judged: Judged, language: str) -> str:
    """What it did, measured where it can be."""
    if judged.effect is None:
        return BY_CODE[judged.finding.code].texts[language]["effect"]
    return effect_text(judged.effect, language)


def effect_text(effect: Effect, language: str = "en") -> str:
    """The figures of an effect as a sentence."""
    words, parts = LANGUAGES[language], list[str]()
    if effect.cosine is not None:
        parts.append(words["cosine"].format(effect.cosine))
    if effect.factor == math.inf:
        parts.append(words["no update due"])
    elif effect.factor is not None:
        parts.append(words["factor"].format(effect.factor))
    if effect.loss is not None:
        passes = "passes" if effect.calls > 1 else "pass"
        parts.append(words["loss"].format(effect.calls, passes, *effect.loss))
    return ("; ".join(parts) or words["same"]) + "."


def summary(audit: Audit, language: str) -> str:
    """How many findings, in how many updates."""
    harmful = sum(not each.is_harmless for each in audit.judged)
    counts = harmful, len(audit.judged) - harmful, audit.steps
    text = _counted_ko(*counts) if language == "ko" else _counted_en(*counts)
    return text + (LANGUAGES[language]["ended"] if audit.was_ended else "")


def _counted_en(harmful: int, harmless: int, steps: int) -> str:
    text = f"{harmful or 'no'} finding{'' if harmful == 1 else 's'}"
    text += f", {harmless} harmless" if harmless else ""
    return text + f" in {steps} step{'' if steps == 1 else 's'}"


def _counted_ko(harmful: int, harmless: int, steps: int) -> str:
    text = f"업데이트 {steps}번에서 찾은 것 {harmful or '없음'}"
    return text + (f", 해롭지 않은 것 {harmless}" if harmless else "")


def verdict(audit: Audit, language: str) -> str:
    """What a loop without a finding is told; empty where there is one, or not enough was checked."""
    if not audit.order or audit.judged or not audit.codes >= PROOF:
        return ""
    words = LANGUAGES[language]
    text = words["order"].format(", ".join(audit.order))
    if audit.order != USUAL and sorted(audit.order) == sorted(USUAL):
        text += words["equivalent"].format(", ".join(USUAL))
    return f"{text}. {words['proof']}"


def stopped(audit: Audit, language: str) -> list[str]:
    """What ended the script early; of a page, each block that failed."""
    return [_stopped(error, LANGUAGES[language]) for error in audit.errors]


def _stopped(error: BaseException, words: dict[str, str]) -> str:
    place = place_of_error(error)
    return words["stopped"].format(shown_path(place), place.line, type(error).__name__, error)
