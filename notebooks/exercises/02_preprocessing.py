"""Exercises of lesson 02: solutions, then checkers, then wrong answers."""

from course_utils.judge import close

import numpy as np


def pad_batch(rows, length):
    ids = np.zeros((len(rows), length), int)
    for number, row in enumerate(rows):
        tokens = [2, *row[: length - 2], 3]
        ids[number, : len(tokens)] = tokens
    return ids, ids > 0


def repair_lines(text, byte_of):
    lines = []
    for line in text.split("\n"):
        while True:
            try:
                better = bytes(byte_of[character] for character in line).decode()
            except (KeyError, UnicodeDecodeError):
                break
            if better == line:
                break
            line = better
        lines.append(line)
    return "\n".join(lines)


def character_layer(texts, num_columns):
    from keras import layers

    layer = layers.TextVectorization(
        standardize=None, split="character", output_sequence_length=num_columns
    )
    layer.adapt(texts)
    return layer


def check_1(answer):
    """pad_batch(rows, length): start, tokens, end, zeros, and the mask."""
    rows = [[7, 5], [9], [4, 5, 6, 7, 8, 9, 4]]
    before = [list(row) for row in rows]
    result = answer(rows, 6)
    assert isinstance(result, tuple) and len(result) == 2, (
        "it does not return two things. Hint: end with `return ids, mask`."
    )
    assert rows == before, (
        "it changes the rows that it was given. Hint: build new lists."
    )
    ids, mask = map(np.asarray, result)
    assert ids.shape == mask.shape == (3, 6), (
        f"3 rows and length 6 give the shapes {ids.shape} and {mask.shape}. "
        "Hint: both must be (N, length), also where the longest row is shorter."
    )
    assert close(ids[0], [2, 7, 5, 3, 0, 0]), (
        f"[7, 5] became {ids[0].tolist()}, not [2, 7, 5, 3, 0, 0]. "
        "Hint: start 2, the tokens, end 3, then zeros."
    )
    assert close(ids[2], [2, 4, 5, 6, 7, 3]), (
        f"the long row became {ids[2].tolist()}, not [2, 4, 5, 6, 7, 3]. "
        "Hint: cut the tokens to length - 2, so that start and end still fit."
    )
    assert ids.dtype.kind in "iu", (
        f"the ids are of type {ids.dtype}. Hint: make the array of whole numbers, int."
    )
    assert mask.dtype == bool, (
        f"the mask is of type {mask.dtype}, not bool. Hint: compare, as in ids > 0."
    )
    assert close(mask, ids > 0), (
        "the mask is not True exactly at the real tokens. "
        "Hint: start and end are real tokens, zeros are padding."
    )
    full, _ = answer([[4, 5]], 4)
    assert close(full, [[2, 4, 5, 3]]), (
        f"[4, 5] at length 4 became {np.asarray(full).tolist()}. "
        "Hint: two tokens, start and end fill 4 columns, without padding."
    )
    empty, mask = answer([[], [5]], 5)
    assert close(empty, [[2, 3, 0, 0, 0], [2, 5, 3, 0, 0]]) and np.sum(mask) == 5, (
        "a row without tokens is not start, end and padding. "
        "Hint: treat it as any other row."
    )


def _table():
    table = [
        bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(256)
    ]
    byte_of = {character: byte for byte, character in enumerate(table)}
    return table, byte_of | {chr(byte): byte for byte in range(0x80, 0xA0)}


def check_2(answer):
    """repair_lines(text, byte_of): each line by itself, until nothing changes."""
    table, byte_of = _table()

    def garble(text, times, latin=False):
        for _ in range(times):
            data = text.encode()
            text = data.decode("latin-1") if latin else "".join(table[b] for b in data)
        return text

    for text in [
        "plain text",
        "",
        "naïve café",
        "“Oh!” — she",
        "5 €\n\n£5\n",
        "世界 🎉",
    ]:
        result = answer(text, dict(byte_of))
        assert result == text, (
            f"the good text {text!r} became {str(result)[:40]!r}. Hint: keep a line as "
            "it is when a character has no byte, or the bytes are no valid UTF-8."
        )
    for text in ["naïve café", "“Oh!” — she", "£5"]:
        for latin in (False, True):
            result = answer(garble(text, 1, latin), dict(byte_of))
            assert result == text, (
                f"{text!r}, garbled once, became {str(result)[:40]!r}. Hint: look up "
                "each character in byte_of, and decode the bytes as UTF-8."
            )
    for times in (2, 3, 5):
        result = answer(garble("“Déjà vu”", times), dict(byte_of))
        assert result == "“Déjà vu”", (
            f"text garbled {times} times became {str(result)[:40]!r}. "
            "Hint: repeat, until decoding fails or changes nothing."
        )
    mixed = ["“Good”", garble("“once”", 1), "plain", garble("“twice”", 2), ""]
    result = answer("\n".join(mixed), dict(byte_of))
    assert result == "“Good”\n“once”\nplain\n“twice”\n", (
        f"good and garbled lines together became {str(result)[:60]!r}. "
        'Hint: split at "\\n", repair each line by itself, and join them again.'
    )


