"""Checks: a lesson's numbers, its headline, and the verdicts on its exercises."""

import json
import math
import os
import re

import course_utils
from course_utils import CourseError, judge


def record(name, value, baseline=None, at_most=None, at_least=None):
    """Prints a metric beside its baseline, and keeps it for the README's table.

    Raises CourseError when the value is NaN or outside [at_least, at_most]; a smoke
    run trains too little for that and only prints.
    """
    value = _number(value)
    notes = dict(baseline=baseline, at_least=at_least, at_most=at_most)
    notes = {k: _number(v) for k, v in notes.items() if v is not None}
    told = [f"{k.replace('_', ' ')} {format_number(v)}" for k, v in notes.items()]
    about = f" ({', '.join(told)})" if told else ""
    smoke = " [smoke run: range not checked]" if course_utils.SMOKE_TEST else ""
    print(f"{name} {format_number(value)}{about}{smoke}")
    low, high = notes.get("at_least", -math.inf), notes.get("at_most", math.inf)
    if not (low <= value <= high or smoke):  # or it is NaN
        wanted = " and ".join(told[baseline is not None :]) or "a number"
        raise CourseError(
            f"{name} is {format_number(value)} and should be {wanted}: restart the "
            "kernel and run all cells in order; if you changed the lesson on purpose, "
            "change the limit in this cell."
        )
    _keep({"name": name, "value": value} | notes)


def headline(text):
    """Prints the lesson's result, one sentence, and keeps it for the README's table.

    Raises CourseError if it is too long or lacks a number or which way is better.
    """
    fits = len(text) <= 200 and text.splitlines() == [text] and re.search(r"\d", text)
    if not (fits and re.search("(lower|higher) is better", text)):
        raise CourseError(
            f"the headline {text[:50]!r} must be one line of at most 200 characters, "
            "hold a digit and say 'lower is better' or 'higher is better': change it."
        )
    print(text)
    _keep({"headline": text})


def _keep(entry):
    if os.environ.get("COURSE_METRICS"):
        with open(os.environ["COURSE_METRICS"], "a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")


def _number(value):
    value = value.item() if hasattr(value, "item") else value
    return value if isinstance(value, int) else float(value)


def format_number(value):
    """A metric's value as it is shown: four digits."""
    if isinstance(value, int) or not math.isfinite(value):
        return str(value)
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def check(exercise, answer):
    """Prints the verdict on `answer`, the function that solves e.g. "03.1"."""
    try:
        output, verdict = judge.run(exercise, judge.source_of(answer))
    except judge.Verdict as told:
        output, verdict = "", told
    print((f"{output}\n" if output else "") + f"Exercise {exercise}: {verdict}")
