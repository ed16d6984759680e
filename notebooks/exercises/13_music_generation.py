"""Exercises of lesson 13: solutions, then checkers, then wrong answers."""

from course_utils.judge import close

import numpy as np


def sounding(tokens):
    """tokens (T, 4), 1 for a hold -> pitches (T, 4) int, holds (T, 4) bool."""
    pitches, holds = tokens.copy(), tokens == 1
    for t in range(1, len(tokens)):
        pitches[t] = np.where(holds[t], pitches[t - 1], tokens[t])
    return pitches, holds


def direct_intervals(pitches):
    """pitches (T, 4) int, 0 for a rest -> the number of such steps."""
    soprano, bass = pitches[:, 0], pitches[:, 3]
    leaps = np.abs(np.diff(soprano)) > 2
    together = np.diff(soprano) * np.diff(bass) > 0
    reached = np.isin((soprano - bass)[1:] % 12, (0, 7))
    rests = (soprano == 0) | (bass == 0)
    return np.sum(leaps & together & reached & ~rests[1:] & ~rests[:-1])


def check_1(answer):
    """Tokens become pitches and holds."""
    # The voices: a long note; two notes and a rest; a note struck again; a rest.
    tokens = [
        [72, 67, 60, 0],
        [1, 1, 1, 1],
        [1, 65, 60, 1],
        [1, 1, 1, 48],
        [74, 0, 1, 1],
    ]
    tokens += [[1, 1, 59, 1], [1, 1, 1, 50]]
    tokens = np.array(tokens)
    expected = [[72, 67, 60, 0], [72, 67, 60, 0], [72, 65, 60, 0], [72, 65, 60, 48]]
    expected = np.array(expected + [[74, 0, 60, 48], [74, 0, 59, 48], [74, 0, 59, 50]])
    given = tokens.copy()
    result = answer(given)
    assert np.array_equal(given, tokens), (
        "the array that your function was given has changed. Hint: begin with "
        "tokens.copy()."
    )
    pair = isinstance(result, tuple | list) and len(result) == 2
    assert pair, "the result is not a pair. Hint: return pitches, holds."
    pitches, holds = map(np.asarray, result)
    assert pitches.shape == holds.shape == tokens.shape, (
        f"for tokens (7, 4) the shapes are {pitches.shape} and {holds.shape}. Hint: "
        "both have a value for each token."
    )
    assert not close(holds, tokens != 1), (
        "holds are True where a note begins. Hint: a hold is where the token is 1."
    )
    assert not close(holds, (tokens == 1) & (expected > 0)), (
        "a rest that goes on is no hold. Hint: a hold is where the token is 1, "
        "whatever goes on."
    )
    assert close(holds, tokens == 1), (
        "holds are not where the tokens are 1. Hint: tokens == 1."
    )
    assert holds.dtype == bool, (
        f"holds are {holds.dtype}, not bool. Hint: a comparison gives True and False."
    )
    assert not np.any(pitches == 1), (
        "a pitch of 1 is left. Hint: a hold has the pitch of the row before it, in "
        "your result, where the holds before it are already replaced."
    )
    assert close(pitches[:2], expected[:2]), (
        f"the second row sounds {pitches[1].tolist()}, not [72, 67, 60, 0]. Hint: it "
        "holds what the first row has, the rest too."
    )
    assert close(pitches[:, 0], expected[:, 0]), (
        f"a note held for four steps becomes {pitches[:5, 0].tolist()}. Hint: look at "
        "pitches[t - 1], not at tokens[t - 1], which may be a hold itself."
    )
    assert close(pitches[:, 1], expected[:, 1]), (
        f"67 67 65 65 and a rest become {pitches[:, 1].tolist()}. Hint: 0 is a token "
        "like a pitch, and a hold after it goes on resting."
    )
    assert close(pitches, expected), (
        f"row 4 is {pitches[4].tolist()}, not [74, 0, 60, 48]. Hint: each voice goes "
        "on with its own pitch: np.where on whole rows."
    )


def _steps(*outer):
    """Pitches (T, 4) with these pairs of soprano and bass; the others do not move."""
    return np.array([[soprano, 65, 53, bass] for soprano, bass in outer])