def check_3(answer):
    """character_layer(texts, num_columns): an adapted layer for characters."""
    layer = answer(["It is I!", "Is it?"], 7)
    assert hasattr(layer, "get_vocabulary"), (
        f"it returned {type(layer).__name__}. Hint: return the TextVectorization layer."
    )
    vocabulary = [str(token) for token in layer.get_vocabulary()]
    assert len(vocabulary) > 2, (
        "the vocabulary is empty. Hint: call layer.adapt(texts) before you return it."
    )
    assert max(map(len, vocabulary[2:])) == 1, (
        f"the vocabulary holds {max(vocabulary[2:], key=len)!r}. "
        'Hint: split="character".'
    )
    assert {"I", "!", "?"} <= {*vocabulary}, (
        "the vocabulary lacks capitals or punctuation. Hint: standardize=None."
    )
    assert sorted(vocabulary[2:]) == sorted({*"It is I!Is it?"}), (
        "the vocabulary has other characters than the texts, or not all. "
        "Hint: adapt the layer to all of the texts and nothing else; no max_tokens."
    )
    ids = np.asarray(layer(["It is I!", "Is"]))
    assert ids.shape == (2, 7), (
        f"two texts give ids of shape {ids.shape}, not (2, 7). "
        "Hint: output_sequence_length=num_columns."
    )
    assert "".join(vocabulary[i] for i in ids[0]) == "It is I", (
        "the ids are not those of the first characters. "
        'Hint: output_mode stays "int", one id per character.'
    )


WRONG = {  # replacements in a solution, or another body for it
    "pad_batch__cuts_off_the_end": [
        ("[2, *row[: length - 2], 3]", "[2, *row, 3][:length]")
    ],
    "pad_batch__without_special_tokens": [
        ("[2, *row[: length - 2], 3]", "row[:length]")
    ],
    "pad_batch__end_after_the_padding": [
        ("tokens = [2, *row[: length - 2], 3]", "tokens = [2, *row[: length - 2]]"),
        ("return ids, ids > 0", "ids[:, -1] = 3\n    return ids, ids > 0"),
    ],
    "pad_batch__pads_to_the_longest": [
        ("(len(rows), length)", "(len(rows), min(length, max(map(len, rows)) + 1))")
    ],
    "pad_batch__mask_of_padding": [("ids > 0", "ids == 0")],
    "pad_batch__mask_without_special_tokens": [("ids > 0", "ids > 3")],
    "pad_batch__mask_of_integers": [("ids > 0", "(ids > 0).astype(int)")],
    "pad_batch__ids_alone": [("return ids, ids > 0", "return ids")],
    "pad_batch__changes_its_input": [
        ("tokens = [2,", "row[:] = row[: length - 2]\n        tokens = [2,")
    ],
    "pad_batch__leaves_out_empty_rows": [
        (
            "ids[number, : len(tokens)] = tokens",
            "ids[number, : len(tokens)] = tokens\n"
            "        if not row:\n            ids[number] = 0",
        )
    ],
    "repair_lines__once": [
        (
            "            line = better\n",
            "            line = better\n            break\n",
        )
    ],
    "repair_lines__whole_text": [('text.split("\\n")', "[text]")],
    "repair_lines__latin_1_alone": [
        ("bytes(byte_of[character] for character in line)", 'line.encode("latin-1")'),
        ("KeyError", "UnicodeEncodeError"),
    ],
    "repair_lines__drops_what_has_no_byte": [
        (
            "byte_of[character] for character in line)",
            "byte_of[c] for c in line if c in byte_of)",
        )
    ],
    "repair_lines__ignores_bad_bytes": [(".decode()", '.decode("utf-8", "ignore")')],
    "repair_lines__loses_empty_lines": [
        (
            "        lines.append(line)",
            "        if line:\n            lines.append(line)",
        )
    ],
    "character_layer__words": [('"character"', '"whitespace"')],
    "character_layer__standardises": [("standardize=None, ", "")],
    "character_layer__lower_case": [("standardize=None", 'standardize="lower"')],
    "character_layer__not_adapted": [("    layer.adapt(texts)\n", "")],
    "character_layer__first_text_only": [("adapt(texts)", "adapt(texts[:1])")],
    "character_layer__as_long_as_the_longest": [
        (", output_sequence_length=num_columns", "")
    ],
    "character_layer__ids_instead_of_the_layer": [
        ("return layer", "return layer(texts)")
    ],
    "character_layer__counts": [
        ('split="character"', 'split="character", output_mode="count"'),
        (", output_sequence_length=num_columns", ""),
    ],
}
