"""Exercises of lesson 02: solutions, then checkers, then wrong answers."""

from course_utils.judge import close

import numpy as np


def pad_batch(rows, length):
    ids = np.zeros((len(rows), length), int)
    for number, row in enumerate(rows):
        tokens = [2, *row[: length - 2], 3]
        ids[number, : len(tokens)] = tokens
    return ids, ids > 0


def learn_merges(text, number):
    ids, merges = list(text.encode()), []
    for new_id in range(256, 256 + number):
        counts = {}
        for pair in zip(ids, ids[1:], strict=False):
            counts[pair] = counts.get(pair, 0) + 1
        pair = max(counts, key=counts.get, default=None)
        if pair is None or counts[pair] < 2:
            break
        merges.append(pair)
        merged = []
        for id in ids:
            if merged and (merged[-1], id) == pair:
                merged[-1] = new_id
            else:
                merged.append(id)
        ids = merged
    return merges


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


def check_2(answer):
    """learn_merges(text, number): the pairs that are merged, in their order."""

    def merges(text, number):
        found = answer(text, number)
        form = isinstance(found, list | tuple) and all(
            isinstance(pair, list | tuple)
            and len(pair) == 2
            and all(isinstance(id, int | np.integer) for id in pair)
            for pair in found
        )
        assert form, (
            f"it returned {str(found)[:40]!r}. "
            "Hint: return a list of pairs of numbers, such as [(115, 104)]."
        )
        return [tuple(map(int, pair)) for pair in found]

    found = merges("abab", 1)
    assert found == [(97, 98)], (
        f"the first merge of 'abab' is {found}, not [(97, 98)]. Hint: count each pair "
        "of neighbouring bytes, and take the most frequent pair."
    )
    assert merges("éé", 1) == [(195, 169)], (
        "'éé' is not taken as the bytes 195, 169, 195, 169. "
        "Hint: begin with list(text.encode())."
    )
    assert len(merges("abcabcabc", 1)) == 1, (
        "asked for 1 merge of 'abcabcabc', it does not return 1. "
        "Hint: `number` says how many to learn, if enough pairs occur twice."
    )
    for text, first in [("cdcd abab", (99, 100)), ("abab cdcd", (97, 98))]:
        found = merges(text, 1)
        assert found == [first], (
            f"the first merge of {text!r} is {found}, not [{first}]. Hint: of equally "
            "frequent pairs, take the one that comes first in the text."
        )
    assert merges("a b a b", 1) == [(97, 32)], (
        "of 'a b a b', the first merge is not that of 'a' and the space. "
        "Hint: do not split the text into words; a space is a byte like any other."
    )
    found = merges("abcabcabc", 2)
    assert len(found) == 2, (
        f"asked for 2 merges of 'abcabcabc', it returned {len(found)}. "
        "Hint: `number` says how many to learn, if enough pairs occur twice."
    )
    assert found == [(97, 98), (256, 99)], (
        f"the merges of 'abcabcabc' are {found}, not [(97, 98), (256, 99)]. Hint: put "
        "256 for every 97, 98 in the list, then count its pairs anew."
    )
    for text in ("abab", "abcd", "a", ""):
        found = merges(text, 5)
        assert found == [(97, 98)] * (text == "abab"), (
            f"asked for 5 merges of {text!r}, it returned {str(found)[:50]}. "
            "Hint: stop when no pair occurs twice."
        )
    found = merges("aaab aaab", 2)
    assert found == [(97, 97), (256, 97)], (
        f"the merges of 'aaab aaab' are {found}, not [(97, 97), (256, 97)]. "
        "Hint: merge from left to right, and never one byte twice."
    )
    twister = "she sells sea shells by the sea shore, the shells she sells"
    found, wanted = merges(twister, 12), learn_merges(twister, 12)
    wrong = [n for n, pair in enumerate(wanted) if found[n : n + 1] != [pair]]
    assert not wrong, (
        f"of a tongue twister, merge {wrong[0] + 1} is {found[wrong[0] :][:1]}, not "
        f"{wanted[wrong[0]]}. Hint: the new numbers are 256, 257, 258 …; each merge "
        "changes the list that the next one counts."
    )