def check_2(answer):
    """Direct fifths and octaves of soprano and bass."""

    def count(*outer):
        pitches = _steps(*outer)
        given = pitches.copy()
        result = answer(given)
        assert np.array_equal(given, pitches), (
            "the array that your function was given has changed. Hint: work on copies, "
            "such as np.diff makes."
        )
        assert np.ndim(result) == 0 and not isinstance(result, str), (
            "the result is not one number. Hint: np.sum of the steps that break the "
            "rule."
        )
        return result

    assert count((72, 57), (76, 57), (74, 50)) == 0, (
        "soprano down by 2 and bass by 7 breaks the rule for you. Hint: more than 2 "
        "semitones is a leap."
    )
    assert count((72, 48), (72, 48)) == 0, (
        "an octave that stays is counted. Hint: both voices must move: the product of "
        "their moves is above 0."
    )
    assert count((72, 57), (69, 62)) == 0, (
        "voices in contrary motion are counted. Hint: the product of their moves must "
        "be above 0."
    )
    assert count((67, 48), (72, 48)) == 0, (
        "a bass that does not move is counted. Hint: the product of the moves must be "
        "above 0, not just at least 0."
    )
    assert count((67, 55), (72, 57)) == 0, (
        "an octave from which the voices leave is counted. Hint: the interval after "
        "the move counts: [1:]."
    )
    assert count((67, 52), (72, 60)) == 1, (
        "a leap up into an octave (67 to 72, bass 52 to 60) is not counted once. Hint: "
        "(soprano - bass) % 12 is 0 there."
    )
    assert count((76, 57), (72, 53)) == 1, (
        "a leap down into a fifth (76 to 72, bass 57 to 53) is not counted once. Hint: "
        "(soprano - bass) % 12 is 7 there; take np.abs of the leap."
    )
    assert count((60, 48), (63, 51)) == 1, (
        "a leap by 3 semitones, from octave to octave, is not counted. Hint: the "
        "interval before does not matter, and 3 is more than 2."
    )
    assert count((64, 52), (67, 60)) == 1, (
        "a fifth within an octave (67 above 60) is not counted. Hint: the remainder "
        "by 12 is 7."
    )
    assert count((72, 48), (0, 0), (76, 52), (0, 41)) == 0, (
        "a rest is counted. Hint: leave out steps where a voice is 0, before or after."
    )
    assert count((60, 41), (0, 41), (67, 48), (67, 0), (72, 48)) == 0, (
        "a step next to a rest is counted. Hint: both voices must sound before and "
        "after."
    )
    found = count((67, 52), (72, 60), (76, 57), (72, 53), (67, 48))
    assert found == 3, (
        f"of four steps, three break the rule, and you count {found}. Hint: count "
        "them all with np.sum, not whether there is any."
    )
    inner = np.array([[76, 60, 53, 40], [76, 67, 60, 40]])
    assert answer(inner) == 0, (
        "the inner voices are counted, too. Hint: soprano is column 0, bass column 3."
    )


WRONG = {  # replacements in a solution, or another body for it
    "sounding__looks_at_tokens": [("pitches[t - 1]", "tokens[t - 1]")],
    "sounding__holds_where_notes_begin": [("tokens == 1", "tokens != 1")],
    "sounding__a_rest_is_no_hold": (
        "pitches = tokens.copy()\n"
        "    for t in range(1, len(tokens)):\n"
        "        pitches[t] = np.where(tokens[t] == 1, pitches[t - 1], tokens[t])\n"
        "    return pitches, (tokens == 1) & (pitches > 0)"
    ),
    "sounding__changes_its_input": [("tokens.copy()", "tokens")],
    "sounding__a_rest_goes_on_as_the_note_before": (
        "pitches, last = tokens.copy(), tokens[0].copy()\n"
        "    for t in range(len(tokens)):\n"
        "        last = np.where(tokens[t] > 1, tokens[t], last)\n"
        "        pitches[t] = np.where(tokens[t] == 1, last, tokens[t])\n"
        "    return pitches, tokens == 1"
    ),
    "sounding__holds_become_rests": (
        "return np.where(tokens == 1, 0, tokens), tokens == 1"
    ),
    "sounding__all_voices_together": (
        "pitches = tokens.copy()\n"
        "    for t in range(1, len(tokens)):\n"
        "        if (tokens[t] == 1).any():\n"
        "            pitches[t] = pitches[t - 1]\n"
        "    return pitches, tokens == 1"
    ),
    "sounding__pitches_only": [("return pitches, holds", "return pitches")],
    "sounding__holds_as_numbers": [
        ("return pitches, holds", "return pitches, holds.astype(int)")
    ],
    "sounding__the_other_way_round": [
        ("return pitches, holds", "return holds, pitches")
    ],
    "direct_intervals__no_leap": [("leaps & ", "")],
    "direct_intervals__two_is_a_leap": [("> 2", ">= 2")],
    "direct_intervals__three_is_none": [("> 2", "> 3")],
    "direct_intervals__leaps_up_only": [
        ("np.abs(np.diff(soprano))", "np.diff(soprano)")
    ],
    "direct_intervals__contrary_motion_too": [("together & ", "")],
    "direct_intervals__a_bass_that_stays": [("bass) > 0", "bass) >= 0")],
    "direct_intervals__the_interval_before": [("bass)[1:]", "bass)[:-1]")],
    "direct_intervals__fifths_only": [("(0, 7)", "(7,)")],
    "direct_intervals__octaves_only": [("(0, 7)", "(0,)")],
    "direct_intervals__no_octaves_up": [("bass)[1:] % 12", "bass)[1:]")],
    "direct_intervals__twelve_for_an_octave": [("(0, 7)", "(12, 7)")],
    "direct_intervals__rests_too": [(" & ~rests[1:] & ~rests[:-1]", "")],
    "direct_intervals__after_a_rest": [(" & ~rests[:-1]", "")],
    "direct_intervals__before_a_rest": [(" & ~rests[1:]", "")],
    "direct_intervals__the_tenor": [("pitches[:, 3]", "pitches[:, 2]")],
    "direct_intervals__any": [("return np.sum", "return np.any")],
    "direct_intervals__parallel_only": [
        ("leaps & ", "leaps & (np.diff((soprano - bass) % 12) == 0) & ")
    ],
    "direct_intervals__the_steps": [("return np.sum", "return np.flatnonzero")],
}
