"""Exercises of lesson 13: solutions, then checkers, then wrong answers."""

# 13.2: compose gets one more argument, opening=(), and the loop over the steps ends
# with
#
#         if t < len(opening):
#             row[:] = opening[t]
#         rows.append(row)
#         state = new_state
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
# 13.3: the streams get a third part, the first bass note at each of their rows. In
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
# Train under another name, such as "with_home". The network need not begin on this
# note: compare home with the last bass notes, too.

import numpy as np


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
        "a soprano that moves by 2 semitones leaps for you. Hint: more than 2 "
        "is a leap."
    )
    assert found[4], (
        "a soprano that moves by 3 semitones does not leap for you. Hint: more than 2 "
        "is a leap."
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
