"""Exercises of lesson 07b: solutions, then checkers, then wrong answers."""

from course_utils.judge import close

import numpy as np


def comparable(perplexity, num_tokens, other_tokens, num_characters):
    """(perplexity per other token, bits per character) of the same text: two floats."""
    bits = num_tokens * np.log2(perplexity)
    return 2 ** (bits / other_tokens), bits / num_characters


def multi_reference_bleu(candidates, references):
    """BLEU, 0 to 100, of texts (N,) against references (N, K): a float."""
    import sacrebleu

    streams = [list(stream) for stream in zip(*references, strict=True)]
    return sacrebleu.corpus_bleu(candidates, streams).score


def distinct_equal(texts_a, texts_b):
    """Distinct-2 of two lists of texts, of equally many pairs of words: two floats."""
    import re

    both = []
    for texts in (texts_a, texts_b):
        words = [re.findall(r"\w+", text.lower()) for text in texts]
        both.append([(w[i], w[i + 1]) for w in words for i in range(len(w) - 1)])
    size = min(map(len, both))
    return [len(set(pairs[:size])) / size for pairs in both]


def check_1(answer):
    """Perplexity per other token, and bits per character."""
    result = answer(8.0, 100, 100, 300)
    assert np.shape(result) == (2,), (
        "the result is not a pair of numbers. "
        "Hint: return perplexity, bits_per_character."
    )
    assert close(result[0], 8.0), (
        "for as many other tokens as own ones the perplexity does not stay as it is. "
        "Hint: the two numbers of tokens count only through their ratio."
    )
    assert not close(result[1], np.log(8) / 3), (
        "the result is in nats. Hint: bits are logarithms to base 2: np.log2."
    )
    assert close(result[1], 1.0), (
        "100 tokens of perplexity 8 cost 300 bits, so 300 characters do not cost 1 "
        "bit each. Hint: bits of the whole text = num_tokens * log2(perplexity)."
    )
    result = answer(8.0, 100, 50, 150)
    assert close(result[1], 2.0), (
        "the same 300 bits over 150 characters are not 2 bits each. "
        "Hint: the bits per character do not depend on the other tokens."
    )
    assert not close(result[0], 8**0.5), (
        "for half as many tokens the perplexity becomes smaller. "
        "Hint: the bits stay; fewer tokens have to pay more bits each."
    )
    assert close(result[0], 64.0), (
        "half as many tokens for the same 300 bits do not have perplexity 64. "
        "Hint: 300 bits over 50 tokens are 6 bits each; turn these into a perplexity."
    )
    assert close(answer(1.0, 7, 3, 20), [1.0, 0.0]), (
        "a model that is always sure does not have perplexity 1 and 0 bits. "
        "Hint: log2(1) is 0, and 2 ** 0 is 1."
    )


def check_2(answer):
    """BLEU against several references."""
    import sacrebleu

    # As many candidates as references, so that a wrong order cannot be seen by shape.
    candidates = ["the cat sat on the old red mat", "a dog ran across the green park"]
    references = [
        ["the cat lay on the old red mat", "one cat sat on the old red mat"],
        ["some dog ran across the green park", "a dog ran over the wide green park"],
    ]
    score = answer(candidates, references)
    assert isinstance(score, int | float | np.number), (
        f"the result is a {type(score).__name__}, not a number. "
        "Hint: what corpus_bleu returns has the number in `.score`."
    )

    def bleu(*streams, texts=candidates):
        return sacrebleu.corpus_bleu(texts, [list(each) for each in streams]).score

    first, second = zip(*references, strict=True)
    expected = bleu(first, second)
    singles = bleu(first), bleu(second)
    assert not close(score, bleu(*references)), (
        "the references of different candidates are mixed up. Hint: the first list for "
        "corpus_bleu holds the first reference of every candidate."
    )
    assert not any(close(score, single) for single in singles), (
        "only one of the references of each candidate counts. "
        "Hint: give corpus_bleu one list for each reference, all at once."
    )
    assert not close(score, np.mean(singles)), (
        "it is the mean of the scores with one reference each. "
        "Hint: an n-gram may occur in any reference: give corpus_bleu all at once."
    )
    sentences = [
        sacrebleu.sentence_bleu(text, several).score
        for text, several in zip(candidates, references, strict=True)
    ]
    assert not close(score, np.mean(sentences)), (
        "it is the mean BLEU of single sentences. "
        "Hint: corpus_bleu counts the n-grams of all candidates together."
    )
    assert not close(score, expected / 100), (
        "it goes from 0 to 1. Hint: sacrebleu's score goes from 0 to 100 already."
    )
    assert close(score, expected), (
        f"two candidates with two references each get {score:.1f} instead of "
        f"{expected:.1f}. Hint: compare with corpus_bleu(candidates, [first, second])."
    )
    three = [[*each, "nothing like it at all"] for each in references]
    assert close(answer(candidates, three), bleu(*zip(*three, strict=True))), (
        "with three references each, the result is wrong. "
        "Hint: there may be any number of references, not only two."
    )
    one = [each[:1] for each in references]
    assert close(answer(candidates, one), singles[0]), (
        "with one reference each, the result is wrong. "
        "Hint: [texts] is a list of one list of references."
    )
    alone = answer(candidates[:1], references[:1])
    assert close(alone, bleu(first[:1], second[:1], texts=candidates[:1])), (
        "for a single candidate the result is wrong. "
        "Hint: its first and its second reference are in lists of their own."
    )