def check_3(answer):
    """character_layer(texts, num_columns): an adapted layer for characters."""
    layer = answer(["It is I!", "Is Io!"], 7)
    assert type(layer).__name__ == "TextVectorization", (
        f"it returned {type(layer).__name__}. Hint: return the TextVectorization layer."
    )
    options = layer.get_config()
    assert options["output_mode"] == "int", (
        "the layer does not give ids. "
        'Hint: output_mode stays "int", one id per character.'
    )
    vocabulary = [str(token) for token in layer.get_vocabulary()]
    assert len(vocabulary) > 2, (
        "the vocabulary is empty. Hint: call layer.adapt(texts) before you return it."
    )
    assert max(map(len, vocabulary[2:])) == 1, (
        f"the vocabulary holds {max(vocabulary[2:], key=len)!r}. "
        'Hint: split="character", without ngrams.'
    )
    assert options["max_tokens"] is None, (
        "the vocabulary is limited. Hint: leave max_tokens out, to keep all characters."
    )
    assert {"I", "!"} <= {*vocabulary}, (
        "the vocabulary lacks capitals or punctuation. Hint: standardize=None."
    )
    assert sorted(vocabulary[2:]) == sorted({*"It is I!Is Io!"}), (
        "the vocabulary has other characters than the texts, or not all. "
        "Hint: adapt the layer to all of the texts and nothing else."
    )
    ids = np.asarray(layer(["It is I!", "Is"]))
    assert ids.shape == (2, 7), (
        f"two texts give ids of shape {ids.shape}, not (2, 7). "
        "Hint: output_sequence_length=num_columns."
    )
    assert "".join(vocabulary[i] for i in ids[0]) == "It is I", (
        "the ids are not those of the first characters. "
        "Hint: leave the options that the task does not name as they are."
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
    "learn_merges__characters": [
        ("list(text.encode())", "[ord(character) for character in text]")
    ],
    "learn_merges__of_words": [
        ("list(text.encode())", 'list("".join(text.split()).encode())')
    ],
    "learn_merges__numbers_from_0": [("range(256, 256 + number)", "range(number)")],
    "learn_merges__numbers_from_257": [
        ("range(256, 256 + number)", "range(257, 257 + number)")
    ],
    "learn_merges__the_same_number_for_all": [("[-1] = new_id", "[-1] = 256")],
    "learn_merges__does_not_merge": [
        (
            "        ids = merged\n",
            "        ids = [id for id in ids if id not in pair]\n",
        )
    ],
    "learn_merges__merges_once": [
        (
            "if merged and (merged[-1], id) == pair",
            "if merged and (merged[-1], id) == pair and new_id not in merged",
        )
    ],
    "learn_merges__from_the_right": [
        ("for id in ids:", "for id in ids[::-1]:"),
        ("(merged[-1], id) == pair", "(id, merged[-1]) == pair"),
        ("ids = merged\n", "ids = merged[::-1]\n"),
    ],
    "learn_merges__the_last_of_equals": [
        ("max(counts, key", "max(list(counts)[::-1], key")
    ],
    "learn_merges__the_smallest_of_equals": [
        ("max(counts, key", "max(sorted(counts), key")
    ],
    "learn_merges__the_least_frequent": [("max(counts, key", "min(counts, key")],
    "learn_merges__never_stops": [("counts[pair] < 2", "counts[pair] < 1")],
    "learn_merges__ignores_the_number": [("256 + number)", "1_000)")],
    "learn_merges__returns_the_text": [
        ("return merges", "return [bytes(pair) for pair in merges if max(pair) < 256]")
    ],
    "learn_merges__returns_ids": [("return merges", "return ids")],
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
    "character_layer__small_vocabulary": [
        ("standardize=None", "max_tokens=5, standardize=None")
    ],
    "character_layer__pairs": [("standardize=None", "ngrams=2, standardize=None")],
    "character_layer__counts": [
        ('split="character"', 'split="character", output_mode="count"'),
        (", output_sequence_length=num_columns", ""),
    ],
}
