"""Exercises of lesson 13: solutions, then checkers, then wrong answers."""

# 13.3: compose gets one more argument, opening=(), and the loop over the steps ends
# with
#
#         if t < len(opening):
#             row[:] = opening[t]
#         rows.append(row)
#         state = later
#
# The drawn row is thrown away, but the network has read the row before it, so that the
# state is right; in the next step, it reads the row of the opening. To listen:
#
# piece = splits["test"][0]
# opening = (piece["pitches"] + 128 * piece["holds"])[:32]
# plotting.play(*compose(improved, 1, opening=opening)[0], seconds=None)
#
# The positions are right only for a piece that begins on the last quarter of a bar, as
# compose assumes: look at piece["places"][0], which is 12 there.
#
# 13.4: the streams get a third part, the first bass note at each of their rows. In
# stream_of, where homes = [[0]] before the loop:
#
#         homes.append([piece["pitches"][0, 3] % 12] * (len(piece["pitches"]) + 1))
#     return np.concatenate(codes), np.concatenate(positions), np.concatenate(homes)
#
# make_windows transposes it, and inputs_of(codes, positions, homes) returns
# homes[:, 1:] as its last part:
#
#     x = inputs_of(moved, positions[rows], (homes[rows] + shifts[:, 0]) % 12)
#
# build_composer:
#
#     home = keras.Input((None,), dtype="int32")
#     vectors = [embed(before[:, :, voice]) for voice in range(4)]
#     vectors += [embedding(12)(home)]
#     ...
#     inputs = [before, position, above, state, home]
#
# cells_of takes stream[:2], and network_nats all three parts. In compose, each piece
# draws its note, as Bach does; before the loop:
#
#     rng = np.random.default_rng(seed)
#     firsts = [piece["pitches"][0, 3] % 12 for piece in splits["train"]]
#     home = rng.choice(firsts, (count, 1))  # the last one of the inputs
#
# Train under another name, such as "with_home". In one run, of the pieces that ended
# by themselves, 28 % began and 38 % ended on `home`; show_ends found the same bass in
# 26 %, about as many as without the plan.

from course_utils.judge import close

import numpy as np


def sounding(tokens):
    """tokens (T, 4), 1 for a hold -> pitches (T, 4) int, holds (T, 4) bool."""
    holds = tokens == 1
    pitches = np.where(holds, 0, tokens)  # in the first row, a hold rests
    for t in range(1, len(tokens)):
        pitches[t] = np.where(holds[t], pitches[t - 1], tokens[t])
    return pitches, holds


def forbid_direct(before, now, voice):
    """Chords before, now (N, 4); a voice -> True where forbidden (N, 128)."""
    pitch = np.arange(128)
    was, new, bass = before[:, :1], now[:, :1], before[:, 3:]
    leaps = np.abs(new - was) > 2
    together = (new - was) * (pitch - bass) > 0
    reached = np.isin((new - pitch) % 12, (0, 7))
    sounding = (was > 0) & (new > 0) & (bass > 0) & (pitch > 0)
    return leaps & together & reached & sounding & (voice == 3)


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
    begin = np.array([[1, 60, 1, 1], [1, 1, 55, 1], [67, 1, 1, 50]])
    pitches, holds = map(np.asarray, answer(begin.copy()))
    assert close(pitches, [[0, 60, 0, 0], [0, 60, 55, 0], [67, 60, 55, 50]]), (
        f"a first row of 1 60 1 1 becomes {pitches[0].tolist()}, not [0, 60, 0, 0]. "
        "Hint: before the first row nothing sounds, so that a hold there is a rest, 0."
    )
    assert close(holds, begin == 1), (
        "holds are not where the tokens are 1 in the first row. Hint: tokens == 1."
    )