def check_3(answer):
    """Distinct-2 of equally many pairs of words."""
    # Pairs ab five times, ba, cd, de; then xy, yx, xy, yx, xz.
    long, short = [*["a b"] * 4, "a b a", "c d e"], ["x y x y x z"]
    result = answer(long, short)
    assert np.shape(result) == (2,), (
        "the result is not a pair of numbers. Hint: return the share of each list."
    )
    assert not close(result, [4 / 8, 3 / 5]), (
        "the longer list counts with all of its pairs. "
        "Hint: cut both lists of pairs to the number of the shorter one."
    )
    assert not close(result, [1, 3]), (
        "the results are numbers of different pairs, not shares. "
        "Hint: divide by the number of pairs that were kept."
    )
    assert not close(result[0], 1 / 8), (
        "the different pairs are divided by the number of pairs before the cut. "
        "Hint: divide by the number of pairs that were kept."
    )
    assert not close(result[0], 4 / 5), (
        "four of five pairs are different, but the first five are all ab. "
        "Hint: cut the list of all pairs first, then count the different ones."
    )
    assert not close(result, [2 / 5, 3 / 5]), (
        "two of five pairs are different, but the first five are all ab. "
        "Hint: keep the pairs in order, and make those of each text by itself."
    )
    assert close(result, [1 / 5, 3 / 5]), (
        "pairs ab (five times), ba, cd, de against xy, yx, xy, yx, xz do not give 1/5 "
        "and 3/5. Hint: keep five of each, and take the share of different ones."
    )
    assert close(answer(short, long), [3 / 5, 1 / 5]), (
        "with the shorter list first, the result is wrong. "
        "Hint: the smaller of the two numbers of pairs holds for both."
    )
    assert close(answer(["The cat, the Cat."], ["the end of it"]), [2 / 3, 1]), (
        "'The cat, the Cat.' has the pairs the cat, cat the, the cat. "
        "Hint: words are in lower case, without punctuation: see word_ngrams."
    )
    assert close(answer(["Oh!", "so it is"], ["so it is", ""]), [1, 1]), (
        "with a text of one word, or of none, the result is wrong. "
        "Hint: such a text has no pairs, and the others count all the same."
    )


WRONG = {  # replacements in a solution, or another body for it
    "comparable__nats": [("np.log2", "np.log"), ("2 **", "np.e **")],
    "comparable__times_the_ratio": [
        ("2 ** (bits / other_tokens)", "perplexity * num_tokens / other_tokens")
    ],
    "comparable__ratio_upside_down": [
        ("2 ** (bits / other_tokens)", "perplexity ** (other_tokens / num_tokens)")
    ],
    "comparable__bits_of_one_token": [
        ("bits / num_characters", "bits / num_tokens / num_characters")
    ],
    "comparable__bits_instead_of_perplexity": [
        ("2 ** (bits / other_tokens)", "bits / other_tokens")
    ],
    "comparable__bits_per_other_token": [
        ("bits / num_characters", "bits / other_tokens")
    ],
    "comparable__one_number": [(", bits / num_characters", "")],
    "multi_reference_bleu__not_turned": [
        ("[list(stream) for stream in zip(*references, strict=True)]", "references")
    ],
    "multi_reference_bleu__the_object": [(".score", "")],
    "multi_reference_bleu__first_only": [(", streams)", ", streams[:1])")],
    "multi_reference_bleu__mean_over_references": "import sacrebleu\n"
    "    return np.mean([sacrebleu.corpus_bleu(candidates, [list(r)]).score\n"
    "        for r in zip(*references)])",
    "multi_reference_bleu__mean_of_sentences": "import sacrebleu\n"
    "    return np.mean([sacrebleu.sentence_bleu(c, r).score\n"
    "        for c, r in zip(candidates, references)])",
    "multi_reference_bleu__best_reference": "import sacrebleu\n"
    "    return max(sacrebleu.corpus_bleu(candidates, [list(r)]).score\n"
    "        for r in zip(*references))",
    "multi_reference_bleu__a_share": [(".score", ".score / 100")],
    "multi_reference_bleu__two_references": "import sacrebleu\n"
    "    streams = [[r[k] for r in references] for k in (0, 1)]\n"
    "    return sacrebleu.corpus_bleu(candidates, streams).score",
    "distinct_equal__not_cut": [("[:size])) / size", ")) / len(pairs)")],
    "distinct_equal__different_ones_cut": [
        ("len(set(pairs[:size]))", "len(list(dict.fromkeys(pairs))[:size])")
    ],
    "distinct_equal__divided_by_all": [("/ size", "/ len(pairs)")],
    "distinct_equal__numbers": [(" / size", "")],
    "distinct_equal__shorter_is_second": [("min(map(len, both))", "len(both[1])")],
    "distinct_equal__joined": [
        ("for text in texts]", 'for text in [" ".join(texts)]]')
    ],
    "distinct_equal__joined_not_cut": [
        ("for text in texts]", 'for text in [" ".join(texts)]]'),
        ("[:size])) / size", ")) / len(pairs)"),
    ],
    "distinct_equal__last_ones": [("pairs[:size]", "pairs[-size:]")],
    "distinct_equal__capitals": [(".lower()", "")],
    "distinct_equal__punctuation": [
        ('re.findall(r"\\w+", text.lower())', "text.lower().split()")
    ],
    "distinct_equal__words": [("[(w[i], w[i + 1])", "[w[i]")],
    "distinct_equal__first_only": [(" for pairs in both]", " for pairs in both][0]")],
    "distinct_equal__texts_cut": "import re\n"
    "    result = []\n"
    "    number = min(len(texts_a), len(texts_b))\n"
    "    for texts in (texts_a[:number], texts_b[:number]):\n"
    "        words = [re.findall(r'\\w+', text.lower()) for text in texts]\n"
    "        pairs = [pair for w in words for pair in zip(w, w[1:])]\n"
    "        result.append(len(set(pairs)) / len(pairs))\n"
    "    return result",
}