def check_2(answer):
    """Pitches of the bass that direct fifths and octaves forbid."""
    # Pairs of soprano, bass before, and the soprano now; the inner voices do not move.
    starts = [(67, 52, 72), (76, 57, 72), (72, 57, 74), (72, 48, 72), (60, 51, 63)]
    starts += [(0, 50, 76), (72, 50, 0), (72, 0, 76), (72, 48, 67)]
    before = np.array([[soprano, 65, 53, bass] for soprano, bass, _ in starts])
    now = np.array([[new, 65, 53, 0] for *_, new in starts])

    def forbidden(voice, rows=slice(None)):
        given = before[rows].copy(), now[rows].copy()
        result = answer(*given, voice)
        same = zip(given, (before[rows], now[rows]), strict=True)
        assert all(np.array_equal(*pair) for pair in same), (
            "an array that your function was given has changed. Hint: compute new "
            "arrays."
        )
        shape, size = np.shape(result), len(given[0])
        assert shape == (size, 128), (
            f"for {size} chords the shape is {shape}, not ({size}, 128). Hint: compare "
            "columns such as now[:, :1], (N, 1), with np.arange(128)."
        )
        result = np.asarray(result)
        assert result.dtype == bool, (
            f"the values are {result.dtype}, not bool. Hint: a comparison gives True "
            "and False; join several with &."
        )
        return [np.flatnonzero(row).tolist() for row in result]

    found = forbidden(3)
    assert any(found), (
        "nothing is forbidden. Hint: the bass is voice 3, and the new interval is that "
        "of now[:, :1] and each pitch of np.arange(128)."
    )
    assert not found[3], (
        "something is forbidden although the soprano stays. Hint: without a leap, "
        "nothing is."
    )
    assert not found[2], (
        "with a soprano that moves by 2 semitones, something is forbidden. Hint: the "
        "leap is the soprano's, and of more than 2; the bass may leap."
    )
    assert found[0], (
        "with the soprano from 67 to 72, no bass is forbidden. Hint: only the new "
        "interval counts, not the one before."
    )
    assert found[4], (
        "with a soprano that moves by 3 semitones, nothing is forbidden. Hint: more "
        "than 2 is a leap, and only the new interval counts."
    )
    assert not any(pitch < 52 for pitch in found[0]), (
        "with the soprano up, a bass that goes down is forbidden. Hint: in similar "
        "motion the product of the two moves is above 0."
    )
    assert 60 in found[0], (
        "with the soprano from 67 to 72, the bass may go from 52 to 60, an octave "
        "below. Hint: there (72 - 60) % 12 is 0."
    )
    assert 65 in found[0], (
        "with the soprano from 67 to 72, the bass may go from 52 to 65, a fifth below. "
        "Hint: there (72 - 65) % 12 is 7."
    )
    assert 53 in found[0], (
        "with the soprano from 67 to 72, the bass may go from 52 to 53, an octave and "
        "a fifth below. Hint: take the interval % 12, and before[:, 3] for the bass."
    )
    assert found[1], (
        "a leap down, to an octave that was a fifth before, forbids nothing. Hint: "
        "take np.abs of the soprano's move, and look at the new interval only."
    )
    assert 51 not in found[4] and 48 not in found[8], (
        "a bass that stays is forbidden. Hint: the product of the two moves must be "
        "above 0, not just at least 0."
    )
    assert 0 not in found[1], (
        "the bass may not fall silent. Hint: pitch 0 is silence and breaks no rule."
    )
    assert not (found[5] or found[6]), (
        "something is forbidden although the soprano is silent, before or now. Hint: "
        "both of its pitches must be above 0."
    )
    assert not found[7], (
        "something is forbidden although the bass was silent before. Hint: its pitch "
        "before must be above 0."
    )
    # The rule again, pitch by pitch.
    expected = []
    for soprano, bass, new in starts:
        heard = [p for p in range(1, 128) if soprano and bass and new]
        similar = [p for p in heard if (new - soprano) * (p - bass) > 0]
        leap = abs(new - soprano) > 2
        expected.append([p for p in similar if leap and (new - p) % 12 in (0, 7)])
    for row, (some, right) in enumerate(zip(found, expected, strict=True)):
        assert some == right, (
            f"with the soprano from {starts[row][0]} to {starts[row][2]} and the bass "
            f"on {starts[row][1]}, {some[:6]} are the first pitches forbidden, not "
            f"{right[:6]}. Hint: (soprano - bass) % 12 of the new pitches counts, not "
            "the interval before."
        )
    assert forbidden(3, slice(0, 1)) == found[:1], (
        "a chord alone gives another result than among others. Hint: take the chords "
        "row by row, (N, 1) against 128 pitches."
    )
    for voice in range(3):
        assert not any(forbidden(voice)), (
            f"pitches of voice {voice} are forbidden, too. Hint: all is False unless "
            "voice is 3."
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
    "sounding__changes_its_input": [("np.where(holds, 0, tokens)", "tokens")],
    "sounding__leaves_a_hold_in_the_first_row": [
        ("np.where(holds, 0, tokens)", "tokens.copy()")
    ],
    "sounding__the_first_row_holds_the_last": [("range(1, ", "range(0, ")],
    "sounding__no_holds_in_the_first_row": [
        ("return pitches", "holds[0] = False\n    return pitches")
    ],
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
    "forbid_direct__no_leap": [("leaps & ", "")],
    "forbid_direct__two_is_a_leap": [("> 2", ">= 2")],
    "forbid_direct__three_is_none": [("> 2", "> 3")],
    "forbid_direct__leaps_up_only": [("np.abs(new - was)", "(new - was)")],
    "forbid_direct__contrary_motion_too": [("together & ", "")],
    "forbid_direct__a_bass_that_stays": [("bass) > 0", "bass) >= 0")],
    "forbid_direct__a_bass_that_stays_below_a_leap_down": [
        ("(new - was) * (pitch - bass) > 0", "((new > was) == (pitch > bass))")
    ],
    "forbid_direct__the_interval_before": [("(new - pitch)", "(was - pitch)")],
    "forbid_direct__from_the_bass_before": [("(new - pitch)", "(new - bass)")],
    "forbid_direct__fifths_only": [("(0, 7)", "(7,)")],
    "forbid_direct__octaves_only": [("(0, 7)", "(0,)")],
    "forbid_direct__no_whole_octaves": [("(new - pitch) % 12", "(new - pitch)")],
    "forbid_direct__the_wrong_way_up": [("(new - pitch)", "(pitch - new)")],
    "forbid_direct__silence_too": [(" & (pitch > 0)", "")],
    "forbid_direct__after_silence_of_the_soprano": [("(was > 0) & ", "")],
    "forbid_direct__silence_of_the_soprano_now": [(" & (new > 0)", "")],
    "forbid_direct__after_silence_of_the_bass": [(" & (bass > 0)", "")],
    "forbid_direct__every_voice": [(" & (voice == 3)", "")],
    "forbid_direct__the_alto": [("voice == 3", "voice == 1")],
    "forbid_direct__the_tenor": [("before[:, 3:]", "before[:, 2:3]")],
    "forbid_direct__what_is_allowed": [
        ("return leaps", "return ~(leaps"),
        (" & (voice == 3)", " & (voice == 3))"),
    ],
    "forbid_direct__numbers": [("return leaps", "return 1 * leaps")],
    "forbid_direct__one_for_each_chord": (
        "new, was = now[:, [0, 3]], before[:, [0, 3]]\n"
        "    moves = new - was\n"
        "    perfect = np.isin((new[:, 0] - new[:, 1]) % 12, (0, 7))\n"
        "    return (np.abs(moves[:, 0]) > 2) & (moves.prod(axis=1) > 0) & perfect"
    ),
    "forbid_direct__changes_its_input": [
        ("pitch = np.arange(128)", "pitch = np.arange(128)\n    now[:, 3] = 1")
    ],
}
